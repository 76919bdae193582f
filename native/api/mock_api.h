// The control calls of the stand-in, see native/mock/control.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "mock/kernel.h"
#include "platform/dynamic_library.h"

namespace gpuex {

class MockApi {
 public:
  // Whatever exports this is a stand-in.
  static bool IsMock(const DynamicLibrary& library);

  // False when the library exports no control interface that we know.
  bool Bind(const DynamicLibrary& library, std::string* reason);
  explicit operator bool() const { return control_ != nullptr; }

  // The answer as JSON text; throws UsageError with the stand-in's words when it refuses.
  std::string Control(const std::string& verb, const std::string& argument) const;
  // The verb "generation".
  void Generations(uint64_t* last, uint64_t* next) const;
  // See mock/kernel.h. Throws UsageError for a name that cannot be one.
  void RegisterKernel(const std::string& name, GpuExceptionsMockKernelBody body,
                      const std::vector<size_t>& argument_bytes) const;
  void SetHostOfThisThread(const GpuExceptionsMockHost* host) const { host_thread_(host); }

 private:
  int (*control_)(const char* verb, const char* argument, char* answer, size_t size,
                  size_t* needed) = nullptr;
  GpuExceptionsMockRegisterKernelElsewhere register_kernel_ = nullptr;
  GpuExceptionsMockHostThread host_thread_ = nullptr;
  void (*generations_)(unsigned long long* last, unsigned long long* next) = nullptr;
};

}  // namespace gpuex
