// Which library a status belongs to, by the name of its type: so the vendors' headers may come
// before this one, after it, or not at all.
#pragma once

#include <string_view>
#include <type_traits>

#include "codes.h"

namespace gpu_exceptions {
namespace detail GPU_EXCEPTIONS_HIDDEN_ {

// What the compiler calls this function, and in it the type.
template <class T>
constexpr std::string_view NamedFor() {
#if defined(_MSC_VER) && !defined(__clang__)
  return __FUNCSIG__;
#else
  return __PRETTY_FUNCTION__;
#endif
}

// Where in there the type's name stands is learnt from a type whose name is known.
template <class T>
constexpr std::string_view TypeName() {
  constexpr std::string_view kKnown = "double";
  const std::string_view known = NamedFor<double>();
  const std::string_view named = NamedFor<T>();
  const std::size_t before = known.find(kKnown);
  const std::size_t after = known.size() - before - kKnown.size();
  std::string_view name = named.substr(before, named.size() - before - after);
  constexpr std::string_view kKeyword = "enum ";  // MSVC writes it
  if (name.substr(0, kKeyword.size()) == kKeyword) name.remove_prefix(kKeyword.size());
  return name;
}

struct StatusType {
  std::string_view name;
  Library library;
};

// Tags and typedefs of the enumerations, since headers of other origin give them only one of the
// two names.
inline constexpr StatusType kStatusTypes[] = {
    {"cudaError", Library::kCudart},
    {"cudaError_t", Library::kCudart},
    {"cudaError_enum", Library::kCuda},
    {"CUresult", Library::kCuda},
    {"nvmlReturn_enum", Library::kNvml},
    {"nvmlReturn_t", Library::kNvml},
    {"cudnnStatus_t", Library::kCudnn},
    {"cublasStatus_t", Library::kCublas},
    {"cufftResult_t", Library::kCufft},
    {"cufftResult", Library::kCufft},
    {"curandStatus", Library::kCurand},
    {"curandStatus_t", Library::kCurand},
    {"cusparseStatus_t", Library::kCusparse},
    {"cusolverStatus_t", Library::kCusolver},
    {"ncclResult_t", Library::kNccl},
    {"nvrtcResult", Library::kNvrtc},
    {"nvinfer1::ErrorCode", Library::kTensorrt},
    {"hipError_t", Library::kHip},
    {"rsmi_status_t", Library::kRocmSmi},
};

// Its place in kStatusTypes; -1 when the type is none of them. No pointer, since with
// -fsanitize=undefined g++ does not compare one at compile time.
template <class T>
constexpr int StatusTypeIndex() {
  if constexpr (std::is_enum_v<T>) {
    int index = 0;
    for (const StatusType& each : kStatusTypes) {
      if (each.name == TypeName<T>()) return index;
      ++index;
    }
  }
  return -1;
}

}  // namespace detail

/** Whether `T` is a status type that GPU_EXCEPTIONS_CHECK and its like tell by itself. */
template <class T>
inline constexpr bool kIsKnownStatus = detail::StatusTypeIndex<T>() >= 0;

/** The library whose status `T` is. */
template <class T>
inline constexpr Library kLibraryOf = detail::kStatusTypes[detail::StatusTypeIndex<T>()].library;

}  // namespace gpu_exceptions
