// A kernel's source on its way to an image: NVRTC, from nvrtcCreateProgram to nvrtcDestroyProgram.
// May take seconds; needs no device. Any thread.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "api/nvrtc_api.h"

namespace gpuex {

struct CompileRequest {
  std::string source;
  std::string name;  // in messages; empty: NVRTC's own
  std::vector<std::string> options;
  std::vector<std::pair<std::string, std::string>> headers;  // name, text
  std::vector<std::string> name_expressions;
};

struct CompiledProgram {
  // The first status that was no success, and its call; else 0, null. The log may tell more.
  int status = 0;
  const char* call = nullptr;
  std::string log;
  std::string ptx;                         // without its NUL
  std::string cubin;                       // empty where only a virtual architecture was asked for
  std::vector<std::string> lowered_names;  // in the order of the expressions
};

CompiledProgram CompileKernels(const NvrtcApi& nvrtc, const CompileRequest& request);

}  // namespace gpuex
