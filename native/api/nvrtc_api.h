// The functions of NVRTC, the run-time compiler, that we call. A pointer to an optional one is null
// where the loaded version lacks it. It needs neither a driver nor a GPU.
#pragma once

#include <string>

#include "abi/nvrtc_abi.h"
#include "api/vendor_api.h"
#include "errors/code_table.h"

namespace gpuex {

struct NvrtcApi {
  static constexpr Library kLibrary = Library::kNvrtc;
  static constexpr const char* kVersionCall = "nvrtcVersion";

  using nvrtcResult = abi::nvrtc::nvrtcResult;
  using nvrtcProgram = abi::nvrtc::nvrtcProgram;

  GPUEX_NVRTC_FUNCTIONS(GPUEX_API_MEMBER)

  Findings* findings = nullptr;  // of this library; there as soon as it is bound

  void Bind(SymbolBinder* binder);

  // "13.0", as the library tells it; empty when it does not.
  std::string Version() const;

  // NVRTC opens a second library by its bare name (libnvrtc-builtins.so.13.0) when it first
  // compiles, which fails where the toolkit's folder is not on the loader's path. Opened before from
  // beside `path`, it is found. `version` is what Version() answered.
  void OpenBuiltinsBeside(const std::string& path, const std::string& version) const;
};

}  // namespace gpuex
