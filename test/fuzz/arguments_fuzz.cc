// libFuzzer: whatever JavaScript hands over, a converter answers exactly that value or refuses it with
// a UsageError that names the argument.
#include "fake_node_api.h"

#include <array>
#include <cstring>
#include <optional>

#include "bindings/byte_range.h"
#include "bytes.h"

namespace {

using namespace gpuex;            // NOLINT
using namespace gpuex::bindings;  // NOLINT

constexpr napi_valuetype kTypes[] = {napi_undefined, napi_null,   napi_boolean, napi_number,
                                     napi_string,    napi_symbol, napi_object,  napi_function,
                                     napi_external,  napi_bigint};

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

// Arrays hold no arrays: nobody asks for such.
napi_value__ Value(Bytes* bytes, bool within) {
  napi_value__ value{kTypes[bytes->Byte() % std::size(kTypes)]};
  if (value.type == napi_number) value.number = bytes->Number();
  if (value.type == napi_string) value.text = bytes->Text();
  if (value.type != napi_object || within) return value;
  const uint8_t kind = bytes->Byte();
  if (kind % 3 == 0) {
    value.elements.emplace();
    for (int i = kind / 3 % 8; i > 0; --i) {
      // Mostly of one kind, or none would be of strings.
      napi_value__ element{napi_string};
      if (kind < 200) {
        element.text = bytes->Text();
      } else {
        element = Value(bytes, true);
      }
      value.elements->push_back(std::move(element));
    }
  } else if (kind % 3 == 1) {
    value.view = static_cast<napi_typedarray_type>(kind % (napi_biguint64_array + 1));
    value.bytes = bytes->Byte() * size_t{8};
    static unsigned char memory[256 * 8];
    value.memory = kind > 200 ? nullptr : memory;
  }
  return value;
}

bool HoldsNul(const std::string& text) { return text.find('\0') != std::string::npos; }

bool AreTexts(const napi_value__& value) {
  if (!value.elements) return false;
  return std::all_of(value.elements->begin(), value.elements->end(), [](const napi_value__& each) {
    return each.type == napi_string && !HoldsNul(each.text);
  });
}

bool SameTexts(const std::vector<std::string>& texts, const napi_value__& value) {
  return std::equal(
      texts.begin(), texts.end(), value.elements->begin(), value.elements->end(),
      [](const std::string& text, const napi_value__& each) { return text == each.text; });
}

// What a flat function was called with, and what was thrown instead.
std::optional<std::array<double, 3>> g_called;
std::string g_refused;

double Flat(GpuAddon&, const double* arguments) {
  g_called = {arguments[0], arguments[1], arguments[2]};
  return arguments[1];
}

void TryFlat(napi_callback_info__* call) {
  // A flat function hands the addon on, and itself asks it for nothing but the way errors take.
  alignas(GpuAddon) static unsigned char addon[sizeof(GpuAddon)];
  call->data = addon;
  g_called.reset();
  g_refused.clear();
  const napi_value answer = FlatEntry<Flat, 3>(nullptr, call);
  std::array<double, 3> given{};
  for (size_t i = 0; i < given.size(); ++i) {
    const bool is_number = i < call->arguments.size() && call->arguments[i].type == napi_number;
    if (!is_number) {
      const std::string words = "argument " + std::to_string(i) + ": a number is required";
      if (g_called || answer != nullptr || g_refused != words) Wrong();
      return;
    }
    given[i] = call->arguments[i].number;
  }
  if (!g_called || !g_refused.empty() || answer == nullptr) Wrong();
  if (std::memcmp(g_called->data(), given.data(), sizeof given) != 0) Wrong();
  if (std::memcmp(&answer->number, &given[1], sizeof(double)) != 0) Wrong();
}

}  // namespace

// The door by which errors leave: kept here, not handed to JavaScript.
void gpuex::JsErrors::RethrowToJs(napi_env) const noexcept {
  try {
    throw;
  } catch (const UsageError& error) {
    g_refused = error.what();
  }
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Bytes bytes(data, size);
  napi_callback_info__ call;
  while (!bytes.empty()) call.arguments.push_back(Value(&bytes, false));
  TryFlat(&call);
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
    Try("path", is_text && !HoldsNul(given.text),
        [&] { return TextAt(info, i, "path"); },
        [&](const std::string& answer) { return answer == given.text; });
    Try("callback", given.type == napi_function, [&] { return FunctionAt(info, i, "callback"); },
        [&](const Napi::Function& answer) { return napi_value(answer) == &given; });
    Try("options", AreTexts(given), [&] { return TextsAt(info, i, "options"); },
        [&](const std::vector<std::string>& answer) { return SameTexts(answer, given); });
    Try("view", given.view == napi_uint8_array && given.bytes > 0 && given.memory != nullptr,
        [&] { return ViewAt(info, i); }, [&](const View& answer) {
          return answer.data == given.memory && answer.bytes == given.bytes;
        });
  }
  return 0;
}
