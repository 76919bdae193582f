#include "mock/nvrtc/compiler.h"

#include <algorithm>
#include <optional>

#include "mock/nvrtc/declarations.h"
#include "mock/nvrtc/image.h"
#include "mock/nvrtc/mangle.h"
#include "mock/nvrtc/options.h"
#include "mock/nvrtc/preprocessor.h"

namespace gpuex::mock::nvrtc {
namespace {

using Kind = Token::Kind;

constexpr int kInvalidOption = 5;
constexpr int kCompilation = 6;

const char* PtxOf(const Type& type) {
  if (!type.layers.empty()) return ".u64";
  if (type.builtin == "f") return ".f32";
  if (type.builtin == "d") return ".f64";
  if (!type.named.empty()) return nullptr;
  switch (type.bytes) {
    case 1:
      return ".u8";
    case 2:
      return ".u16";
    case 4:
      return ".u32";
    default:
      return ".u64";
  }
}

// False, with an error in the log, where a size is not known.
bool Lay(const KernelDeclaration& kernel, const std::vector<TemplateArgument>& arguments, Log& log,
         ImageKernel* laid) {
  laid->name = Mangle(kernel, arguments);
  for (const Parameter& parameter : kernel.parameters) {
    Type type = parameter.type;
    const auto index = static_cast<size_t>(type.parameter);
    if (type.parameter >= 0 && index < arguments.size() && type.layers.empty()) {
      type = arguments[index].type;
    }
    if (type.bytes == 0 || type.has_arguments) {
      log.Error(parameter.place, type.has_arguments
                                     ? "the stand-in does not read the arguments of a template in a parameter's type"
                                     : "the stand-in does not know the size of this parameter's type");
      return false;
    }
    laid->parameters.push_back({type.bytes, type.alignment, PtxOf(type)});
  }
  laid->shared = kernel.shared;
  return true;
}

class NameExpressions {
 public:
  NameExpressions(const Declarations& declarations, Log& log)
      : declarations_(declarations), log_(log) {}

  // The kernel that is meant, with what its template is given.
  const KernelDeclaration* Read(const std::string& expression,
                                std::vector<TemplateArgument>* arguments) {
    file_ = MakeSource("__nv_name_map", "\n#pragma nv_mangled_name " + expression);
    const std::vector<Token> tokens = Tokenize(file_);
    size_t at = 3;  // behind the words of the directive
    if (at < tokens.size() && tokens[at].Is("&")) ++at;
    std::string name;
    const size_t start = at;
    for (; at < tokens.size() && (tokens[at].kind == Kind::kIdentifier || tokens[at].Is("::")); ++at) {
      name += tokens[at].text;
    }
    const KernelDeclaration* kernel = Find(name.compare(0, 2, "::") == 0 ? name.substr(2) : name);
    std::string problem;
    if (name.empty()) {
      problem = "expected an expression";
    } else if (kernel == nullptr) {
      problem = "identifier \"" + name + "\" is undefined";
    } else if (at < tokens.size() || !kernel->template_parameters.empty()) {
      if (Arguments(tokens, at, *kernel, arguments)) return kernel;
      problem = "expected an expression";
    } else {
      return kernel;
    }
    const Place place = start < tokens.size() ? tokens[start].place : Place{&file_, 2, 25};
    log_.Error(place, problem);
    log_.Error(place, "Error in parsing name expression for lowered name lookup. Input name expression was: \" " +
                          expression + "\"");
    return nullptr;
  }

 private:
  const KernelDeclaration* Find(const std::string& name) const {
    for (const KernelDeclaration& each : declarations_.kernels) {
      if ((each.scope.empty() ? each.name : each.scope + "::" + each.name) == name) return &each;
    }
    return nullptr;
  }

  bool Arguments(const std::vector<Token>& tokens, size_t at, const KernelDeclaration& kernel,
                 std::vector<TemplateArgument>* arguments) const {
    if (at >= tokens.size() || !tokens[at].Is("<")) return false;
    ++at;
    for (const TemplateParameter& parameter : kernel.template_parameters) {
      TemplateArgument argument;
      argument.is_type = parameter.is_type;
      if (parameter.is_type) {
        if (!ReadType(tokens, &at, declarations_.types, kernel.scope, {}, &argument.type)) return false;
      } else if (!Value(tokens, &at, parameter, &argument)) {
        return false;
      }
      arguments->push_back(argument);
      if (at < tokens.size() && tokens[at].Is(",")) ++at;
    }
    return at + 1 == tokens.size() && tokens[at].Is(">");
  }

  static bool Value(const std::vector<Token>& tokens, size_t* at, const TemplateParameter& parameter,
                    TemplateArgument* argument) {
    argument->builtin = parameter.builtin;
    if (*at < tokens.size() && tokens[*at].Is("-")) {
      argument->value = "-";
      ++*at;
    }
    if (*at >= tokens.size()) return false;
    const Token& token = tokens[(*at)++];
    if (token.Is("true") || token.Is("false")) {
      argument->value = token.Is("true") ? "1" : "0";
      return true;
    }
    if (token.kind != Kind::kNumber) return false;
    argument->value += std::to_string(std::strtoull(token.text.c_str(), nullptr, 0));
    return true;
  }

  const Declarations& declarations_;
  Log& log_;
  SourceFile file_;
};

std::map<std::string, std::string> PredefinedMacros(const Options& options, int cuda_version) {
  std::map<std::string, std::string> macros = options.macros;
  macros["__CUDACC__"] = "1";
  macros["__CUDACC_RTC__"] = "1";
  macros["__CUDACC_VER_MAJOR__"] = std::to_string(cuda_version / 1000);
  macros["__CUDACC_VER_MINOR__"] = std::to_string(cuda_version % 1000 / 10);
  macros["__CUDA_ARCH__"] = std::to_string(options.architecture * 10);
  macros["__cplusplus"] = "201703L";
  return macros;
}

}  // namespace

Compilation Compile(const Source& source, const std::vector<std::string>& given, int cuda_version) {
  Compilation result;
  Options options;
  if (!ReadOptions(given, &options, &result.log)) {
    result.status = kInvalidOption;
    return result;
  }
  Log log;
  const SourceFile file = MakeSource(source.name, source.text);
  const auto macros = PredefinedMacros(options, cuda_version);
  Preprocessor preprocessor(source.headers, options.folders, macros, log);
  const std::vector<Token> tokens = preprocessor.Run(file);
  const Declarations declarations = ReadDeclarations(tokens, options.host_allowed, log);

  std::vector<ImageKernel> kernels;
  const auto add = [&](const KernelDeclaration& kernel, const std::vector<TemplateArgument>& arguments) {
    ImageKernel laid;
    if (!Lay(kernel, arguments, log, &laid)) return std::string();
    const std::string name = laid.name;
    const bool known = std::any_of(kernels.begin(), kernels.end(),
                                   [&](const ImageKernel& each) { return each.name == name; });
    if (!known && kernel.defined) kernels.push_back(std::move(laid));
    return name;
  };
  for (const KernelDeclaration& kernel : declarations.kernels) {
    if (kernel.template_parameters.empty() && !log.failed()) add(kernel, {});
  }
  NameExpressions expressions(declarations, log);
  for (const std::string& expression : source.name_expressions) {
    if (log.failed()) break;
    std::vector<TemplateArgument> arguments;
    const KernelDeclaration* kernel = expressions.Read(expression, &arguments);
    if (kernel != nullptr) result.lowered[expression] = add(*kernel, arguments);
  }

  result.log = log.Text(source.name);
  if (log.failed()) {
    result.status = kCompilation;
    result.lowered.clear();
    return result;
  }
  result.ptx = MakePtx(kernels, options, cuda_version);
  if (options.is_real) result.cubin = MakeCubin(kernels, options);
  return result;
}

}  // namespace gpuex::mock::nvrtc
