#include "platform/dynamic_library.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "platform/elf_file.h"

#if defined(_WIN32)
#define WIN32_LEAN_AND_MEAN
#define NOMINMAX
#include <windows.h>
#else
#include <dlfcn.h>
#if defined(__linux__)
#include <link.h>
#endif
#endif

namespace gpuex {

namespace {

// A pipe, a device or a directory, of which the loader would read, perhaps for ever and with a lock
// of the whole process.
bool IsIrregular(const std::string& path) {
  std::error_code ignored;
  const auto type = std::filesystem::status(std::filesystem::u8path(path), ignored).type();
  return type != std::filesystem::file_type::regular &&
         type != std::filesystem::file_type::not_found &&
         type != std::filesystem::file_type::none && type != std::filesystem::file_type::unknown;
}
constexpr const char* kIrregular = "not a regular file";

}  // namespace

DynamicLibrary::~DynamicLibrary() { Close(); }

DynamicLibrary::DynamicLibrary(DynamicLibrary&& other) noexcept
    : handle_(std::exchange(other.handle_, nullptr)), kept_(std::exchange(other.kept_, false)) {}

DynamicLibrary& DynamicLibrary::operator=(DynamicLibrary&& other) noexcept {
  if (this != &other) {
    Close();
    handle_ = std::exchange(other.handle_, nullptr);
    kept_ = std::exchange(other.kept_, false);
  }
  return *this;
}

#if defined(_WIN32)

namespace {

std::wstring Widen(const std::string& text) {
  const int size = static_cast<int>(text.size());
  const int length = MultiByteToWideChar(CP_UTF8, 0, text.data(), size, nullptr, 0);
  std::wstring wide(static_cast<size_t>(length), L'\0');
  MultiByteToWideChar(CP_UTF8, 0, text.data(), size, wide.data(), length);
  return wide;
}

std::string Narrow(const wchar_t* text, int size) {
  const int length = WideCharToMultiByte(CP_UTF8, 0, text, size, nullptr, 0, nullptr, nullptr);
  std::string narrow(static_cast<size_t>(length), '\0');
  WideCharToMultiByte(CP_UTF8, 0, text, size, narrow.data(), length, nullptr, nullptr);
  return narrow;
}

std::string LoaderMessage(DWORD error) {
  wchar_t* text = nullptr;
  const DWORD length = FormatMessageW(
      FORMAT_MESSAGE_ALLOCATE_BUFFER | FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS,
      nullptr, error, 0, reinterpret_cast<wchar_t*>(&text), 0, nullptr);
  std::string message = length > 0 ? Narrow(text, static_cast<int>(length)) : std::string();
  LocalFree(text);
  while (!message.empty() && (message.back() == '\n' || message.back() == '\r')) message.pop_back();
  return message + " (" + std::to_string(error) + ")";
}

}  // namespace

DynamicLibrary DynamicLibrary::Open(const std::string& name, Search search, std::string* reason) {
  DWORD flags = 0;
  if (name.find_first_of("\\/") != std::string::npos) {
    if (IsIrregular(name)) {
      *reason = kIrregular;
      return DynamicLibrary();
    }
    // cuDNN's parts lie beside it and are found only this way.
    flags = LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR | LOAD_LIBRARY_SEARCH_DEFAULT_DIRS;
  } else if (search == Search::kSystemOnly) {
    flags = LOAD_LIBRARY_SEARCH_SYSTEM32;
  }
  const HMODULE handle = LoadLibraryExW(Widen(name).c_str(), nullptr, flags);
  if (handle == nullptr) *reason = LoaderMessage(GetLastError());
  return DynamicLibrary(handle);
}

DynamicLibrary DynamicLibrary::FindLoaded(const std::string& name) {
  HMODULE handle = nullptr;
  GetModuleHandleExW(0, Widen(name).c_str(), &handle);
  return DynamicLibrary(handle);
}

void DynamicLibrary::Close() noexcept {
  if (handle_ != nullptr && !kept_) FreeLibrary(static_cast<HMODULE>(handle_));
  handle_ = nullptr;
}

void* DynamicLibrary::Symbol(const char* name) const {
  return reinterpret_cast<void*>(GetProcAddress(static_cast<HMODULE>(handle_), name));
}

std::string DynamicLibrary::Path() const {
  std::wstring path(32768, L'\0');
  const DWORD length = GetModuleFileNameW(static_cast<HMODULE>(handle_), path.data(),
                                          static_cast<DWORD>(path.size()));
  return length > 0 ? Narrow(path.data(), static_cast<int>(length)) : std::string();
}

void PinThisLibrary() noexcept {
  HMODULE self = nullptr;
  GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_PIN | GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS,
                     reinterpret_cast<const wchar_t*>(&PinThisLibrary), &self);
}

#else

namespace {

// The text belongs to the thread's last dl* call, so it is read before anything else happens.
std::string LoaderMessage() {
  const char* text = dlerror();
  return text != nullptr ? text : "the loader gave no reason";
}

}  // namespace

DynamicLibrary DynamicLibrary::Open(const std::string& name, Search, std::string* reason) {
  if (name.find('/') != std::string::npos) {
    *reason = IsIrregular(name) ? kIrregular : WhyTruncated(name);
    if (!reason->empty()) return DynamicLibrary();
  }
  // NOW: a library with a missing dependency fails here, not in the middle of a call.
  // LOCAL: its symbols must not take part in the engines' own symbol resolution.
  void* handle = dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) *reason = LoaderMessage();
  return DynamicLibrary(handle);
}

DynamicLibrary DynamicLibrary::FindLoaded(const std::string& name) {
  if (name.find('/') != std::string::npos && IsIrregular(name)) return DynamicLibrary();
  void* handle = dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NOLOAD);
  if (handle == nullptr) LoaderMessage();  // not loaded is no failure: leave no stale text behind
  return DynamicLibrary(handle);
}

void DynamicLibrary::Close() noexcept {
  if (handle_ != nullptr && !kept_) dlclose(handle_);
  handle_ = nullptr;
}

void* DynamicLibrary::Symbol(const char* name) const {
  dlerror();
  void* symbol = dlsym(handle_, name);
  if (symbol == nullptr) dlerror();
  return symbol;
}

std::string DynamicLibrary::Path() const {
#if defined(__linux__)
  link_map* map = nullptr;
  if (dlinfo(handle_, RTLD_DI_LINKMAP, &map) == 0 && map != nullptr && map->l_name != nullptr) {
    return map->l_name;
  }
  dlerror();
#endif
  return std::string();
}

void PinThisLibrary() noexcept {
  Dl_info self{};
  if (dladdr(reinterpret_cast<void*>(&PinThisLibrary), &self) != 0 && self.dli_fname != nullptr) {
    if (dlopen(self.dli_fname, RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE) == nullptr) dlerror();
  }
}

#endif

}  // namespace gpuex
