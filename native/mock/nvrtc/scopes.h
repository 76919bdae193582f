// The namespaces and `extern "C"` blocks that are open, and the names of types in them.
#pragma once

#include <string>
#include <vector>

#include "mock/nvrtc/cursor.h"
#include "mock/nvrtc/types.h"

namespace gpuex::mock::nvrtc {

class Scopes {
 public:
  // `name`: empty for a namespace without one.
  void OpenNamespace(const std::string& name, const Place& opened) {
    open_.push_back({name, false, opened});
  }
  void OpenCLinkage(const Place& opened) { open_.push_back({"", true, opened}); }
  void Close() { open_.pop_back(); }

  bool any() const { return !open_.empty(); }
  const Place& opened() const { return open_.back().opened; }
  bool c_linkage() const;
  // "a::b"
  std::string name() const;
  // `name` as it is called from outside.
  std::string Qualified(const std::string& name) const;

  bool Has(const std::string& type_name) const {
    return types_.Find(type_name, name()) != nullptr;
  }
  void Add(const std::string& type_name, const Type& type) {
    types_.Add(Qualified(type_name), type);
  }
  const TypeNames& types() const { return types_; }

  // As ReadType, from where the cursor is.
  bool Read(Cursor& cursor, const std::vector<TemplateParameter>& parameters, Type* type) const {
    return ReadType(cursor.tokens(), &cursor.at(), types_, name(), parameters, type);
  }

 private:
  struct Scope {
    std::string name;
    bool c_linkage;
    Place opened;
  };

  std::vector<Scope> open_;
  TypeNames types_;
};

}  // namespace gpuex::mock::nvrtc
