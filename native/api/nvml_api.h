// The functions of NVML that we call. A pointer to an optional one is null where the loaded
// version lacks it.
#pragma once

#include <string>

#include "abi/nvml_abi.h"
#include "api/vendor_api.h"
#include "errors/code_table.h"

namespace gpuex {

struct NvmlApi {
  static constexpr Library kLibrary = Library::kNvml;
  static constexpr const char* kVersionCall = "nvmlSystemGetNVMLVersion";

  using nvmlReturn_t = abi::nvml::nvmlReturn_t;
  using nvmlDevice_t = abi::nvml::nvmlDevice_t;
  using nvmlPciInfo_t = abi::nvml::nvmlPciInfo_t;
  using nvmlMemory_t = abi::nvml::nvmlMemory_t;
  using nvmlMemory_v2_t = abi::nvml::nvmlMemory_v2_t;
  using nvmlProcessInfo_v1_t = abi::nvml::nvmlProcessInfo_v1_t;
  using nvmlProcessInfo_v2_t = abi::nvml::nvmlProcessInfo_v2_t;

  GPUEX_NVML_FUNCTIONS(GPUEX_API_MEMBER)

  // The first release of branch R535 filled `_v3` process lists with entries of 32 bytes. No call
  // tells; such a driver has one function of that branch and lacks another.
  bool wide_v3_processes = false;

  Findings* findings = nullptr;  // of this library; there as soon as it is bound

  void Bind(SymbolBinder* binder);

  // As the library tells it; empty when it does not. Initialises nothing.
  std::string Version() const;

  // nvmlInit_v2, with its latest refusal among the findings.
  int Start() const { return findings->Started("nvmlInit_v2", nvmlInit_v2()); }
};

}  // namespace gpuex
