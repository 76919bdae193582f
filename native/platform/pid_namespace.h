// Whose process numbers are these?
#pragma once

#include <optional>

namespace gpuex {

// Whether this process lives in a PID namespace of its own (a container), so that numbers which the
// driver tells may be the host's and name other processes here, or none. Empty when the system does
// not say. False where there are no such namespaces.
std::optional<bool> InNestedPidNamespace();

// This process's number in its own namespace; 0 where there are no such namespaces.
unsigned int PidInNamespace();

}  // namespace gpuex
