#include "mock/nvrtc/scopes.h"

#include <algorithm>

namespace gpuex::mock::nvrtc {

bool Scopes::c_linkage() const {
  return std::any_of(open_.begin(), open_.end(), [](const Scope& each) { return each.c_linkage; });
}

std::string Scopes::name() const {
  std::string name;
  for (const Scope& scope : open_) {
    if (!scope.name.empty()) name += (name.empty() ? "" : "::") + scope.name;
  }
  return name;
}

std::string Scopes::Qualified(const std::string& inner) const {
  const std::string scope = name();
  return scope.empty() ? inner : scope + "::" + inner;
}

}  // namespace gpuex::mock::nvrtc
