// What a template and a kernel take.
#pragma once

#include <string>
#include <vector>

#include "mock/nvrtc/scopes.h"

namespace gpuex::mock::nvrtc {

struct Parameter {
  std::string name;
  Type type;
  Place place;
};

// At `template`. What is no template's head (`template void f<int>();`) adds nothing.
void ReadTemplateParameters(Cursor& cursor, const Scopes& scopes,
                            std::vector<TemplateParameter>* parameters);

// Behind a kernel's `(`; then behind its `)`. `kernel`: where `__global__` stands. False: reading has
// stopped.
bool ReadParameters(Cursor& cursor, const Scopes& scopes,
                    const std::vector<TemplateParameter>& of_template, const Place& kernel,
                    std::vector<Parameter>* parameters);

}  // namespace gpuex::mock::nvrtc
