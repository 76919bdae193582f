// libFuzzer: whatever JavaScript hands over, a converter answers exactly that value or refuses it with
// a UsageError that names the argument.
#include "fake_node_api.h"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "bindings/entry.h"

namespace {

using namespace gpuex;            // NOLINT
using namespace gpuex::bindings;  // NOLINT

constexpr napi_valuetype kTypes[] = {napi_undefined, napi_null,   napi_boolean, napi_number,
                                     napi_string,    napi_symbol, napi_object,  napi_function,
                                     napi_external,  napi_bigint};

[[noreturn]] void Wrong() { std::abort(); }

// What `convert` answers to argument `index` must agree with `fits`; where it does not fit, the error
// must name the argument.
template <typename Convert, typename Same>
void Try(const char* name, bool fits, Convert convert, Same same) {
  try {
    const auto answer = convert();
    if (!fits || !same(answer)) Wrong();
  } catch (const UsageError& error) {
    if (fits || std::strncmp(error.what(), name, std::strlen(name)) != 0) Wrong();
  }
}

// Any bits, or a number near a power of two, where the borders are.
double NumberOf(const uint8_t* bytes) {
  double number = 0;
  std::memcpy(&number, bytes, sizeof(number));
  if (bytes[0] % 2 == 0) return number;
  const double delta = static_cast<int8_t>(bytes[2]);
  return (bytes[0] % 4 == 1 ? 1 : -1) * std::ldexp(1.0, bytes[1] % 66) + delta / (bytes[3] % 3 + 1);
}

std::vector<napi_value__> Read(const uint8_t* data, size_t size) {
  std::vector<napi_value__> values;
  while (size > 0) {
    napi_value__ value{kTypes[*data % std::size(kTypes)]};
    ++data;
    --size;
    if (value.type == napi_number && size >= sizeof(double)) {
      value.number = NumberOf(data);
      data += sizeof(double);
      size -= sizeof(double);
    } else if (value.type == napi_string && size > 0) {
      const size_t length = std::min<size_t>(*data, size - 1);
      value.text.assign(reinterpret_cast<const char*>(data + 1), length);
      data += length + 1;
      size -= length + 1;
    }
    values.push_back(std::move(value));
  }
  return values;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  napi_callback_info__ call{Read(data, size)};
  const Napi::CallbackInfo info(nullptr, &call);
  // One more than there are: a caller may leave arguments out.
  for (size_t i = 0; i <= call.arguments.size(); ++i) {
    const napi_value__& given = i < call.arguments.size() ? call.arguments[i] : g_undefined;
    const bool is_number = given.type == napi_number;
    const bool is_text = given.type == napi_string;
    const double number = given.number;
    const bool is_ordinal = is_number && number >= 0 && number <= 2147483647 &&
                            number == static_cast<double>(static_cast<int64_t>(number));
    Try("device", is_ordinal, [&] { return OrdinalAt(info, i); },
        [&](int answer) { return answer == number; });
    Try("bytes", is_number, [&] { return NumberAt(info, i, "bytes"); },
        [&](double answer) { return std::memcmp(&answer, &number, sizeof(number)) == 0; });
    Try("path", is_text && given.text.find('\0') == std::string::npos,
        [&] { return TextAt(info, i, "path"); },
        [&](const std::string& answer) { return answer == given.text; });
    Try("callback", given.type == napi_function, [&] { return FunctionAt(info, i, "callback"); },
        [&](const Napi::Function& answer) { return napi_value(answer) == &given; });
  }
  return 0;
}
