#pragma once

#include <string>

namespace gpuex::mock {

// The file's bytes, at most 16 MiB. `what`: what it is, in a message. False with the reason.
bool ReadFile(const char* path, const std::string& what, std::string* text, std::string* error);

}  // namespace gpuex::mock
