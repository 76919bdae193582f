#include "platform/elf_file.h"

#if defined(__linux__)
#include <link.h>

#include <cstdint>
#include <cstring>
#include <fstream>
#include <optional>
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

// Empty where it is no file of ours.
std::optional<uint64_t> SizeOf(std::istream& file, ElfW(Ehdr)* header) {
  file.seekg(0, std::ios::end);
  const std::streamoff end = file.tellg();
  if (end < 0 || !ReadAt(file, 0, header) || !IsOurs(*header)) return std::nullopt;
  return static_cast<uint64_t>(end);
}

// Calls `visit` with each segment, until it answers false. A table that the file does not hold ends
// early: the loader refuses that itself.
template <typename Visit>
void EachSegment(std::istream& file, const ElfW(Ehdr)& header, uint64_t size, Visit visit) {
  for (unsigned i = 0; i < header.e_phnum; ++i) {
    ElfW(Phdr) segment;
    const uint64_t offset = header.e_phoff + uint64_t{i} * header.e_phentsize;
    if (offset > size || !ReadAt(file, offset, &segment) || !visit(segment)) return;
  }
}

}  // namespace

std::string WhyTruncated(std::istream& file) {
  ElfW(Ehdr) header;
  const auto size = SizeOf(file, &header);
  std::string why;
  if (!size) return why;
  EachSegment(file, header, *size, [&why, size = *size](const ElfW(Phdr)& segment) {
    if (segment.p_type != PT_LOAD) return true;
    if (segment.p_offset > size || segment.p_filesz > size - segment.p_offset) {
      why = "the file was cut off: it has " + std::to_string(size) +
            " bytes, and its segments need more";
    }
    return why.empty();
  });
  return why;
}

std::string SonameOf(std::istream& file) {
  constexpr size_t kMostEntries = 1024;
  constexpr size_t kLongestName = 255;
  ElfW(Ehdr) header;
  const auto size = SizeOf(file, &header);
  if (!size) return std::string();
  std::optional<ElfW(Phdr)> dynamic;
  EachSegment(file, header, *size, [&dynamic](const ElfW(Phdr)& segment) {
    if (segment.p_type == PT_DYNAMIC) dynamic = segment;
    return !dynamic;
  });
  std::optional<uint64_t> name;
  std::optional<uint64_t> texts;  // an address, not a place in the file
  for (size_t i = 0; dynamic && i < kMostEntries; ++i) {
    ElfW(Dyn) entry;
    const uint64_t offset = dynamic->p_offset + i * sizeof(entry);
    if (offset > *size || !ReadAt(file, offset, &entry) || entry.d_tag == DT_NULL) break;
    if (entry.d_tag == DT_SONAME) name = entry.d_un.d_val;
    if (entry.d_tag == DT_STRTAB) texts = entry.d_un.d_ptr;
  }
  std::string soname;
  if (!name || !texts) return soname;
  EachSegment(file, header, *size, [&](const ElfW(Phdr)& segment) {
    const bool holds = segment.p_type == PT_LOAD && *texts >= segment.p_vaddr &&
                       *texts - segment.p_vaddr < segment.p_filesz;
    if (!holds) return true;
    const uint64_t offset = segment.p_offset + (*texts - segment.p_vaddr) + *name;
    char letter = 0;
    for (size_t i = 0; offset <= *size && i < kLongestName; ++i) {
      if (!ReadAt(file, offset + i, &letter) || letter == 0) break;
      soname += letter;
    }
    return false;
  });
  return soname;
}

std::string WhyTruncated(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return file ? WhyTruncated(file) : std::string();
}

std::string SonameOf(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return file ? SonameOf(file) : std::string();
}

#else

std::string WhyTruncated(std::istream&) { return std::string(); }
std::string WhyTruncated(const std::string&) { return std::string(); }
std::string SonameOf(std::istream&) { return std::string(); }
std::string SonameOf(const std::string&) { return std::string(); }

#endif

}  // namespace gpuex
