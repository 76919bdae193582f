#include "mock/read_file.h"

#include <cstdio>

namespace gpuex::mock {
namespace {

constexpr size_t kMaxBytes = size_t{16} << 20;

}  // namespace

bool ReadFile(const char* path, const std::string& what, std::string* text, std::string* error) {
  std::FILE* file = std::fopen(path, "rb");
  if (file == nullptr) {
    *error = "the " + what + " \"" + path + "\" cannot be opened";
    return false;
  }
  char buffer[4096];
  while (text->size() <= kMaxBytes) {
    const size_t read = std::fread(buffer, 1, sizeof buffer, file);
    if (read == 0) break;
    text->append(buffer, read);
  }
  const bool failed = std::ferror(file) != 0;
  std::fclose(file);
  if (failed) *error = "the " + what + " \"" + path + "\" cannot be read";
  if (text->size() > kMaxBytes) {
    *error = "the " + what + " \"" + path + "\" is larger than 16 MiB";
    return false;
  }
  return !failed;
}

}  // namespace gpuex::mock
