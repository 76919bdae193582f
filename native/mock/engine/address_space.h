// Device memory is host memory that costs nothing until it is written, so that copies can be true
// and an 80 GB device fits on any machine.
#pragma once

#include <cstddef>

namespace gpuex::mock {

// Zeroed, page-aligned (more than CUDA's promise of 256 bytes) and lazily committed; null when the
// system has no address range of that size.
void* ReserveMemory(size_t bytes);
void ReleaseMemory(void* address, size_t bytes);

}  // namespace gpuex::mock
