// As much of Node-API as the argument converters use, over values that a fuzzer made. Everything else
// stays an undefined symbol, so a converter that calls more of it must be given more here.
#pragma once

#include <node_api.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <string>
#include <vector>

struct napi_value__ {
  napi_valuetype type;
  double number = 0;
  std::string text;
  // Of objects: an array of these, or a typed array of so many bytes; detached where there is no memory.
  std::optional<std::vector<napi_value__>> elements = std::nullopt;
  std::optional<napi_typedarray_type> view = std::nullopt;
  size_t bytes = 0;
  void* memory = nullptr;
};

// The arguments of one call.
struct napi_callback_info__ {
  std::vector<napi_value__> arguments;
  void* data = nullptr;  // what the function was made with
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
  if (data != nullptr) *data = info->data;
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

napi_status napi_create_double(napi_env, double number, napi_value* result) {
  static napi_value__ answer{napi_number};
  answer.number = number;
  *result = &answer;
  return napi_ok;
}

napi_status napi_is_array(napi_env, napi_value value, bool* result) {
  *result = value->elements.has_value();
  return napi_ok;
}

napi_status napi_get_array_length(napi_env, napi_value value, uint32_t* result) {
  if (!value->elements) return napi_array_expected;
  *result = static_cast<uint32_t>(value->elements->size());
  return napi_ok;
}

napi_status napi_get_element(napi_env, napi_value value, uint32_t index, napi_value* result) {
  if (!value->elements) return napi_object_expected;
  *result = index < value->elements->size() ? &(*value->elements)[index] : &g_undefined;
  return napi_ok;
}

napi_status napi_is_typedarray(napi_env, napi_value value, bool* result) {
  *result = value->view.has_value();
  return napi_ok;
}

// `length` is that of the elements.
napi_status napi_get_typedarray_info(napi_env, napi_value value, napi_typedarray_type* type,
                                     size_t* length, void** data, napi_value* buffer,
                                     size_t* offset) {
  if (!value->view) return napi_invalid_arg;
  constexpr size_t kWidths[] = {1, 1, 1, 2, 2, 4, 4, 4, 8, 8, 8};
  if (type != nullptr) *type = *value->view;
  if (length != nullptr) *length = value->bytes / kWidths[*value->view];
  if (data != nullptr) *data = value->memory;
  if (buffer != nullptr) *buffer = &g_undefined;
  if (offset != nullptr) *offset = 0;
  return napi_ok;
}

}  // extern "C"
