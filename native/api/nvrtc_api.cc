#include "api/nvrtc_api.h"

namespace gpuex {

void NvrtcApi::Bind(SymbolBinder* binder) { GPUEX_NVRTC_FUNCTIONS(GPUEX_API_BIND) }

std::string NvrtcApi::Version() const {
  int major = 0;
  int minor = 0;
  const int status = nvrtcVersion(&major, &minor);
  const bool possible = major >= 1 && minor >= 0;
  return VersionTold(findings, kVersionCall, status, major < 1 ? major : minor,
                     possible ? std::to_string(major) + '.' + std::to_string(minor) : "");
}

void NvrtcApi::OpenBuiltinsBeside(const std::string& path, const std::string& version) const {
#if !defined(_WIN32)  // Windows looks beside the library that asks.
  const size_t folder = path.find_last_of('/') + 1;  // 0: a bare name, found as this one will be
  if (folder == 0 || version.empty()) return;
  std::string ignored;
  DynamicLibrary builtins =
      DynamicLibrary::Open(path.substr(0, folder) + "libnvrtc-builtins.so." + version,
                           DynamicLibrary::Search::kDefault, &ignored);
  if (builtins) builtins.Keep();
#endif
}

}  // namespace gpuex
