// Kernels that programs brought along, by the host function that stands for each, and their host
// implementations. Of the process, not of a machine: they are registered once, when code is loaded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mock/engine/handles.h"
#include "mock/engine/thread_state.h"
#include "mock/kernel.h"

namespace gpuex::mock {

class Machine;
struct Device;

struct KernelParameter {
  size_t offset;
  size_t bytes;
};

struct Kernel {
  std::string name;   // as the compiler mangled it
  void* binary;       // null once that was taken back
  // Nothing: what the code says about them is not read.
  std::optional<std::vector<KernelParameter>> parameters = std::nullopt;
  size_t shared_bytes = 0;     // of its own, in each block; read from PTX alone
  uintptr_t id = NewHandle();  // the address may be another kernel's later
};

void* RegisterBinary();
void UnregisterBinary(void* binary);
void RegisterKernel(void* binary, const void* host_function, const char* name);
// By host function, or by a handle that FindKernel gave. Null: none.
const Kernel* FindKernel(const void* host_function);
// Host implementation; see kernel.h. `elsewhere`: its body waits for another thread.
void ImplementKernel(const char* name, GpuExceptionsMockKernelBody body,
                     const size_t* argument_bytes, size_t count, bool elsewhere);

// How many blocks of a kernel fit on one multiprocessor, by threads and shared memory alone: what
// registers it takes stands in code that nobody reads here.
int BlocksThatFit(const Device& device, int block_size, size_t shared_bytes);

// The work of a launch: limits checked, recorded, and put into the stream where the kernel has a
// host implementation. Without one nothing is computed. Answers cudart's numbers.
int Launch(Machine& machine, ThreadState& thread, const Kernel& kernel,
           const ThreadState::LaunchConfiguration& configuration, void** arguments);

}  // namespace gpuex::mock
