// One library of the process, opened at run time. RAII: closed on destruction unless kept.
#pragma once

#include <string>

namespace gpuex {

class DynamicLibrary {
 public:
  // How a bare name is searched for; a name with a directory in it is opened as it stands.
  enum class Search { kDefault, kSystemOnly };  // kSystemOnly matters on Windows alone

  DynamicLibrary() = default;
  ~DynamicLibrary();
  DynamicLibrary(DynamicLibrary&& other) noexcept;
  DynamicLibrary& operator=(DynamicLibrary&& other) noexcept;
  DynamicLibrary(const DynamicLibrary&) = delete;
  DynamicLibrary& operator=(const DynamicLibrary&) = delete;

  // Empty on failure; `reason` then holds the loader's own words.
  static DynamicLibrary Open(const std::string& name, Search search, std::string* reason);

  // Only if the process already has it; loads nothing. Empty when it has not.
  static DynamicLibrary FindLoaded(const std::string& name);

  explicit operator bool() const { return handle_ != nullptr; }

  // Null when the library does not export it.
  void* Symbol(const char* name) const;

  // Where the loader found it; empty when it does not tell.
  std::string Path() const;

  // From here on it stays for the life of the process. GPU libraries start threads and register
  // exit handlers, so unloading one under its own feet crashes.
  void Keep() { kept_ = true; }

 private:
  explicit DynamicLibrary(void* handle) : handle_(handle) {}
  void Close() noexcept;

  void* handle_ = nullptr;
  bool kept_ = false;
};

// Keeps the library that holds this very code for the life of the process. Node unloads an addon
// when the worker that loaded it exits, although other threads may still run its code.
void PinThisLibrary() noexcept;

}  // namespace gpuex
