#include "mock/engine/modules.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>
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

// Where brackets do not match; 0: they do.
size_t FirstBadLine(const std::string& code) {
  std::string open;
  size_t line = 1;
  for (size_t at = 0; at < code.size(); ++at) {
    const char c = code[at];
    if (c == '\n') ++line;
    if (code.compare(at, 2, "//") == 0) {
      at = std::min(code.find('\n', at), code.size()) - 1;
    } else if (c == '{' || c == '(' || c == '[') {
      open.push_back(c);
    } else if (c == '}' || c == ')' || c == ']') {
      const char wanted = c == '}' ? '{' : c == ')' ? '(' : '[';
      if (open.empty() || open.back() != wanted) return line;
      open.pop_back();
    }
  }
  return open.empty() ? 0 : line;
}

// 90 for sm_90, as the file's flags have it; 0: not told.
int CubinArchitecture(const void* image) {
  const auto flags = At<uint32_t>(image, 48);
  const int newer = static_cast<int>(flags >> 8 & 0xff);
  return newer != 0 ? newer : static_cast<int>(flags & 0xff);
}

// Machine code runs on its own and on later minor revisions of its major one.
bool RunsOn(int architecture, int capability) {
  return architecture == 0 ||
         (architecture / 10 == capability / 10 && architecture <= capability);
}

// Where `.entry name` stands, with nothing that continues the name.
size_t PtxEntry(const std::string& code, const std::string& name) {
  size_t at = code.find(".entry " + name);
  while (at != std::string::npos && IsNamePart(code[std::min(at + 7 + name.size(), code.size() - 1)])) {
    at = code.find(".entry " + name, at + 1);
  }
  return at;
}

// `.param .u32 a` or `.shared .align 8 .b8 b[16]`, behind those that were laid before.
void Lay(const std::string& one, std::vector<KernelParameter>* laid) {
  size_t alignment = 0;
  const size_t aligned = one.find(".align ");
  // Behind `.ptr` it is that of what the pointer points to.
  if (aligned != std::string::npos && one.find(".ptr") == std::string::npos) {
    alignment = std::strtoull(one.c_str() + aligned + 7, nullptr, 10);
  }
  size_t bytes = 0;
  for (size_t dot = one.find('.', 1); dot != std::string::npos; dot = one.find('.', dot + 1)) {
    const char kind = one[std::min(dot + 1, one.size() - 1)];
    const size_t bits = std::strtoull(one.c_str() + dot + 2, nullptr, 10);
    if ((kind == 'u' || kind == 's' || kind == 'b' || kind == 'f') && bits >= 8) bytes = bits / 8;
  }
  if (bytes == 0) return;
  if (alignment == 0) alignment = bytes;
  const size_t bracket = one.find('[');
  const size_t count =
      bracket == std::string::npos ? 1 : std::strtoull(one.c_str() + bracket + 1, nullptr, 10);
  const size_t end = laid->empty() ? 0 : laid->back().offset + laid->back().bytes;
  laid->push_back({(end + alignment - 1) / alignment * alignment, bytes * count});
}

// Of `.entry name(.param .u32 a, .param .align 8 .b8 b[16])`.
std::vector<KernelParameter> PtxParameters(const std::string& code, const std::string& name) {
  std::vector<KernelParameter> parameters;
  const size_t at = PtxEntry(code, name);
  if (at == std::string::npos) return parameters;
  const size_t open = code.find_first_of("({", at);
  if (open == std::string::npos || code[open] == '{') return parameters;
  const std::string list = code.substr(open + 1, code.find(')', open) - open - 1);
  for (size_t from = list.find(".param"); from != std::string::npos;) {
    const size_t next = list.find(".param", from + 1);
    Lay(list.substr(from, next - from), &parameters);
    from = next;
  }
  return parameters;
}

// What the kernel's body declares: `.shared .align 4 .b8 tile[4096];`.
size_t PtxSharedBytes(const std::string& code, const std::string& name) {
  const auto is_space = [&code](size_t at) {
    return std::isspace(static_cast<unsigned char>(code[at])) != 0;
  };
  const std::string word = ".shared";
  const size_t entry = PtxEntry(code, name);
  size_t at = entry == std::string::npos ? entry : code.find('{', entry);
  std::vector<KernelParameter> laid;
  int depth = 0;
  for (; at < code.size(); ++at) {
    if (code[at] == '{') ++depth;
    if (code[at] == '}' && --depth == 0) break;
    // `ld.shared.f32` is an instruction.
    if (code.compare(at, word.size(), word) != 0 || !is_space(at - 1) ||
        at + word.size() >= code.size() || !is_space(at + word.size())) {
      continue;
    }
    Lay(code.substr(at, code.find(';', at) - at), &laid);
  }
  // Nobody has more; the numbers of a broken text may be any.
  constexpr size_t kMost = size_t{1} << 30;
  return laid.empty() ? 0 : std::min(laid.back().offset + laid.back().bytes, kMost);
}

// EIATTR_KPARAM_INFO in the section `.nv.info.name`: ordinal, offset and size of each parameter.
std::optional<std::vector<KernelParameter>> CubinParameters(const std::string& code,
                                                            const std::string& name) {
  constexpr size_t kSectionBytes = 64;
  const auto word = [&code](size_t at) { return At<uint32_t>(code.data(), at); };
  const auto table = static_cast<size_t>(At<uint64_t>(code.data(), 40));
  const size_t count = At<uint16_t>(code.data(), 60);
  const size_t names = At<uint16_t>(code.data(), 62);
  if (table + count * kSectionBytes > code.size() || names >= count) return std::nullopt;
  const auto strings = static_cast<size_t>(At<uint64_t>(code.data(), table + names * kSectionBytes + 24));
  for (size_t i = 0; i < count; ++i) {
    const size_t header = table + i * kSectionBytes;
    const size_t text = strings + word(header);
    const std::string wanted = ".nv.info." + name;
    if (text + wanted.size() >= code.size() ||
        code.compare(text, wanted.size() + 1, wanted.c_str(), wanted.size() + 1) != 0) {
      continue;
    }
    const auto start = static_cast<size_t>(At<uint64_t>(code.data(), header + 24));
    const auto bytes = static_cast<size_t>(At<uint64_t>(code.data(), header + 32));
    if (start > code.size() || bytes > code.size() - start) return std::nullopt;
    std::map<uint16_t, KernelParameter> found;
    for (size_t at = start; at + 4 <= start + bytes;) {
      const bool sized = code[at] == 4;
      const size_t length = sized ? At<uint16_t>(code.data(), at + 2) : 0;
      if (sized && code[at + 1] == 0x17 && length == 12 && at + 16 <= start + bytes) {
        found[At<uint16_t>(code.data(), at + 8)] = {At<uint16_t>(code.data(), at + 10),
                                                    word(at + 12) >> 18};
      }
      at += 4 + length;
    }
    std::vector<KernelParameter> parameters;
    for (const auto& each : found) parameters.push_back(each.second);
    return parameters;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::vector<KernelParameter>> Modules::Parameters(const Module& module,
                                                                const std::string& name) {
  if (module.format == Format::kPtx) return PtxParameters(module.code, name);
  if (module.format == Format::kCubin) return CubinParameters(module.code, name);
  return std::nullopt;
}

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

int Modules::Load(const void* image, int capability, uintptr_t* module, std::string* log) {
  Module loaded;
  loaded.format = Read(image, &loaded.code);
  if (loaded.format == Format::kNone) return kInvalidImage;
  if (loaded.format == Format::kPtx) {
    const size_t line = FirstBadLine(loaded.code);
    if (line > 0) {
      *log = "ptxas application ptx input, line " + std::to_string(line) +
             "; fatal   : Parsing error: syntax error\nptxas fatal   : Ptx assembly aborted due to errors\n";
      return kInvalidPtx;
    }
  }
  if (loaded.format == Format::kCubin && !RunsOn(CubinArchitecture(image), capability)) {
    return kNoBinaryForGpu;
  }
  std::lock_guard<std::mutex> lock(mutex_);
  *module = NewHandle();
  modules_.emplace(*module, std::move(loaded));
  return kSuccess;
}

int Modules::Unload(uintptr_t module) {
  std::lock_guard<std::mutex> lock(mutex_);
  const auto found = modules_.find(module);
  if (found == modules_.end()) return kInvalidHandle;
  for (const auto& entry : found->second.functions) {
    const auto function = functions_.find(entry.second);
    settings_->Forget(*function->second);
    functions_.erase(function);
  }
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
    const Module& of = found->second;
    const size_t shared = of.format == Format::kPtx ? PtxSharedBytes(of.code, name) : 0;
    functions_[handle] =
        std::make_shared<const Kernel>(Kernel{name, nullptr, Parameters(of, name), shared});
  }
  *function = handle;
  return kSuccess;
}

std::shared_ptr<const Kernel> Modules::Function(uintptr_t function) const {
  std::lock_guard<std::mutex> lock(mutex_);
  const auto found = functions_.find(function);
  return found == functions_.end() ? nullptr : found->second;
}

size_t Modules::live() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return modules_.size();
}

}  // namespace gpuex::mock
