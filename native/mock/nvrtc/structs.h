// Types that a source defines: structs, unions and enumerations, and how long they are.
#pragma once

#include "mock/nvrtc/scopes.h"

namespace gpuex::mock::nvrtc {

// At `struct`, `class`, `union` or `enum`. `is_template`: its size depends on what it is given;
// `is_alias`: behind `typedef`. False: nothing was read, since it only names the type of what is
// declared.
bool ReadStruct(Cursor& cursor, Scopes& scopes, bool is_template, bool is_alias);

}  // namespace gpuex::mock::nvrtc
