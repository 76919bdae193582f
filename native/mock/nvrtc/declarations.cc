#include "mock/nvrtc/declarations.h"

#include <algorithm>
#include <array>
#include <utility>

#include "mock/nvrtc/cursor.h"
#include "mock/nvrtc/scopes.h"
#include "mock/nvrtc/statements.h"
#include "mock/nvrtc/structs.h"

namespace gpuex::mock::nvrtc {
namespace {

using Kind = Token::Kind;

constexpr char kHostVariable[] =
    "A namespace scope variable without memory space annotations "
    "(__device__/__constant__/__shared__/__managed__) is considered a host variable, and host "
    "variables are not allowed in JIT mode. Consider using -default-device flag to process "
    "unannotated namespace scope variables as __device__ variables in JIT mode";
constexpr char kHostFunction[] =
    "A function without execution space annotations (__host__/__device__/__global__) is considered "
    "a host function, and host functions are not allowed in JIT mode. Consider using "
    "-default-device flag to process unannotated functions as __device__ functions in JIT mode";

bool IsSpace(const Token& token) {
  static constexpr std::array<const char*, 6> kWords = {
      "__device__", "__host__", "__constant__", "__shared__", "__managed__", "__global__"};
  return std::any_of(kWords.begin(), kWords.end(),
                     [&](const char* word) { return token.Is(word); });
}

// Words that something in brackets follows.
bool IsAttribute(const Token& token) {
  return token.Is("__launch_bounds__") || token.Is("__attribute__") ||
         token.Is("__cluster_dims__") || token.Is("__align__") || token.Is("alignas");
}

bool BeginsStruct(const Token& token) {
  return token.Is("struct") || token.Is("class") || token.Is("enum") || token.Is("union");
}

class Reader {
 public:
  Reader(const std::vector<Token>& tokens, bool host_allowed, Log& log)
      : cursor_(tokens, log), host_allowed_(host_allowed), log_(log) {}

  Declarations Read() {
    while (!cursor_.ended() && !log_.terminated() && !cursor_.stopped()) Outer();
    if (!cursor_.stopped() && scopes_.any()) log_.ErrorAtEnd("expected a \"}\"", &scopes_.opened());
    return {std::move(kernels_), scopes_.types()};
  }

 private:
  // What was said before the name that is declared.
  struct Said {
    bool kernel = false;
    bool device = false;  // or shared, or for both sides
    bool is_const = false;
    bool c_linkage = false;
    bool alias = false;  // typedef
    std::vector<TemplateParameter> parameters;
    Place first;
    Place kernel_at;
  };

  size_t& at() { return cursor_.at(); }

  void Outer() {
    const Token& token = cursor_.token();
    if (cursor_.Take(";")) return;
    if (token.is_macro) {
      ++at();
      if (cursor_.At("(")) cursor_.SkipBrackets("(", ")");
      return;
    }
    if (cursor_.At("}") && scopes_.any()) {
      scopes_.Close();
      ++at();
      return;
    }
    if (cursor_.At("namespace") || (cursor_.At("inline") && cursor_.At("namespace", 1))) {
      return Namespace();
    }
    if (cursor_.AtCLinkage() && cursor_.At("{", 2)) {
      scopes_.OpenCLinkage(cursor_.token(2).place);
      at() += 3;
      return;
    }
    if (cursor_.At("using")) return Using();
    if (cursor_.At("static_assert")) return cursor_.SkipToSemicolon();
    if (token.kind != Kind::kIdentifier && !token.Is("::") && !token.Is("[")) {
      log_.Error(token.place, "expected a declaration");
      return cursor_.Stop();
    }
    Declaration();
  }

  void Namespace() {
    cursor_.Take("inline");
    ++at();
    std::string name;
    for (; cursor_.AtIdentifier() || cursor_.At("::"); ++at()) name += cursor_.token().text;
    if (cursor_.Take("=")) return cursor_.SkipToSemicolon();
    const Place opened = cursor_.place();
    if (!cursor_.Take("{")) return cursor_.Expect("{");
    scopes_.OpenNamespace(name, opened);
  }

  void Using() {
    ++at();
    if (cursor_.At("namespace") || !cursor_.AtIdentifier() || !cursor_.At("=", 1)) {
      return cursor_.SkipToSemicolon();
    }
    const std::string name = cursor_.token().text;
    at() += 2;
    Type type;
    if (!scopes_.Read(cursor_, {}, &type)) return cursor_.ExpectType();
    scopes_.Add(name, type);
    cursor_.SkipToSemicolon();
  }

  // The words before the type, in any order.
  void Words(Said* said) {
    if (said->first.file == nullptr) said->first = cursor_.place();
    while (!cursor_.ended() && !cursor_.stopped()) {
      const Token& token = cursor_.token();
      if (token.Is("template")) {
        ReadTemplateParameters(cursor_, scopes_, &said->parameters);
        continue;
      }
      if (token.Is("[")) {
        if (!cursor_.SkipBrackets("[", "]")) return;
        continue;
      }
      if (IsAttribute(token)) {
        ++at();
        if (!cursor_.At("(") || !cursor_.SkipBrackets("(", ")")) return;
        continue;
      }
      if (token.Is("__global__")) {
        said->kernel = true;
        said->kernel_at = token.place;
      } else if (IsSpace(token)) {
        said->device = true;
      } else if (cursor_.AtCLinkage()) {
        said->c_linkage = true;
        ++at();
      } else if (token.Is("typedef")) {
        said->alias = true;
      } else if (IsQualifier(token) && !BeginsStruct(token)) {
        said->is_const = said->is_const || token.Is("const") || token.Is("constexpr");
      } else {
        return;
      }
      ++at();
    }
  }

  void Declaration() {
    Said said;
    Words(&said);
    if (cursor_.stopped()) return;
    if (cursor_.ended()) return cursor_.Expect(";");
    if (BeginsStruct(cursor_.token()) &&
        ReadStruct(cursor_, scopes_, !said.parameters.empty(), said.alias)) {
      return;
    }
    Type type;
    const Place start = cursor_.place();
    if (!scopes_.Read(cursor_, said.parameters, &type)) return Untyped(said, start);
    Words(&said);
    if (cursor_.stopped()) return;
    said.is_const =
        said.is_const || (type.layers.empty() ? type.is_const : type.layers.back().is_const);
    if (said.alias) {
      if (!cursor_.ended()) scopes_.Add(cursor_.token().text, type);
      return cursor_.SkipToSemicolon();
    }
    Named(said, type);
  }

  void Untyped(const Said& said, const Place& start) {
    if (said.kernel && cursor_.At("(", 1)) {
      log_.Error(cursor_.place(), "explicit type is missing (\"int\" assumed)");
      log_.Error(said.first, "a __global__ function must have a void return type");
      return cursor_.Stop();
    }
    if (cursor_.At(";", 1)) {
      log_.Error(start, "this declaration has no storage class or type specifier");
      return cursor_.Stop();
    }
    cursor_.ExpectType();
  }

  // With the name of what is declared next.
  void Named(const Said& said, const Type& type) {
    if (cursor_.Take(";")) return;
    const Place name_at = cursor_.place();
    std::string name;
    while (cursor_.AtIdentifier() || cursor_.At("::") || cursor_.At("~")) {
      name = cursor_.token().text;
      ++at();
      if (name == "operator") {
        while (!cursor_.ended() && !cursor_.At("(")) ++at();
        if (cursor_.At(")", 1)) at() += 2;
      }
    }
    if (name.empty()) return cursor_.Expect(";");
    if (!cursor_.At("(")) {
      if (said.kernel) return cursor_.Expect("(");
      if (!said.device && !said.is_const && !host_allowed_) log_.Error(name_at, kHostVariable);
      return Variable();
    }
    if (said.kernel) return Kernel(said, type, name);
    if (!said.device && !host_allowed_) log_.Error(name_at, kHostFunction);
    if (!cursor_.SkipBrackets("(", ")")) return;
    Body();
  }

  void Variable() {
    while (cursor_.At("[")) {
      if (!cursor_.SkipBrackets("[", "]")) return;
    }
    cursor_.SkipToSemicolon();
  }

  void Body() {
    while (!cursor_.ended() && !cursor_.At("{") && !cursor_.At(";") && !cursor_.At("}")) ++at();
    if (cursor_.Take(";")) return;
    if (!cursor_.At("{")) return cursor_.Expect(";");
    at() = WalkBody(cursor_.tokens(), at(), Braces::kStatements, log_);
    if (cursor_.ended() && log_.failed()) cursor_.Stop();
  }

  // At the `(` behind its name.
  void Kernel(const Said& said, const Type& type, const std::string& name) {
    KernelDeclaration kernel;
    kernel.name = name;
    kernel.scope = scopes_.name();
    kernel.c_linkage = said.c_linkage || scopes_.c_linkage();
    kernel.template_parameters = said.parameters;
    kernel.place = cursor_.tokens()[at() - 1].place;
    if (!type.is_void()) {
      log_.Error(said.first, "a __global__ function must have a void return type");
    }
    ++at();
    if (!ReadParameters(cursor_, scopes_, said.parameters, said.kernel_at, &kernel.parameters)) {
      return;
    }
    while (IsWordBeforeBody()) ++at();
    kernel.defined = cursor_.At("{");
    RefuseSecond(kernel);
    const size_t body = at();
    Body();
    kernel.shared =
        ReadSharedVariables(cursor_.tokens(), body, at(), scopes_, kernel.template_parameters);
    kernels_.push_back(std::move(kernel));
  }

  bool IsWordBeforeBody() const {
    return cursor_.At("noexcept") || cursor_.At("const") ||
           (!cursor_.ended() && IsSpace(cursor_.token()));
  }

  void RefuseSecond(const KernelDeclaration& kernel) {
    if (!kernel.defined || !kernel.c_linkage) return;
    const auto before =
        std::find_if(kernels_.begin(), kernels_.end(), [&](const KernelDeclaration& each) {
          return each.defined && each.c_linkage && each.name == kernel.name;
        });
    if (before == kernels_.end()) return;
    log_.Error(kernel.place, "function \"" + kernel.name +
                                 "\" has already been defined (previous definition at line " +
                                 std::to_string(before->place.line) + ")");
  }

  Cursor cursor_;
  const bool host_allowed_;
  Log& log_;
  Scopes scopes_;
  std::vector<KernelDeclaration> kernels_;
};

}  // namespace

Declarations ReadDeclarations(const std::vector<Token>& tokens, bool host_allowed, Log& log) {
  return Reader(tokens, host_allowed, log).Read();
}

}  // namespace gpuex::mock::nvrtc
