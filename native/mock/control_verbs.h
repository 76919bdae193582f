#pragma once

#include <string>
#include <string_view>

namespace gpuex::mock {

// One control verb; control.h names them. False with the reason in `answer`.
bool RunVerb(std::string_view verb, std::string_view argument, std::string* answer);

}  // namespace gpuex::mock
