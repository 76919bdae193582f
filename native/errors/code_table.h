// What the vendors' status codes mean: the C++ face of native/errors/codes/*.def, from which
// lib/codes/table.ts and docs/codes.md are generated, too. Constant data, no dependency on
// Node-API; the addon and the stand-in both compile it. All functions are thread-safe and allocate
// nothing; names and texts are static, NUL-terminated strings.
#pragma once

#include <string_view>

namespace gpuex {

// As GPULibrary in lib/failure/types.ts; see LibraryName.
enum class Library {
  kCudart,
  kCuda,
  kNvml,
  kCudnn,
  kCublas,
  kCufft,
  kCurand,
  kCusparse,
  kCusolver,
  kNccl,
  kNvrtc,
  kTensorrt,
  kHip,
  kRocmSmi,
};

// The enumerators are spelt as in the .def files, because the macro inserts them.
enum class Category {
  out_of_memory,
  kernel_fault,
  hardware,
  device_lost,
  no_device,
  driver_mismatch,
  library,
  timeout,
  busy,
  permission,
  not_supported,
  invalid_argument,
  aborted,
  unknown,
};

// The smallest thing whose restart helps. `environment`: fix the set-up, then restart.
enum class Restart { none, process, device, node, environment };

// Bits of CodeEntry::flags.
namespace code_flags {
inline constexpr unsigned none = 0;
inline constexpr unsigned sticky = 1;          // documented as needing a new process
inline constexpr unsigned retryable = 2;       // the same call may succeed later in this process
inline constexpr unsigned status = 4;          // no failure: success, not ready, in progress
inline constexpr unsigned benign_at_exit = 8;  // harmless while the process exits
}  // namespace code_flags

struct CodeEntry {
  int value;
  const char* name;
  Category category;
  Restart restart;
  unsigned flags;
  const char* since;   // "" when not known
  const char* remedy;  // "" only for success
};

// `major` picks the numbering where a library changed it: for cuDNN, 8 stands for every release up
// to 8, 9 for 9 and later, and 0 for "not known": then the value decides, since the two numberings
// have only 0 in common. Other libraries ignore it.

// Null when the table does not know the number; unknown numbers are kept by the caller, not guessed.
const CodeEntry* FindCode(Library library, int major, int value);

// By exact name or alias. Null when there is none, or when the name stands for different numbers in
// cuDNN 8 and 9 and `major` is 0.
const CodeEntry* FindCodeByName(Library library, int major, std::string_view name);

// FindCode's name; null for unknown numbers.
const char* CodeName(Library library, int major, int value);

// Documented as leaving the process unusable; false for unknown numbers.
bool IsSticky(Library library, int major, int value);

// "cudart", "rocm-smi", …: the words that JavaScript uses.
const char* LibraryName(Library library);
// False when no such library has codes; `library` is then untouched.
bool LibraryFromName(std::string_view name, Library* library);

}  // namespace gpuex
