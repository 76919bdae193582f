// The options of a compilation, checked as NVRTC 13.0 does (observed on the real library).
#pragma once

#include <map>
#include <string>
#include <vector>

namespace gpuex::mock::nvrtc {

struct Options {
  int architecture = 75;   // the number in compute_75 or sm_75
  std::string suffix;      // a, f or nothing
  bool is_real = false;    // sm_…: there is a cubin as well
  bool host_allowed = false;
  std::map<std::string, std::string> macros;
  std::vector<std::string> folders;
};

// What NVRTC 13.0 compiles for.
const std::vector<int>& Architectures();

// False, with NVRTC's words, for one that it does not know.
bool ReadOptions(const std::vector<std::string>& given, Options* options, std::string* complaint);

}  // namespace gpuex::mock::nvrtc
