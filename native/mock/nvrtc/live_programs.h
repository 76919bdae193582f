#pragma once

#include <cstddef>

namespace gpuex::mock {

// Programs of NVRTC in the process that were created and not destroyed yet.
size_t LivePrograms();

}  // namespace gpuex::mock
