#pragma once

#include <string>

#include "mock/engine/machine.h"

namespace gpuex::mock {

// The machine as control's "state" tells it; docs/mock.md names the keys.
std::string StateJson(Machine& machine);

}  // namespace gpuex::mock
