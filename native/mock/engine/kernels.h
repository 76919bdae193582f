// Kernels that programs brought along, by the host function that stands for each, and their host
// implementations. Of the process, not of a machine: they are registered once, when code is loaded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "mock/engine/thread_state.h"
#include "mock/kernel.h"

namespace gpuex::mock {

class Machine;

struct Kernel {
  std::string name;   // as the compiler mangled it
  void* binary;       // null once that was taken back
};

void* RegisterBinary();
void UnregisterBinary(void* binary);
void RegisterKernel(void* binary, const void* host_function, const char* name);
// By host function, or by a handle that FindKernel gave. Null: none.
const Kernel* FindKernel(const void* host_function);
// Host implementation; see kernel.h.
void ImplementKernel(const char* name, GpuExceptionsMockKernelBody body,
                     const size_t* argument_bytes, size_t count);

// The work of a launch: limits checked, recorded, and put into the stream where the kernel has a
// host implementation. Without one nothing is computed. Answers cudart's numbers.
int Launch(Machine& machine, ThreadState& thread, const Kernel& kernel,
           const ThreadState::LaunchConfiguration& configuration, void** arguments);

}  // namespace gpuex::mock
