#include "mock/scenario/code_names.h"

// The lookups of code_table.h go from a name to its number; the nearest name needs all of them.
#define GPUEX_CODE(value, name, category, restart, flags, since, remedy) #name,
#define GPUEX_ALIAS(value, name) #name,

namespace gpuex::mock {
namespace {

constexpr std::string_view kCudart[] = {
#include "errors/codes/cudart.def"
};
constexpr std::string_view kCuda[] = {
#include "errors/codes/cuda.def"
};
constexpr std::string_view kNvml[] = {
#include "errors/codes/nvml.def"
};
constexpr std::string_view kCudnn8[] = {
#include "errors/codes/cudnn8.def"
};
constexpr std::string_view kCublas[] = {
#include "errors/codes/cublas.def"
};
constexpr std::string_view kNvrtc[] = {
#include "errors/codes/nvrtc.def"
};
constexpr std::string_view kCudnn9[] = {
#include "errors/codes/cudnn9.def"
};

template <size_t count>
std::vector<std::string_view> Failures(Library library, int major,
                                       const std::string_view (&names)[count]) {
  std::vector<std::string_view> failures;
  for (std::string_view name : names) {
    const CodeEntry* entry = FindCodeByName(library, major, name);
    if (entry != nullptr && entry->value != 0) failures.push_back(name);
  }
  return failures;
}

}  // namespace

std::vector<std::string_view> FailureNames(Library library, int major) {
  switch (library) {
    case Library::kCudart:
      return Failures(library, major, kCudart);
    case Library::kCuda:
      return Failures(library, major, kCuda);
    case Library::kNvml:
      return Failures(library, major, kNvml);
    case Library::kCudnn:
      return major <= 8 ? Failures(library, major, kCudnn8) : Failures(library, major, kCudnn9);
    case Library::kCublas:
      return Failures(library, major, kCublas);
    case Library::kNvrtc:
      return Failures(library, major, kNvrtc);
    default:
      return {};
  }
}

}  // namespace gpuex::mock
