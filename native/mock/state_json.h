#pragma once

#include <string>

#include "mock/engine/machine.h"

namespace gpuex::mock {

// The machine as control's "state" tells it; docs/mock.md names the keys.
std::string StateJson(Machine& machine);
// The call log, oldest first.
std::string LogJson(Machine& machine);
// What may be named: profiles, presets, functions by library.
std::string CatalogJson();

}  // namespace gpuex::mock
