// What a compilation answers: the kernels with their parameters, as PTX or as a cubin, and nothing
// that a device could run. The stand-in's modules read them back (engine/modules.h).
#pragma once

#include <string>
#include <vector>

#include "mock/nvrtc/declarations.h"
#include "mock/nvrtc/options.h"

namespace gpuex::mock::nvrtc {

struct ImageKernel {
  std::string name;  // mangled
  struct Parameter {
    size_t bytes;
    size_t alignment;
    const char* ptx;  // `.u32`; null: a struct
  };
  std::vector<Parameter> parameters;
  std::vector<SharedVariable> shared;  // a cubin does not tell them
};

// `cuda_version`: as in 13000.
std::string MakePtx(const std::vector<ImageKernel>& kernels, const Options& options,
                    int cuda_version);
std::string MakeCubin(const std::vector<ImageKernel>& kernels, const Options& options);

}  // namespace gpuex::mock::nvrtc
