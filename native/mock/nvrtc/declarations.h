// What stands at the outside of a source: kernels with their parameters, names of types, and what is
// no declaration. Bodies are only walked through (statements.h).
#pragma once

#include <string>
#include <vector>

#include "mock/nvrtc/parameters.h"
#include "mock/nvrtc/shared_variables.h"
#include "mock/nvrtc/types.h"

namespace gpuex::mock::nvrtc {

struct TemplateArgument {
  bool is_type = true;
  Type type;
  std::string value;
  std::string builtin;  // of the value
};

struct KernelDeclaration {
  std::string name;
  std::string scope;  // "a::b"
  bool c_linkage = false;
  bool defined = false;
  std::vector<TemplateParameter> template_parameters;
  std::vector<Parameter> parameters;
  std::vector<SharedVariable> shared;  // of its own
  Place place;
};

struct Declarations {
  std::vector<KernelDeclaration> kernels;
  TypeNames types;
};

// `host_allowed`: functions and variables without __device__ count as the device's.
Declarations ReadDeclarations(const std::vector<Token>& tokens, bool host_allowed, Log& log);

}  // namespace gpuex::mock::nvrtc
