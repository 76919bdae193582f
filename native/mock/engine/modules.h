// Code that a program loads through the driver API: which kernels are in it. Nothing is compiled.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "mock/engine/kernel_settings.h"
#include "mock/engine/kernels.h"

namespace gpuex::mock {

class Modules {
 public:
  explicit Modules(KernelSettings* settings) : settings_(settings) {}

  // PTX text, a cubin (ELF) or a fat binary, all of which tell their own length; else kInvalidImage.
  // Text that is no good PTX answers kInvalidPtx with what is wrong in `log`; a cubin for another
  // architecture than `capability` (90 for 9.0) kNoBinaryForGpu.
  int Load(const void* image, int capability, uintptr_t* module, std::string* log);
  // Its functions go with it, and what they were set up for.
  int Unload(uintptr_t module);
  // kNotFound for a name that the code does not have. A fat binary may be compressed, so every name
  // counts as one of its kernels.
  int FindFunction(uintptr_t module, const std::string& name, uintptr_t* function);
  // Null: no such function.
  std::shared_ptr<const Kernel> Function(uintptr_t function) const;
  // How many are loaded.
  size_t live() const;

 private:
  enum class Format { kNone, kPtx, kCubin, kFatBinary };
  struct Module {
    Format format;
    std::string code;
    std::map<std::string, uintptr_t> functions;
  };
  static Format Read(const void* image, std::string* code);
  static bool Has(const Module& module, const std::string& name);
  static std::optional<std::vector<KernelParameter>> Parameters(const Module& module,
                                                                const std::string& name);

  KernelSettings* const settings_;
  mutable std::mutex mutex_;
  std::map<uintptr_t, Module> modules_;
  std::map<uintptr_t, std::shared_ptr<const Kernel>> functions_;
};

}  // namespace gpuex::mock
