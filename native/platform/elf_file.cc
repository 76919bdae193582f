#include "platform/elf_file.h"

#if defined(__linux__)
#include <link.h>

#include <cstdint>
#include <cstring>
#include <fstream>
#endif

namespace gpuex {

#if defined(__linux__)

namespace {

template <typename Record>
bool ReadAt(std::istream& file, uint64_t offset, Record* record) {
  file.clear();
  file.seekg(static_cast<std::streamoff>(offset));
  file.read(reinterpret_cast<char*>(record), sizeof(*record));
  return file.good();
}

bool IsOurs(const ElfW(Ehdr)& header) {
  constexpr unsigned char kClass = sizeof(void*) == 8 ? ELFCLASS64 : ELFCLASS32;
  constexpr bool kLittle = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__;
  return std::memcmp(header.e_ident, ELFMAG, SELFMAG) == 0 && header.e_ident[EI_CLASS] == kClass &&
         header.e_ident[EI_DATA] == (kLittle ? ELFDATA2LSB : ELFDATA2MSB);
}

}  // namespace

std::string WhyTruncated(std::istream& file) {
  file.seekg(0, std::ios::end);
  const std::streamoff end = file.tellg();
  ElfW(Ehdr) header;
  if (end < 0 || !ReadAt(file, 0, &header) || !IsOurs(header)) return std::string();
  const auto size = static_cast<uint64_t>(end);
  for (unsigned i = 0; i < header.e_phnum; ++i) {
    ElfW(Phdr) segment;
    const uint64_t offset = header.e_phoff + uint64_t{i} * header.e_phentsize;
    if (offset > size || !ReadAt(file, offset, &segment)) break;  // the loader refuses that itself
    if (segment.p_type != PT_LOAD) continue;
    if (segment.p_offset > size || segment.p_filesz > size - segment.p_offset) {
      return "the file was cut off: it has " + std::to_string(size) +
             " bytes, and its segments need more";
    }
  }
  return std::string();
}

std::string WhyTruncated(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return file ? WhyTruncated(file) : std::string();
}

#else

std::string WhyTruncated(std::istream&) { return std::string(); }
std::string WhyTruncated(const std::string&) { return std::string(); }

#endif

}  // namespace gpuex
