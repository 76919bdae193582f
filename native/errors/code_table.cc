#include "errors/code_table.h"

#include <cstddef>

namespace gpuex {
namespace {

struct Alias {
  int value;
  const char* name;
};

// One numbering: the codes of one .def file. `aliases` ends with a null name.
struct Table {
  Library library;
  int major;  // 0: the library has one numbering only
  const CodeEntry* codes;
  std::size_t count;
  const Alias* aliases;
};

// Each file is read twice: once for its codes, once for its aliases.
#define GPUEX_ALIAS(value, name)
#define GPUEX_CODE(value, name, category, restart, flags, since, remedy) \
  {value, #name, Category::category, Restart::restart, Flags(flags), since, remedy},

// Lets the .def files name the flags without their namespace.
namespace codes {
using namespace code_flags;
constexpr unsigned Flags(unsigned flags) { return flags; }

constexpr CodeEntry kCudart[] = {
#include "errors/codes/cudart.def"
};
constexpr CodeEntry kCuda[] = {
#include "errors/codes/cuda.def"
};
constexpr CodeEntry kNvml[] = {
#include "errors/codes/nvml.def"
};
constexpr CodeEntry kCudnn8[] = {
#include "errors/codes/cudnn8.def"
};
constexpr CodeEntry kCudnn9[] = {
#include "errors/codes/cudnn9.def"
};
constexpr CodeEntry kCublas[] = {
#include "errors/codes/cublas.def"
};
constexpr CodeEntry kCufft[] = {
#include "errors/codes/cufft.def"
};
constexpr CodeEntry kCurand[] = {
#include "errors/codes/curand.def"
};
constexpr CodeEntry kCusparse[] = {
#include "errors/codes/cusparse.def"
};
constexpr CodeEntry kCusolver[] = {
#include "errors/codes/cusolver.def"
};
constexpr CodeEntry kNccl[] = {
#include "errors/codes/nccl.def"
};
constexpr CodeEntry kNvrtc[] = {
#include "errors/codes/nvrtc.def"
};
constexpr CodeEntry kTensorrt[] = {
#include "errors/codes/tensorrt.def"
};
constexpr CodeEntry kHip[] = {
#include "errors/codes/hip.def"
};
constexpr CodeEntry kRocmSmi[] = {
#include "errors/codes/rocm_smi.def"
};
}  // namespace codes

#undef GPUEX_ALIAS
#undef GPUEX_CODE
#define GPUEX_CODE(value, name, category, restart, flags, since, remedy)
#define GPUEX_ALIAS(value, name) {value, #name},

namespace aliases {
constexpr Alias kCudart[] = {
#include "errors/codes/cudart.def"
    {0, nullptr}};
constexpr Alias kCuda[] = {
#include "errors/codes/cuda.def"
    {0, nullptr}};
constexpr Alias kNvml[] = {
#include "errors/codes/nvml.def"
    {0, nullptr}};
constexpr Alias kCudnn8[] = {
#include "errors/codes/cudnn8.def"
    {0, nullptr}};
constexpr Alias kCudnn9[] = {
#include "errors/codes/cudnn9.def"
    {0, nullptr}};
constexpr Alias kCublas[] = {
#include "errors/codes/cublas.def"
    {0, nullptr}};
constexpr Alias kCufft[] = {
#include "errors/codes/cufft.def"
    {0, nullptr}};
constexpr Alias kCurand[] = {
#include "errors/codes/curand.def"
    {0, nullptr}};
constexpr Alias kCusparse[] = {
#include "errors/codes/cusparse.def"
    {0, nullptr}};
constexpr Alias kCusolver[] = {
#include "errors/codes/cusolver.def"
    {0, nullptr}};
constexpr Alias kNccl[] = {
#include "errors/codes/nccl.def"
    {0, nullptr}};
constexpr Alias kNvrtc[] = {
#include "errors/codes/nvrtc.def"
    {0, nullptr}};
constexpr Alias kTensorrt[] = {
#include "errors/codes/tensorrt.def"
    {0, nullptr}};
constexpr Alias kHip[] = {
#include "errors/codes/hip.def"
    {0, nullptr}};
constexpr Alias kRocmSmi[] = {
#include "errors/codes/rocm_smi.def"
    {0, nullptr}};
}  // namespace aliases

#undef GPUEX_ALIAS
#undef GPUEX_CODE

template <std::size_t N>
constexpr Table MakeTable(Library library, int major, const CodeEntry (&entries)[N],
                          const Alias* names) {
  return {library, major, entries, N, names};
}

constexpr int kLastMajorOfOldCudnn = 8;

constexpr Table kTables[] = {
    MakeTable(Library::kCudart, 0, codes::kCudart, aliases::kCudart),
    MakeTable(Library::kCuda, 0, codes::kCuda, aliases::kCuda),
    MakeTable(Library::kNvml, 0, codes::kNvml, aliases::kNvml),
    MakeTable(Library::kCudnn, 8, codes::kCudnn8, aliases::kCudnn8),
    MakeTable(Library::kCudnn, 9, codes::kCudnn9, aliases::kCudnn9),
    MakeTable(Library::kCublas, 0, codes::kCublas, aliases::kCublas),
    MakeTable(Library::kCufft, 0, codes::kCufft, aliases::kCufft),
    MakeTable(Library::kCurand, 0, codes::kCurand, aliases::kCurand),
    MakeTable(Library::kCusparse, 0, codes::kCusparse, aliases::kCusparse),
    MakeTable(Library::kCusolver, 0, codes::kCusolver, aliases::kCusolver),
    MakeTable(Library::kNccl, 0, codes::kNccl, aliases::kNccl),
    MakeTable(Library::kNvrtc, 0, codes::kNvrtc, aliases::kNvrtc),
    MakeTable(Library::kTensorrt, 0, codes::kTensorrt, aliases::kTensorrt),
    MakeTable(Library::kHip, 0, codes::kHip, aliases::kHip),
    MakeTable(Library::kRocmSmi, 0, codes::kRocmSmi, aliases::kRocmSmi),
};

constexpr struct {
  Library library;
  const char* name;
} kLibraryNames[] = {
    {Library::kCudart, "cudart"},     {Library::kCuda, "cuda"},
    {Library::kNvml, "nvml"},         {Library::kCudnn, "cudnn"},
    {Library::kCublas, "cublas"},     {Library::kCufft, "cufft"},
    {Library::kCurand, "curand"},     {Library::kCusparse, "cusparse"},
    {Library::kCusolver, "cusolver"}, {Library::kNccl, "nccl"},
    {Library::kNvrtc, "nvrtc"},       {Library::kTensorrt, "tensorrt"},
    {Library::kHip, "hip"},           {Library::kRocmSmi, "rocm-smi"},
};

bool Numbers(const Table& table, Library library, int major) {
  if (table.library != library) return false;
  if (table.major == 0 || major == 0) return true;
  return (major <= kLastMajorOfOldCudnn) == (table.major <= kLastMajorOfOldCudnn);
}

const CodeEntry* FindValue(const Table& table, int value) {
  std::size_t low = 0;
  std::size_t high = table.count;
  while (low < high) {
    const std::size_t middle = low + (high - low) / 2;
    if (table.codes[middle].value < value) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low < table.count && table.codes[low].value == value ? &table.codes[low] : nullptr;
}

const CodeEntry* FindName(const Table& table, std::string_view name) {
  for (std::size_t i = 0; i < table.count; ++i) {
    if (name == table.codes[i].name) return &table.codes[i];
  }
  for (const Alias* alias = table.aliases; alias->name != nullptr; ++alias) {
    if (name == alias->name) return FindValue(table, alias->value);
  }
  return nullptr;
}

}  // namespace

const CodeEntry* FindCode(Library library, int major, int value) {
  for (const Table& table : kTables) {
    if (!Numbers(table, library, major)) continue;
    if (const CodeEntry* entry = FindValue(table, value)) return entry;
  }
  return nullptr;
}

const CodeEntry* FindCodeByName(Library library, int major, std::string_view name) {
  const CodeEntry* found = nullptr;
  for (const Table& table : kTables) {
    if (!Numbers(table, library, major)) continue;
    const CodeEntry* entry = FindName(table, name);
    if (entry == nullptr) continue;
    if (found != nullptr && found->value != entry->value) return nullptr;
    found = entry;
  }
  return found;
}

const char* CodeName(Library library, int major, int value) {
  const CodeEntry* entry = FindCode(library, major, value);
  return entry == nullptr ? nullptr : entry->name;
}

bool IsSticky(Library library, int major, int value) {
  const CodeEntry* entry = FindCode(library, major, value);
  return entry != nullptr && (entry->flags & code_flags::sticky) != 0;
}

const char* LibraryName(Library library) {
  for (const auto& row : kLibraryNames) {
    if (row.library == library) return row.name;
  }
  return nullptr;  // not a Library
}

bool LibraryFromName(std::string_view name, Library* library) {
  for (const auto& row : kLibraryNames) {
    if (name == row.name) {
      *library = row.library;
      return true;
    }
  }
  return false;
}

}  // namespace gpuex
