#include "mock/nvrtc/mangle.h"

#include <algorithm>

namespace gpuex::mock::nvrtc {
namespace {

// S_, S0_, … S9_, SA_, …
std::string Sequence(const char* prefix, size_t index) {
  if (index == 0) return std::string(prefix) + '_';
  std::string digits;
  for (size_t rest = index - 1;; rest /= 36) {
    const size_t digit = rest % 36;
    digits.insert(digits.begin(), static_cast<char>(digit < 10 ? '0' + digit : 'A' + digit - 10));
    if (rest < 36) break;
  }
  return prefix + digits + '_';
}

std::vector<std::string> Parts(const std::string& name) {
  std::vector<std::string> parts;
  for (size_t at = 0; at <= name.size();) {
    const size_t end = std::min(name.find("::", at), name.size());
    parts.push_back(name.substr(at, end - at));
    at = end + 2;
  }
  return parts;
}

class Mangler {
 public:
  std::string Function(const KernelDeclaration& kernel,
                       const std::vector<TemplateArgument>& arguments) {
    const bool is_template = !arguments.empty();
    std::string text = "_Z";
    const std::string scope = kernel.scope;
    if (!scope.empty()) text += 'N';
    std::string whole;
    if (!scope.empty()) {
      for (const std::string& part : Parts(scope)) {
        whole += std::to_string(part.size()) + part;
        text += std::to_string(part.size()) + part;
        known_.push_back(whole);
      }
    }
    const std::string own = std::to_string(kernel.name.size()) + kernel.name;
    text += own;
    if (is_template) {
      known_.push_back(whole + own);
      text += 'I';
      for (const TemplateArgument& argument : arguments) text += OneArgument(argument);
      text += 'E';
    }
    if (!scope.empty()) text += 'E';
    if (is_template) text += 'v';
    if (kernel.parameters.empty()) return text + 'v';
    for (const Parameter& parameter : kernel.parameters) text += OneType(parameter.type);
    return text;
  }

 private:
  std::string OneArgument(const TemplateArgument& argument) {
    if (argument.is_type) return OneType(argument.type);
    const bool negative = !argument.value.empty() && argument.value[0] == '-';
    return 'L' + argument.builtin + (negative ? "n" + argument.value.substr(1) : argument.value) + 'E';
  }

  // `key` is the text without substitutions, by which a part is known again.
  std::string Known(const std::string& key, const std::string& text) {
    const auto found = std::find(known_.begin(), known_.end(), key);
    if (found != known_.end()) {
      return Sequence("S", static_cast<size_t>(found - known_.begin()));
    }
    known_.push_back(key);
    return text;
  }

  std::string Named(const std::string& name, std::string* key) {
    const std::vector<std::string> parts = Parts(name);
    std::string text;
    for (size_t i = 0; i < parts.size(); ++i) {
      const std::string own = std::to_string(parts[i].size()) + parts[i];
      *key += own;
      const bool last = i + 1 == parts.size();
      const auto found = std::find(known_.begin(), known_.end(), *key);
      if (found != known_.end()) {
        text = Sequence("S", static_cast<size_t>(found - known_.begin()));
        if (last) return text;
      } else {
        known_.push_back(*key);
        text += own;
      }
    }
    return parts.size() > 1 ? 'N' + text + 'E' : text;
  }

  std::string OneType(const Type& type) {
    std::string key;
    std::string text;
    if (type.parameter >= 0) {
      key = Sequence("T", static_cast<size_t>(type.parameter));
      text = Known(key, key);
    } else if (!type.named.empty()) {
      text = Named(type.named, &key);
    } else {
      key = text = type.builtin;
    }
    const auto wrap = [&](const std::string& with) {
      key = with + key;
      text = Known(key, with + text);
    };
    // What is const on the outside is no part of a function's type.
    const std::string qualifiers =
        std::string(type.is_volatile ? "V" : "") + (type.is_const ? "K" : "");
    if (!qualifiers.empty() && !type.layers.empty()) wrap(qualifiers);
    for (size_t i = 0; i < type.layers.size(); ++i) {
      wrap(type.layers[i].kind == '*' ? "P" : "R");
      if (type.layers[i].is_const && i + 1 < type.layers.size()) wrap("K");
    }
    return text;
  }

  std::vector<std::string> known_;
};

}  // namespace

std::string Mangle(const KernelDeclaration& kernel,
                   const std::vector<TemplateArgument>& arguments) {
  return kernel.c_linkage ? kernel.name : Mangler().Function(kernel, arguments);
}

}  // namespace gpuex::mock::nvrtc
