// Whose process numbers are these?
#pragma once

#include <optional>

namespace gpuex {

// Whether this process lives in a PID namespace of its own (a container), so that numbers which the
// driver tells are the host's and name other processes here, or none. Empty when the system does
// not say. False where there are no such namespaces.
std::optional<bool> InNestedPidNamespace();

}  // namespace gpuex
