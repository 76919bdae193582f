// As much of Node-API as the argument converters use, over values that a fuzzer made. Everything else
// stays an undefined symbol, so a converter that calls more of it must be given more here.
#pragma once

#include <node_api.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

struct napi_value__ {
  napi_valuetype type;
  double number = 0;
  std::string text;
};

// The arguments of one call.
struct napi_callback_info__ {
  std::vector<napi_value__> arguments;
};

inline napi_value__ g_undefined{napi_undefined};

extern "C" {

napi_status napi_get_cb_info(napi_env, napi_callback_info info, size_t* count, napi_value* values,
                             napi_value* receiver, void** data) {
  auto& arguments = info->arguments;
  if (values != nullptr) {
    for (size_t i = 0; i < *count; ++i) {
      values[i] = i < arguments.size() ? &arguments[i] : &g_undefined;
    }
  }
  if (count != nullptr) *count = arguments.size();
  if (receiver != nullptr) *receiver = &g_undefined;
  if (data != nullptr) *data = nullptr;
  return napi_ok;
}

napi_status napi_get_undefined(napi_env, napi_value* result) {
  *result = &g_undefined;
  return napi_ok;
}

napi_status napi_typeof(napi_env, napi_value value, napi_valuetype* result) {
  *result = value->type;
  return napi_ok;
}

napi_status napi_get_value_double(napi_env, napi_value value, double* result) {
  if (value->type != napi_number) return napi_number_expected;
  *result = value->number;
  return napi_ok;
}

napi_status napi_get_value_string_utf8(napi_env, napi_value value, char* buffer, size_t size,
                                       size_t* result) {
  if (value->type != napi_string) return napi_string_expected;
  if (buffer == nullptr) {
    *result = value->text.size();
    return napi_ok;
  }
  const size_t count = std::min(value->text.size(), size - 1);
  std::memcpy(buffer, value->text.data(), count);
  buffer[count] = '\0';
  if (result != nullptr) *result = count;
  return napi_ok;
}

}  // extern "C"
