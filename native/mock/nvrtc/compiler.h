// From source to image: preprocessor, outer shape, names. It sees what stands outside of bodies, and
// of bodies their brackets and semicolons; whether an expression means anything it does not know.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace gpuex::mock::nvrtc {

struct Compilation {
  int status = 0;
  std::string log;
  std::string ptx;
  std::string cubin;
  std::map<std::string, std::string> lowered;  // by name expression
};

struct Source {
  std::string text;
  std::string name;
  std::map<std::string, std::string> headers;
  std::vector<std::string> name_expressions;
};

Compilation Compile(const Source& source, const std::vector<std::string>& options, int cuda_version);

}  // namespace gpuex::mock::nvrtc
