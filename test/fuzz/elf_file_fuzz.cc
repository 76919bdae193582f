// libFuzzer: whatever a library's file holds, looking at it ends, and touches nothing else.
#include <cstddef>
#include <cstdint>
#include <sstream>
#include <string>

#include "platform/elf_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::istringstream file(std::string(reinterpret_cast<const char*>(data), size));
  gpuex::WhyTruncated(file);
  gpuex::SonameOf(file);
  return 0;
}
