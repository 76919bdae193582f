#include "mock/invocation.h"

#include <cstdio>

#include "mock/engine/kernels.h"
#include "mock/scenario/json.h"

namespace gpuex::mock {
namespace {

std::string Hexadecimal(const void* address) {
  if (address == nullptr) return "null";
  char text[24];
  std::snprintf(text, sizeof text, "\"0x%llx\"",
                static_cast<unsigned long long>(reinterpret_cast<uintptr_t>(address)));
  return text;
}

}  // namespace

std::string LoggedArgument::Shown(Machine& machine) const {
  switch (kind_) {
    case kSigned:
      return std::to_string(signed_);
    case kUnsigned:
      return std::to_string(unsigned_);
    case kAddress:
      return Hexadecimal(address_);
    case kText:
      return address_ == nullptr ? "null" : json::Quote(static_cast<const char*>(address_));
    case kExtent:
      return '[' + std::to_string(extent_[0]) + ',' + std::to_string(extent_[1]) + ',' +
             std::to_string(extent_[2]) + ']';
    case kHostFunction: {
      const Kernel* kernel = FindKernel(address_);
      return kernel == nullptr ? Hexadecimal(address_) : json::Quote(kernel->name);
    }
    case kDriverFunction: {
      const auto kernel = machine.modules().Function(reinterpret_cast<uintptr_t>(address_));
      return kernel == nullptr ? Hexadecimal(address_) : json::Quote(kernel->name);
    }
  }
  return "null";
}

}  // namespace gpuex::mock
