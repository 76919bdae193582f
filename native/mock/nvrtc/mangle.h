// Names of kernels as the compiler writes them into the image (Itanium C++ ABI).
#pragma once

#include <string>
#include <vector>

#include "mock/nvrtc/declarations.h"

namespace gpuex::mock::nvrtc {

// `arguments`: of a template; empty for a plain function.
std::string Mangle(const KernelDeclaration& kernel, const std::vector<TemplateArgument>& arguments);

}  // namespace gpuex::mock::nvrtc
