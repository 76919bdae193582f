// The types that a kernel's parameters have: how long they are, and how their names are mangled
// (Itanium C++ ABI, which nvcc and NVRTC follow).
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "mock/nvrtc/tokens.h"

namespace gpuex::mock::nvrtc {

struct Type {
  std::string builtin;  // the ABI's letter; empty: a named type or a template's parameter
  std::string named;    // `Point`, or `geometry::Point`
  int parameter = -1;   // of the template, from 0
  bool is_const = false;
  bool is_volatile = false;
  bool has_arguments = false;  // `A<float>`: what they are is not kept
  // `*` and `&`, from the inside; a pointer may be const itself.
  struct Layer {
    char kind;
    bool is_const = false;
  };
  std::vector<Layer> layers;
  size_t bytes = 0;  // 0: not known, or none
  size_t alignment = 1;

  bool is_void() const { return builtin == "v" && layers.empty(); }
};

struct TemplateParameter {
  std::string name;
  bool is_type;
  std::string builtin;  // of a value's type
};

// Names of types, by scope: `a::b::Name`.
class TypeNames {
 public:
  TypeNames();

  void Add(const std::string& name, const Type& type) { types_[name] = type; }
  // As seen from within `scope` ("" or "a::b").
  const Type* Find(const std::string& name, const std::string& scope) const;

 private:
  std::map<std::string, Type> types_;
};

// Reads a type with its pointers; `*at` is then behind it. Where there is none, it answers false and
// `*at` is at what is none.
bool ReadType(const std::vector<Token>& tokens, size_t* at, const TypeNames& names,
              const std::string& scope, const std::vector<TemplateParameter>& parameters, Type* type);

// Words that say something about a type or a declaration and are no type.
bool IsQualifier(const Token& token);

}  // namespace gpuex::mock::nvrtc
