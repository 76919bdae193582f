#include "mock/nvrtc/options.h"

#include <algorithm>
#include <cctype>

namespace gpuex::mock::nvrtc {
namespace {

enum class Value { kNone, kBoolean, kNumber, kText };

struct Known {
  const char* name;
  const char* other;  // its second name, or the same
  Value value;
};
constexpr Known kKnown[] = {
    {"--gpu-architecture", "-arch", Value::kText},
    {"--device-c", "-dc", Value::kNone},
    {"--device-w", "-dw", Value::kNone},
    {"--relocatable-device-code", "-rdc", Value::kBoolean},
    {"--extensible-whole-program", "-ewp", Value::kNone},
    {"--device-debug", "-G", Value::kNone},
    {"--generate-line-info", "-lineinfo", Value::kNone},
    {"--dopt", "-dopt", Value::kText},
    {"--Ofast-compile", "-Ofc", Value::kText},
    {"--ptxas-options", "-Xptxas", Value::kText},
    {"--maxrregcount", "-maxrregcount", Value::kNumber},
    {"--ftz", "-ftz", Value::kBoolean},
    {"--prec-sqrt", "-prec-sqrt", Value::kBoolean},
    {"--prec-div", "-prec-div", Value::kBoolean},
    {"--fmad", "-fmad", Value::kBoolean},
    {"--use_fast_math", "-use_fast_math", Value::kNone},
    {"--extra-device-vectorization", "-extra-device-vectorization", Value::kNone},
    {"--modify-stack-limit", "-modify-stack-limit", Value::kBoolean},
    {"--dlink-time-opt", "-dlto", Value::kNone},
    {"--gen-opt-lto", "-gen-opt-lto", Value::kNone},
    {"--optix-ir", "-optix-ir", Value::kNone},
    {"--jump-table-density", "-jtd", Value::kNumber},
    {"--device-stack-protector", "-device-stack-protector", Value::kBoolean},
    {"--no-cache", "-no-cache", Value::kNone},
    {"--frandom-seed", "-frandom-seed", Value::kText},
    {"--define-macro", "-D", Value::kText},
    {"--undefine-macro", "-U", Value::kText},
    {"--include-path", "-I", Value::kText},
    {"--pre-include", "-include", Value::kText},
    {"--no-source-include", "-no-source-include", Value::kNone},
    {"--std", "-std", Value::kText},
    {"--builtin-move-forward", "-builtin-move-forward", Value::kBoolean},
    {"--builtin-initializer-list", "-builtin-initializer-list", Value::kBoolean},
    {"--pch", "-pch", Value::kNone},
    {"--create-pch", "-create-pch", Value::kText},
    {"--use-pch", "-use-pch", Value::kText},
    {"--pch-dir", "-pch-dir", Value::kText},
    {"--pch-verbose", "-pch-verbose", Value::kBoolean},
    {"--pch-messages", "-pch-messages", Value::kBoolean},
    {"--instantiate-templates-in-pch", "-instantiate-templates-in-pch", Value::kBoolean},
    {"--disable-warnings", "-w", Value::kNone},
    {"--restrict", "-restrict", Value::kNone},
    {"--device-as-default-execution-space", "-default-device", Value::kNone},
    {"--device-int128", "-device-int128", Value::kNone},
    {"--optimization-info", "-opt-info", Value::kText},
    {"--display-error-number", "-err-no", Value::kNone},
    {"--no-display-error-number", "-no-err-no", Value::kNone},
    {"--diag-error", "-diag-error", Value::kText},
    {"--diag-suppress", "-diag-suppress", Value::kText},
    {"--diag-warn", "-diag-warn", Value::kText},
    {"--brief-diagnostics", "-brief-diag", Value::kBoolean},
    {"--time", "-time", Value::kText},
    {"--split-compile", "-split-compile", Value::kNumber},
    {"--fdevice-syntax-only", "-fdevice-syntax-only", Value::kNone},
    {"--fdevice-time-trace", "-fdevice-time-trace", Value::kText},
    {"--minimal", "-minimal", Value::kNone},
    {"--version-ident", "-dQ", Value::kBoolean},
};

bool IsNumber(const std::string& text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return std::isdigit(static_cast<unsigned char>(c)) != 0;
  });
}

bool ReadArchitecture(const std::string& value, Options* options) {
  const bool is_real = value.compare(0, 3, "sm_") == 0;
  const bool is_virtual = value.compare(0, 8, "compute_") == 0;
  if (!is_real && !is_virtual) return false;
  std::string number = value.substr(is_real ? 3 : 8);
  options->suffix.clear();
  if (!number.empty() && (number.back() == 'a' || number.back() == 'f')) {
    options->suffix = number.back();
    number.pop_back();
  }
  if (!IsNumber(number) || number.size() > 3) return false;
  options->architecture = std::stoi(number);
  options->is_real = is_real;
  const auto& known = Architectures();
  return std::find(known.begin(), known.end(), options->architecture) != known.end() &&
         (options->suffix.empty() || options->architecture >= (options->suffix == "a" ? 90 : 100));
}

// Splits what was written into an option and its value. `next`: the word behind it, or null.
const Known* Match(const std::string& word, const std::string* next, std::string* value, bool* took) {
  for (const Known& known : kKnown) {
    for (const std::string name : {known.name, known.other}) {
      if (known.value == Value::kNone) {
        if (word == name) return &known;
      } else if (word.compare(0, name.size() + 1, name + '=') == 0) {
        *value = word.substr(name.size() + 1);
        return &known;
      } else if (word == name) {
        *took = next != nullptr;
        if (*took) *value = *next;
        return &known;
      } else if (name.size() == 2 && word.compare(0, 2, name) == 0) {
        *value = word.substr(2);  // -DNAME, -Ifolder
        return &known;
      }
    }
  }
  return nullptr;
}

}  // namespace

const std::vector<int>& Architectures() {
  static const auto* known =
      new std::vector<int>{75, 80, 86, 87, 88, 89, 90, 100, 103, 110, 120, 121};
  return *known;
}

bool ReadOptions(const std::vector<std::string>& given, Options* options, std::string* complaint) {
  for (size_t i = 0; i < given.size(); ++i) {
    std::string value;
    bool took_next = false;
    const std::string* next = i + 1 < given.size() ? &given[i + 1] : nullptr;
    const Known* known = Match(given[i], next, &value, &took_next);
    if (known == nullptr) {
      *complaint = "nvrtc: error: unrecognized option " + given[i] + " found\n";
      return false;
    }
    if (took_next) ++i;
    const std::string name = known->name;
    const std::string both = name + " (" + known->other + ")";
    if (known->value == Value::kBoolean && value != "true" && value != "false") {
      *complaint = "nvrtc: error: " + both + " expects true or false\n";
      return false;
    }
    if (known->value == Value::kNumber && !IsNumber(value)) {
      *complaint = "nvrtc: error: " + both + " expects an integer value\n";
      return false;
    }
    if (name == "--gpu-architecture" && !ReadArchitecture(value, options)) {
      *complaint = "nvrtc: error: invalid value for --gpu-architecture (-arch)\n";
      return false;
    }
    if (name == "--std" && value != "c++03" && value != "c++11" && value != "c++14" &&
        value != "c++17" && value != "c++20") {
      *complaint = "nvrtc: error: invalid value for --std(-std)\n";
      return false;
    }
    if (name == "--device-as-default-execution-space") options->host_allowed = true;
    if (name == "--include-path") options->folders.push_back(value);
    if (name == "--undefine-macro") options->macros.erase(value);
    if (name == "--define-macro") {
      const size_t equals = value.find('=');
      options->macros[value.substr(0, equals)] =
          equals == std::string::npos ? "1" : value.substr(equals + 1);
    }
  }
  return true;
}

}  // namespace gpuex::mock::nvrtc
