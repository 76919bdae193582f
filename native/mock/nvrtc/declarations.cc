#include "mock/nvrtc/declarations.h"

#include <algorithm>
#include <array>

#include "mock/nvrtc/statements.h"

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
  return std::any_of(kWords.begin(), kWords.end(), [&](const char* word) { return token.Is(word); });
}

class Reader {
 public:
  Reader(const std::vector<Token>& tokens, bool host_allowed, Log& log)
      : tokens_(tokens), host_allowed_(host_allowed), log_(log) {}

  Declarations Read() {
    while (at_ < tokens_.size() && !log_.terminated() && !stopped_) Outer();
    if (!stopped_ && !scopes_.empty()) log_.ErrorAtEnd("expected a \"}\"", &scopes_.back().opened);
    return std::move(found_);
  }

 private:
  // What a `{` at the outside belongs to.
  struct Scope {
    std::string name;  // empty: extern "C" or a namespace without a name
    bool c_linkage;
    Place opened;
  };

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

  bool At(const char* text, size_t more = 0) const {
    return at_ + more < tokens_.size() && tokens_[at_ + more].Is(text);
  }
  bool Take(const char* text) {
    if (!At(text)) return false;
    ++at_;
    return true;
  }
  std::string ScopeName() const {
    std::string name;
    for (const Scope& scope : scopes_) {
      if (!scope.name.empty()) name += (name.empty() ? "" : "::") + scope.name;
    }
    return name;
  }
  bool CLinkage() const {
    return std::any_of(scopes_.begin(), scopes_.end(), [](const Scope& each) { return each.c_linkage; });
  }
  void Stop() { stopped_ = true; }

  // Behind the bracket that closes the one here.
  bool SkipBrackets(const char* open, const char* close) {
    int depth = 0;
    const Place opened = tokens_[at_].place;
    for (; at_ < tokens_.size(); ++at_) {
      if (At(open)) ++depth;
      if (At(close) && --depth == 0) {
        ++at_;
        return true;
      }
    }
    log_.ErrorAtEnd(std::string("expected a \"") + close + '"', &opened, *open);
    Stop();
    return false;
  }

  void Outer() {
    const Token& token = tokens_[at_];
    if (Take(";")) return;
    if (token.is_macro) {
      ++at_;
      if (At("(")) SkipBrackets("(", ")");
      return;
    }
    if (At("}") && !scopes_.empty()) {
      scopes_.pop_back();
      ++at_;
      return;
    }
    if (At("namespace") || (At("inline") && At("namespace", 1))) return Namespace();
    if (At("extern") && at_ + 1 < tokens_.size() && tokens_[at_ + 1].text == "\"C\"" && At("{", 2)) {
      scopes_.push_back({"", true, tokens_[at_ + 2].place});
      at_ += 3;
      return;
    }
    if (At("using")) return Using();
    if (At("static_assert")) return ToSemicolon();
    if (token.kind != Kind::kIdentifier && !token.Is("::") && !token.Is("[")) {
      log_.Error(token.place, "expected a declaration");
      return Stop();
    }
    Declaration();
  }

  void Namespace() {
    Take("inline");
    ++at_;
    std::string name;
    for (; at_ < tokens_.size() && (tokens_[at_].kind == Kind::kIdentifier || At("::")); ++at_) {
      name += tokens_[at_].text;
    }
    if (Take("=")) return ToSemicolon();
    if (!At("{")) return Expect("{");
    scopes_.push_back({name, false, tokens_[at_++].place});
  }

  void Using() {
    ++at_;
    if (At("namespace")) return ToSemicolon();
    if (at_ >= tokens_.size() || tokens_[at_].kind != Kind::kIdentifier || !At("=", 1)) {
      return ToSemicolon();
    }
    const std::string name = tokens_[at_].text;
    at_ += 2;
    Type type;
    if (!ReadType(tokens_, &at_, found_.types, ScopeName(), {}, &type)) return Undefined();
    AddName(name, type);
    ToSemicolon();
  }

  void AddName(const std::string& name, const Type& type) {
    const std::string scope = ScopeName();
    found_.types.Add(scope.empty() ? name : scope + "::" + name, type);
  }

  void Undefined() {
    if (at_ >= tokens_.size()) {
      log_.ErrorAtEnd("expected a declaration");
    } else if (tokens_[at_].kind == Kind::kIdentifier) {
      log_.Error(tokens_[at_].place, "identifier \"" + tokens_[at_].text + "\" is undefined");
    } else {
      log_.Error(tokens_[at_].place, "expected a type specifier");
    }
    Stop();
  }

  void Expect(const char* text) {
    const std::string wanted = std::string("expected a \"") + text + '"';
    if (at_ < tokens_.size()) {
      log_.Error(tokens_[at_].place, wanted);
    } else {
      log_.ErrorAtEnd(wanted);
    }
    Stop();
  }

  void ToSemicolon() {
    while (at_ < tokens_.size()) {
      if (Take(";")) return;
      if (At("(")) {
        if (!SkipBrackets("(", ")")) return;
      } else if (At("{")) {
        if (!SkipBrackets("{", "}")) return;
      } else if (At("}")) {
        return Expect(";");
      } else {
        ++at_;
      }
    }
    Expect(";");
  }

  void TemplateHead(Said* said) {
    ++at_;
    if (!Take("<")) return;
    while (at_ < tokens_.size() && !Take(">")) {
      TemplateParameter parameter{"", At("typename") || At("class"), ""};
      if (parameter.is_type) {
        ++at_;
      } else {
        Type type;
        if (!ReadType(tokens_, &at_, found_.types, ScopeName(), said->parameters, &type)) {
          return Undefined();
        }
        parameter.builtin = type.builtin;
      }
      Take("...");
      if (at_ < tokens_.size() && tokens_[at_].kind == Kind::kIdentifier) {
        parameter.name = tokens_[at_++].text;
      }
      if (Take("=")) {
        while (at_ < tokens_.size() && !At(",") && !At(">")) ++at_;
      }
      Take(",");
      said->parameters.push_back(parameter);
    }
  }

  // The words before the type, in any order.
  void Words(Said* said) {
    if (said->first.file == nullptr && at_ < tokens_.size()) said->first = tokens_[at_].place;
    for (; at_ < tokens_.size() && !stopped_; ++at_) {
      const Token& token = tokens_[at_];
      if (token.Is("__global__")) {
        said->kernel = true;
        said->kernel_at = token.place;
      } else if (IsSpace(token)) {
        said->device = true;
      } else if (token.Is("template")) {
        TemplateHead(said);
        --at_;
      } else if (token.Is("extern") && at_ + 1 < tokens_.size() && tokens_[at_ + 1].text == "\"C\"") {
        said->c_linkage = true;
        ++at_;
      } else if (token.Is("typedef")) {
        said->alias = true;
      } else if (token.Is("__launch_bounds__") || token.Is("__attribute__") ||
                 token.Is("__cluster_dims__") || token.Is("__align__") || token.Is("alignas")) {
        ++at_;
        if (!At("(") || !SkipBrackets("(", ")")) return;
        --at_;
      } else if (token.Is("[")) {
        if (!SkipBrackets("[", "]")) return;
        --at_;
      } else if (IsQualifier(token) && !token.Is("struct") && !token.Is("class") &&
                 !token.Is("enum") && !token.Is("union")) {
        said->is_const = said->is_const || token.Is("const") || token.Is("constexpr");
      } else {
        return;
      }
    }
  }

  void Declaration() {
    Said said;
    Words(&said);
    if (stopped_ || at_ >= tokens_.size()) return stopped_ ? void() : Expect(";");
    if (At("struct") || At("class") || At("union") || At("enum")) {
      if (StructOrEnum(said)) return;
    }
    Type type;
    const size_t start = at_;
    const bool typed = ReadType(tokens_, &at_, found_.types, ScopeName(), said.parameters, &type);
    if (!typed && said.kernel && At("(", 1)) {
      log_.Error(tokens_[at_].place, "explicit type is missing (\"int\" assumed)");
      log_.Error(said.first, "a __global__ function must have a void return type");
      return Stop();
    }
    if (!typed && At(";", 1)) {
      log_.Error(tokens_[start].place, "this declaration has no storage class or type specifier");
      return Stop();
    }
    if (!typed) return Undefined();
    Words(&said);
    if (stopped_) return;
    said.is_const = said.is_const || (type.layers.empty() ? type.is_const : type.layers.back().is_const);
    if (said.alias) {
      if (at_ < tokens_.size()) AddName(tokens_[at_].text, type);
      return ToSemicolon();
    }
    Named(said, type);
  }

  // With the name of what is declared next.
  void Named(const Said& said, const Type& type) {
    if (Take(";")) return;
    const Place name_at = at_ < tokens_.size() ? tokens_[at_].place : Place();
    std::string name;
    while (at_ < tokens_.size() && (tokens_[at_].kind == Kind::kIdentifier || At("::") || At("~"))) {
      name = tokens_[at_++].text;
      if (name == "operator") {
        while (at_ < tokens_.size() && !At("(")) ++at_;
        if (At(")", 1)) at_ += 2;
      }
    }
    if (name.empty()) return Expect(";");
    if (!At("(")) {
      if (said.kernel) return Expect("(");
      if (!said.device && !said.is_const && !host_allowed_) log_.Error(name_at, kHostVariable);
      return Variable();
    }
    if (said.kernel) return Kernel(said, type, name);
    if (!said.device && !host_allowed_) log_.Error(name_at, kHostFunction);
    if (!SkipBrackets("(", ")")) return;
    Body();
  }

  void Variable() {
    while (At("[")) {
      if (!SkipBrackets("[", "]")) return;
    }
    ToSemicolon();
  }

  void Body() {
    while (at_ < tokens_.size() && !At("{") && !At(";") && !At("}")) ++at_;
    if (Take(";")) return;
    if (!At("{")) return Expect(";");
    at_ = WalkBody(tokens_, at_, Braces::kStatements, log_);
    if (at_ == tokens_.size() && log_.failed()) Stop();
  }

  void Kernel(const Said& said, const Type& type, const std::string& name) {
    KernelDeclaration kernel;
    kernel.name = name;
    kernel.scope = ScopeName();
    kernel.c_linkage = said.c_linkage || CLinkage();
    kernel.template_parameters = said.parameters;
    kernel.place = tokens_[at_ - 1].place;
    if (!type.is_void()) {
      log_.Error(said.first, "a __global__ function must have a void return type");
    }
    ++at_;
    if (!Parameters(said, &kernel)) return;
    while (IsWordBeforeBody()) ++at_;
    kernel.defined = At("{");
    const auto before = std::find_if(
        found_.kernels.begin(), found_.kernels.end(), [&](const KernelDeclaration& each) {
          return kernel.defined && each.defined && kernel.c_linkage && each.c_linkage &&
                 each.name == kernel.name;
        });
    if (before != found_.kernels.end()) {
      log_.Error(kernel.place, "function \"" + name + "\" has already been defined (previous definition at line " +
                                   std::to_string(before->place.line) + ")");
    }
    Body();
    found_.kernels.push_back(std::move(kernel));
  }

  bool IsWordBeforeBody() const {
    return at_ < tokens_.size() && (At("noexcept") || At("const") || IsSpace(tokens_[at_]));
  }

  bool Parameters(const Said& said, KernelDeclaration* kernel) {
    if (Take(")")) return true;
    if (At("void") && At(")", 1)) {
      at_ += 2;
      return true;
    }
    while (at_ < tokens_.size()) {
      if (At("...")) {
        log_.Error(said.kernel_at, "a __global__ function cannot have ellipsis");
        Stop();
        return false;
      }
      Parameter parameter;
      parameter.place = tokens_[at_].place;
      if (!ReadType(tokens_, &at_, found_.types, kernel->scope, said.parameters, &parameter.type)) {
        Undefined();
        return false;
      }
      if (at_ < tokens_.size() && tokens_[at_].kind == Kind::kIdentifier) {
        parameter.name = tokens_[at_++].text;
      }
      if (At("[")) {
        if (!SkipBrackets("[", "]")) return false;
        parameter.type.layers.push_back({'*'});
        parameter.type.bytes = parameter.type.alignment = sizeof(void*);
      }
      if (Take("=")) {
        while (at_ < tokens_.size() && !At(",") && !At(")")) ++at_;
      }
      kernel->parameters.push_back(std::move(parameter));
      if (Take(")")) return true;
      if (!Take(",")) {
        Expect(")");
        return false;
      }
    }
    Expect(")");
    return false;
  }

  // False: it only names the type of what is declared.
  bool StructOrEnum(const Said& said) {
    const bool is_enum = At("enum");
    const bool is_union = At("union");
    size_t end = at_ + 1;
    if (end < tokens_.size() && (tokens_[end].Is("class") || tokens_[end].Is("struct"))) ++end;
    while (end < tokens_.size() && (tokens_[end].Is("__align__") || tokens_[end].Is("alignas"))) {
      at_ = end + 1;
      if (!At("(") || !SkipBrackets("(", ")")) return true;
      end = at_;
    }
    std::string name;
    if (end < tokens_.size() && tokens_[end].kind == Kind::kIdentifier) name = tokens_[end++].text;
    if (end < tokens_.size() && tokens_[end].Is(";")) {
      Type type;
      type.named = name;
      if (found_.types.Find(name, ScopeName()) == nullptr) AddName(name, type);
      at_ = end + 1;
      return true;
    }
    while (end < tokens_.size() && !tokens_[end].Is("{") && !tokens_[end].Is(";") &&
           !tokens_[end].Is("(") && (tokens_[end].Is(":") || end > at_ + 2)) {
      ++end;  // what it is derived from
    }
    if (end >= tokens_.size() || !tokens_[end].Is("{")) return false;
    at_ = end;
    const std::string scope = ScopeName();
    Type type;
    type.named = scope.empty() ? name : scope + "::" + name;
    const bool derived = !tokens_[end - 1].Is(name.c_str());
    if (is_enum) {
      type.bytes = type.alignment = 4;
    } else if (!derived && said.parameters.empty()) {
      Layout(is_union, &type);
    }
    AddName(name, type);
    at_ = WalkBody(tokens_, at_, is_enum ? Braces::kList : Braces::kStatements, log_);
    if (at_ == tokens_.size() && log_.failed()) {
      Stop();
      return true;
    }
    if (said.alias && at_ < tokens_.size() && tokens_[at_].kind == Kind::kIdentifier) {
      AddName(tokens_[at_].text, type);
    }
    ToSemicolon();
    return true;
  }

  // Of plain data: `type name, name[N];`. Anything else leaves the size unknown.
  void Layout(bool is_union, Type* type) {
    size_t offset = 0;
    size_t largest = 0;
    size_t alignment = 1;
    for (size_t at = at_ + 1; at < tokens_.size() && !tokens_[at].Is("}");) {
      Type field;
      if (!ReadType(tokens_, &at, found_.types, ScopeName(), {}, &field) || field.bytes == 0) return;
      while (at < tokens_.size() && !tokens_[at].Is(";")) {
        size_t count = 1;
        if (tokens_[at].kind != Kind::kIdentifier) return;
        for (++at; at + 2 < tokens_.size() && tokens_[at].Is("["); at += 3) {
          count *= std::strtoull(tokens_[at + 1].text.c_str(), nullptr, 0);
          if (tokens_[at + 1].kind != Kind::kNumber || !tokens_[at + 2].Is("]") || count > 4096) return;
        }
        offset = (offset + field.alignment - 1) / field.alignment * field.alignment;
        if (is_union) offset = 0;
        offset += field.bytes * count;
        largest = std::max(largest, offset);
        alignment = std::max(alignment, field.alignment);
        if (at < tokens_.size() && tokens_[at].Is(",")) ++at;
      }
      ++at;
    }
    type->bytes = std::max<size_t>((largest + alignment - 1) / alignment * alignment, 1);
    type->alignment = alignment;
  }

  const std::vector<Token>& tokens_;
  const bool host_allowed_;
  Log& log_;
  size_t at_ = 0;
  bool stopped_ = false;
  std::vector<Scope> scopes_;
  Declarations found_;
};

}  // namespace

Declarations ReadDeclarations(const std::vector<Token>& tokens, bool host_allowed, Log& log) {
  return Reader(tokens, host_allowed, log).Read();
}

}  // namespace gpuex::mock::nvrtc
