// The process that the stand-in lives in.
#pragma once

#include <string>

namespace gpuex::mock {

unsigned OwnPid();
// The path of its program; "unknown" where the system does not tell.
std::string OwnName();

}  // namespace gpuex::mock
