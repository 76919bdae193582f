#include "platform/library_catalog.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <stdexcept>
#include <string_view>
#include <system_error>

namespace gpuex {

namespace {

namespace fs = std::filesystem;

#if defined(_WIN32)

#define GPUEX_TOOLKIT_DIRECTORIES                                               \
  "${CUDA_PATH}/bin/x64", "${CUDA_PATH}/bin", "${CUDA_HOME}/bin/x64",           \
      "${CUDA_HOME}/bin",                                                       \
      "${ProgramW6432}/NVIDIA GPU Computing Toolkit/CUDA/v*/bin/x64",           \
      "${ProgramW6432}/NVIDIA GPU Computing Toolkit/CUDA/v*/bin"

const std::vector<LibraryRow>& Rows() {
  static const auto* rows = new std::vector<LibraryRow>{
      {Library::kCudart,
       "GPU_EXCEPTIONS_CUDART",
       {"cudart64_13.dll", "cudart64_12.dll", "cudart64_110.dll"},
       {GPUEX_TOOLKIT_DIRECTORIES},
       nullptr,
       false},
      {Library::kCuda, "GPU_EXCEPTIONS_CUDA", {"nvcuda.dll"}, {}, nullptr, true},
      {Library::kNvml,
       "GPU_EXCEPTIONS_NVML",
       {"nvml.dll"},
       {"${ProgramW6432}/NVIDIA Corporation/NVSMI"},
       nullptr,
       true},
      {Library::kCudnn,
       "GPU_EXCEPTIONS_CUDNN",
       {"cudnn64_9.dll", "cudnn64_8.dll"},
       {GPUEX_TOOLKIT_DIRECTORIES, "${ProgramW6432}/NVIDIA/CUDNN/v*/bin",
        "${ProgramW6432}/NVIDIA/CUDNN/v*/bin/*"},
       nullptr,
       false},
      {Library::kNvrtc,
       "GPU_EXCEPTIONS_NVRTC",
       {"nvrtc64_130_0.dll", "nvrtc64_120_0.dll", "nvrtc64_112_0.dll"},
       {GPUEX_TOOLKIT_DIRECTORIES},
       nullptr,
       false},
  };
  return *rows;
}

#else

// A toolkit keeps its libraries in `lib64` or `targets/<platform>/lib`; partial installations, and
// those of package managers, in `lib`. Stub directories are deliberately absent: what lies there
// loads and never works.
#define GPUEX_TOOLKIT_DIRECTORIES                                                               \
  "${CUDA_PATH}/lib64", "${CUDA_PATH}/targets/*/lib", "${CUDA_PATH}/lib", "${CUDA_HOME}/lib64", \
      "${CUDA_HOME}/targets/*/lib", "${CUDA_HOME}/lib", "/usr/local/cuda/lib64",                \
      "/usr/local/cuda/targets/*/lib", "/usr/local/cuda/lib", "/usr/local/cuda-*/lib64",        \
      "/usr/local/cuda-*/targets/*/lib", "/usr/local/cuda-*/lib", "/opt/cuda/lib64",            \
      "${CONDA_PREFIX}/lib"

// WSL, Kubernetes on some clouds, and NixOS mount the driver's libraries outside the loader's path.
#define GPUEX_DRIVER_DIRECTORIES \
  "/usr/lib/wsl/lib", "/usr/local/nvidia/lib64", "/run/opengl-driver/lib"

const std::vector<LibraryRow>& Rows() {
  static const auto* rows = new std::vector<LibraryRow>{
      {Library::kCudart,
       "GPU_EXCEPTIONS_CUDART",
       // CUDA 11's soname carries the minor version.
       {"libcudart.so.13", "libcudart.so.12", "libcudart.so.11.0"},
       {GPUEX_TOOLKIT_DIRECTORIES},
       "libcudart.so",
       false},
      {Library::kCuda,
       "GPU_EXCEPTIONS_CUDA",
       {"libcuda.so.1"},
       {GPUEX_DRIVER_DIRECTORIES},
       "libcuda.so",
       true},
      {Library::kNvml,
       "GPU_EXCEPTIONS_NVML",
       {"libnvidia-ml.so.1"},
       {GPUEX_DRIVER_DIRECTORIES},
       "libnvidia-ml.so",
       true},
      {Library::kCudnn,
       "GPU_EXCEPTIONS_CUDNN",
       {"libcudnn.so.9", "libcudnn.so.8"},
       {GPUEX_TOOLKIT_DIRECTORIES},
       "libcudnn.so",
       false},
      {Library::kNvrtc,
       "GPU_EXCEPTIONS_NVRTC",
       // All of CUDA 11 from 11.2 on has that one's name.
       {"libnvrtc.so.13", "libnvrtc.so.12", "libnvrtc.so.11.2"},
       {GPUEX_TOOLKIT_DIRECTORIES},
       "libnvrtc.so",
       false},
  };
  return *rows;
}

#endif

bool MatchesStar(std::string_view pattern, std::string_view name) {
  const size_t star = pattern.find('*');
  const std::string_view head = pattern.substr(0, star);
  const std::string_view tail = pattern.substr(star + 1);
  return name.size() >= head.size() + tail.size() && name.substr(0, head.size()) == head &&
         name.substr(name.size() - tail.size()) == tail;
}

// Compares runs of digits by value, so that 12.10 comes after 12.9.
bool VersionLess(std::string_view left, std::string_view right) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  size_t i = 0;
  size_t j = 0;
  while (i < left.size() && j < right.size()) {
    if (is_digit(left[i]) && is_digit(right[j])) {
      size_t i_end = i;
      size_t j_end = j;
      while (i_end < left.size() && is_digit(left[i_end])) ++i_end;
      while (j_end < right.size() && is_digit(right[j_end])) ++j_end;
      std::string_view a = left.substr(i, i_end - i);
      std::string_view b = right.substr(j, j_end - j);
      while (a.size() > 1 && a.front() == '0') a.remove_prefix(1);
      while (b.size() > 1 && b.front() == '0') b.remove_prefix(1);
      if (a.size() != b.size()) return a.size() < b.size();
      if (a != b) return a < b;
      i = i_end;
      j = j_end;
    } else {
      if (left[i] != right[j]) return left[i] < right[j];
      ++i;
      ++j;
    }
  }
  return left.size() - i < right.size() - j;
}

std::vector<std::string> Subdirectories(const std::string& base, std::string_view pattern) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator it(fs::u8path(base), error), end; !error && it != end;
       it.increment(error)) {
    std::error_code ignored;
    const std::string name = it->path().filename().u8string();
    if (MatchesStar(pattern, name) && it->is_directory(ignored)) names.push_back(name);
  }
  std::sort(names.begin(), names.end(),
            [](const std::string& a, const std::string& b) { return VersionLess(b, a); });
  return names;
}

bool IsDirectory(const std::string& path) {
  std::error_code ignored;
  return fs::is_directory(fs::u8path(path), ignored);
}

// Expands the first part with a star and goes on with the rest.
void Expand(const std::string& base, std::string_view rest, std::vector<std::string>* found) {
  const size_t star = rest.find('*');
  if (star == std::string_view::npos) {
    found->push_back(base + std::string(rest));
    return;
  }
  const size_t begin = rest.rfind('/', star) + 1;
  const size_t end = std::min(rest.find('/', star), rest.size());
  const std::string parent = base + std::string(rest.substr(0, begin));
  for (const std::string& name : Subdirectories(parent, rest.substr(begin, end - begin))) {
    Expand(parent + name, rest.substr(end), found);
  }
}

}  // namespace

const LibraryRow& CatalogRow(Library library) {
  for (const LibraryRow& row : Rows()) {
    if (row.library == library) return row;
  }
  throw std::logic_error(std::string("no catalog row for ") + LibraryName(library));
}

std::string NamesIn(const LibraryRow& row) {
  std::string names;
  for (const char* name : row.names) {
    if (!names.empty()) names += ", ";
    names += name;
  }
  return names;
}

std::vector<KnownDirectory> KnownDirectories(const LibraryRow& row,
                                             const Environment& environment) {
  std::vector<KnownDirectory> directories;
  std::set<std::string> seen;
  const auto add = [&](const std::string& path, bool exists) {
    if (seen.insert(path).second) directories.push_back({path, exists});
  };
  for (std::string_view pattern : row.directories) {
    std::string base;
    if (pattern.substr(0, 2) == "${") {
      const size_t close = pattern.find('}');
      const auto variable = environment.find(pattern.substr(2, close - 2));
      if (variable == environment.end() || variable->second.empty()) continue;
      base = variable->second;
      pattern.remove_prefix(close + 1);
      if (!IsDirectory(base)) {
        add(base, false);
        continue;
      }
    }
    std::vector<std::string> expanded;
    Expand(base, pattern, &expanded);
    for (const std::string& path : expanded) {
      if (IsDirectory(path)) add(path, true);
    }
  }
  return directories;
}

}  // namespace gpuex
