#include "mock/engine/modules.h"

#include <cctype>
#include <cstring>

#include "mock/engine/handles.h"
#include "mock/engine/status.h"

namespace gpuex::mock {
namespace {

using namespace cuda_status;  // NOLINT

constexpr char kElf[] = "\x7f" "ELF";
constexpr uint32_t kFatBinaryMagic = 0xba55ed50;
constexpr uint32_t kWrapperMagic = 0x466243b1;  // what nvcc puts around a fat binary

template <class T>
T At(const void* image, size_t offset) {
  T value;
  std::memcpy(&value, static_cast<const char*>(image) + offset, sizeof value);
  return value;
}

// Of a 64-bit ELF file: its section table comes last.
size_t ElfBytes(const void* image) {
  constexpr size_t kTableOffset = 40;
  constexpr size_t kEntrySize = 58;
  constexpr size_t kEntryCount = 60;
  return At<uint64_t>(image, kTableOffset) +
         size_t{At<uint16_t>(image, kEntrySize)} * At<uint16_t>(image, kEntryCount);
}

bool IsNamePart(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '$';
}

// `.entry name` with nothing that continues the name.
bool PtxHas(const std::string& code, const std::string& name) {
  for (size_t at = code.find(name); at != std::string::npos; at = code.find(name, at + 1)) {
    const size_t end = at + name.size();
    if (end < code.size() && IsNamePart(code[end])) continue;
    const size_t word = code.find_last_not_of(" \t\r\n", at == 0 ? 0 : at - 1);
    constexpr char kEntry[] = ".entry";
    constexpr size_t kLength = sizeof kEntry - 1;
    if (at > 0 && word != std::string::npos && word + 1 >= kLength && word + 1 < at &&
        code.compare(word + 1 - kLength, kLength, kEntry) == 0) {
      return true;
    }
  }
  return false;
}

}  // namespace

Modules::Format Modules::Read(const void* image, std::string* code) {
  const char* bytes = static_cast<const char*>(image);
  // Text is looked at first: it may be shorter than any header.
  if (std::memcmp(bytes, "\x7f", 1) == 0) {
    if (std::strncmp(bytes, kElf, 4) != 0) return Format::kNone;
    code->assign(bytes, ElfBytes(image));
    return Format::kCubin;
  }
  const auto first = static_cast<unsigned char>(bytes[0]);
  if (first == (kFatBinaryMagic & 0xff) || first == (kWrapperMagic & 0xff)) {
    const uint32_t magic = At<uint32_t>(image, 0);
    return magic == kFatBinaryMagic || magic == kWrapperMagic ? Format::kFatBinary : Format::kNone;
  }
  code->assign(bytes);
  const bool is_ptx = code->find(".version") != std::string::npos &&
                      code->find(".target") != std::string::npos;
  return is_ptx ? Format::kPtx : Format::kNone;
}

bool Modules::Has(const Module& module, const std::string& name) {
  switch (module.format) {
    case Format::kPtx:
      return PtxHas(module.code, name);
    case Format::kCubin: {
      // Each kernel's code is a section of that name.
      std::string section = ".text." + name;
      section.push_back('\0');
      return module.code.find(section) != std::string::npos;
    }
    case Format::kFatBinary:
      return true;
    case Format::kNone:
      return false;
  }
  return false;
}

int Modules::Load(const void* image, uintptr_t* module) {
  Module loaded;
  loaded.format = Read(image, &loaded.code);
  if (loaded.format == Format::kNone) return kInvalidImage;
  std::lock_guard<std::mutex> lock(mutex_);
  *module = NewHandle();
  modules_.emplace(*module, std::move(loaded));
  return kSuccess;
}

int Modules::Unload(uintptr_t module) {
  std::lock_guard<std::mutex> lock(mutex_);
  const auto found = modules_.find(module);
  if (found == modules_.end()) return kInvalidHandle;
  for (const auto& entry : found->second.functions) functions_.erase(entry.second);
  modules_.erase(found);
  return kSuccess;
}

int Modules::FindFunction(uintptr_t module, const std::string& name, uintptr_t* function) {
  std::lock_guard<std::mutex> lock(mutex_);
  const auto found = modules_.find(module);
  if (found == modules_.end()) return kInvalidHandle;
  if (name.empty() || !Has(found->second, name)) return kNotFound;
  uintptr_t& handle = found->second.functions[name];
  if (handle == 0) {
    handle = NewHandle();
    functions_[handle] = std::make_shared<const Kernel>(Kernel{name, nullptr});
  }
  *function = handle;
  return kSuccess;
}

std::shared_ptr<const Kernel> Modules::Function(uintptr_t function) const {
  std::lock_guard<std::mutex> lock(mutex_);
  const auto found = functions_.find(function);
  return found == functions_.end() ? nullptr : found->second;
}

}  // namespace gpuex::mock
