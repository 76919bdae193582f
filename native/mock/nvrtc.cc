// libnvrtc as the stand-in gives it. It needs no driver and no device. A program is compiled on the
// thread that asks.
#include <cstring>
#include <map>
#include <memory>
#include <mutex>

#include "errors/code_table.h"
#include "mock/abi/nvrtc_more.h"
#include "mock/control.h"
#include "mock/exports/alias.h"
#include "mock/invocation.h"
#include "mock/nvrtc/compiler.h"
#include "mock/nvrtc/live_programs.h"
#include "mock/nvrtc/options.h"

namespace {

using namespace gpuex::abi::nvrtc;  // NOLINT: the signatures read as in NVIDIA's documentation
using namespace gpuex::mock;        // NOLINT

constexpr nvrtcResult kSuccess = 0;
constexpr nvrtcResult kInvalidInput = 3;
constexpr nvrtcResult kInvalidProgram = 4;
constexpr nvrtcResult kNoNameExpressionsAfterCompilation = 8;
constexpr nvrtcResult kNoLoweredNamesBeforeCompilation = 9;
constexpr nvrtcResult kNameExpressionNotValid = 10;
constexpr nvrtcResult kInternalError = 11;

struct Program {
  nvrtc::Source source;
  bool compiled = false;
  nvrtc::Compilation result;
};

struct Programs {
  std::mutex mutex;
  std::map<nvrtcProgram, std::shared_ptr<Program>> live;
};

Programs& ThePrograms() {
  static auto* programs = new Programs;
  return *programs;
}

template <class Body>
nvrtcResult Call(const Invocation& call, Body body) {
  return Logged(call, [&](int&) {
    for (;;) {
      Machine& machine = StandIn::Current();
      if (machine.broken()) return kInternalError;
      const Verdict verdict = machine.Ask(call.function, -1);
      if (verdict.kind == Verdict::kRestart) continue;
      return verdict.kind == Verdict::kAnswer ? verdict.code : body(machine);
    }
  });
}

template <class Body>
nvrtcResult OnProgram(const Invocation& call, nvrtcProgram handle, Body body) {
  return Call(call, [&](const Machine& machine) {
    Programs& programs = ThePrograms();
    std::shared_ptr<Program> program;
    {
      std::lock_guard<std::mutex> lock(programs.mutex);
      const auto found = programs.live.find(handle);
      if (found != programs.live.end()) program = found->second;
    }
    return program == nullptr ? kInvalidProgram : body(machine, *program);
  });
}

// A text with its NUL.
template <class Pick>
nvrtcResult SizeCall(const Invocation& call, nvrtcProgram prog, size_t* size, Pick pick) {
  return OnProgram(call, prog, [&](const Machine&, const Program& program) {
    if (size == nullptr) return kInvalidInput;
    *size = pick(program).size() + 1;
    return kSuccess;
  });
}

template <class Pick>
nvrtcResult TextCall(const Invocation& call, nvrtcProgram prog, char* text, Pick pick) {
  return OnProgram(call, prog, [&](const Machine&, const Program& program) {
    if (text == nullptr) return kInvalidInput;
    std::memcpy(text, pick(program).c_str(), pick(program).size() + 1);
    return kSuccess;
  });
}

const std::string& LogOf(const Program& program) { return program.result.log; }
const std::string& PtxOf(const Program& program) { return program.result.ptx; }

}  // namespace

size_t gpuex::mock::LivePrograms() {
  Programs& programs = ThePrograms();
  std::lock_guard<std::mutex> lock(programs.mutex);
  return programs.live.size();
}

// Of the runtime's release: they come in one toolkit.
GPUEX_MOCK_EXPORT nvrtcResult nvrtcVersion(int* major, int* minor) {
  return Call({Function::nvrtcVersion, {major, minor}}, [&](const Machine& machine) {
    if (major == nullptr || minor == nullptr) return kInvalidInput;
    const int version = machine.scenario().cuda_runtime_version;
    *major = version / 1000;
    *minor = version % 1000 / 10;
    return kSuccess;
  });
}

GPUEX_MOCK_EXPORT nvrtcResult nvrtcGetNumSupportedArchs(int* numArchs) {
  return Call({Function::nvrtcGetNumSupportedArchs, {numArchs}}, [&](const Machine&) {
    if (numArchs == nullptr) return kInvalidInput;
    *numArchs = static_cast<int>(nvrtc::Architectures().size());
    return kSuccess;
  });
}

GPUEX_MOCK_EXPORT nvrtcResult nvrtcGetSupportedArchs(int* supportedArchs) {
  return Call({Function::nvrtcGetSupportedArchs, {supportedArchs}}, [&](const Machine&) {
    if (supportedArchs == nullptr) return kInvalidInput;
    for (const int each : nvrtc::Architectures()) *supportedArchs++ = each;
    return kSuccess;
  });
}

GPUEX_MOCK_EXPORT const char* nvrtcGetErrorString(nvrtcResult result) {
  StandIn::Current().CountCall(Function::nvrtcGetErrorString);
  const gpuex::CodeEntry* code = gpuex::FindCode(gpuex::Library::kNvrtc, 0, result);
  return code != nullptr ? code->name : "NVRTC_ERROR unknown";
}

GPUEX_MOCK_EXPORT nvrtcResult nvrtcCreateProgram(nvrtcProgram* prog, const char* src,
                                                 const char* name, int numHeaders,
                                                 const char* const* headers,
                                                 const char* const* includeNames) {
  return Call({Function::nvrtcCreateProgram,
               {prog, static_cast<const void*>(src), name, numHeaders, headers, includeNames}},
              [&](const Machine&) {
                if (prog == nullptr || src == nullptr || numHeaders < 0) return kInvalidInput;
                if (numHeaders > 0 && (headers == nullptr || includeNames == nullptr))
                  return kInvalidInput;
                const auto program = std::make_shared<Program>();
                program->source.text = src;
                program->source.name = name == nullptr || *name == '\0' ? "default_program" : name;
                for (int i = 0; i < numHeaders; ++i)
                  program->source.headers[includeNames[i]] = headers[i];
                Programs& programs = ThePrograms();
                std::lock_guard<std::mutex> lock(programs.mutex);
                *prog = reinterpret_cast<nvrtcProgram>(program.get());
                programs.live[*prog] = program;
                return kSuccess;
              });
}

GPUEX_MOCK_EXPORT nvrtcResult nvrtcDestroyProgram(nvrtcProgram* prog) {
  return Call({Function::nvrtcDestroyProgram, {prog}}, [&](const Machine&) {
    if (prog == nullptr) return kInvalidProgram;
    Programs& programs = ThePrograms();
    std::lock_guard<std::mutex> lock(programs.mutex);
    if (programs.live.erase(*prog) == 0) return kInvalidProgram;
    *prog = nullptr;
    return kSuccess;
  });
}

GPUEX_MOCK_EXPORT nvrtcResult nvrtcCompileProgram(nvrtcProgram prog, int numOptions,
                                                  const char* const* options) {
  return OnProgram({Function::nvrtcCompileProgram, {prog, numOptions, options}}, prog,
                   [&](const Machine& machine, Program& program) {
                     if (numOptions < 0 || (numOptions > 0 && options == nullptr))
                       return kInvalidInput;
                     const std::vector<std::string> given(options, options + numOptions);
                     program.result = nvrtc::Compile(program.source, given,
                                                     machine.scenario().cuda_runtime_version);
                     program.compiled = program.result.status == kSuccess;
                     return program.result.status;
                   });
}

GPUEX_MOCK_EXPORT nvrtcResult nvrtcGetPTXSize(nvrtcProgram prog, size_t* ptxSizeRet) {
  return SizeCall({Function::nvrtcGetPTXSize, {prog, ptxSizeRet}}, prog, ptxSizeRet, PtxOf);
}

GPUEX_MOCK_EXPORT nvrtcResult nvrtcGetPTX(nvrtcProgram prog, char* ptx) {
  return TextCall({Function::nvrtcGetPTX, {prog, ptx}}, prog, ptx, PtxOf);
}

// 0 where the architecture is a virtual one: there is no machine code then.
GPUEX_MOCK_EXPORT nvrtcResult nvrtcGetCUBINSize(nvrtcProgram prog, size_t* cubinSizeRet) {
  return OnProgram({Function::nvrtcGetCUBINSize, {prog, cubinSizeRet}}, prog,
                   [&](const Machine&, const Program& program) {
                     if (cubinSizeRet == nullptr) return kInvalidInput;
                     *cubinSizeRet = program.result.cubin.size();
                     return kSuccess;
                   });
}

GPUEX_MOCK_EXPORT nvrtcResult nvrtcGetCUBIN(nvrtcProgram prog, char* cubin) {
  return OnProgram({Function::nvrtcGetCUBIN, {prog, cubin}}, prog,
                   [&](const Machine&, const Program& program) {
                     if (cubin == nullptr) return kInvalidInput;
                     const std::string& image = program.result.cubin;
                     std::memcpy(cubin, image.data(), image.size());
                     return kSuccess;
                   });
}

GPUEX_MOCK_EXPORT nvrtcResult nvrtcGetProgramLogSize(nvrtcProgram prog, size_t* logSizeRet) {
  return SizeCall({Function::nvrtcGetProgramLogSize, {prog, logSizeRet}}, prog, logSizeRet, LogOf);
}

GPUEX_MOCK_EXPORT nvrtcResult nvrtcGetProgramLog(nvrtcProgram prog, char* log) {
  return TextCall({Function::nvrtcGetProgramLog, {prog, log}}, prog, log, LogOf);
}

GPUEX_MOCK_EXPORT nvrtcResult nvrtcAddNameExpression(nvrtcProgram prog,
                                                     const char* const name_expression) {
  return OnProgram({Function::nvrtcAddNameExpression, {prog, name_expression}}, prog,
                   [&](const Machine&, Program& program) {
                     if (name_expression == nullptr) return kInvalidInput;
                     if (program.compiled) return kNoNameExpressionsAfterCompilation;
                     program.source.name_expressions.emplace_back(name_expression);
                     return kSuccess;
                   });
}

// The text lives as long as the program.
GPUEX_MOCK_EXPORT nvrtcResult nvrtcGetLoweredName(nvrtcProgram prog,
                                                  const char* const name_expression,
                                                  const char** lowered_name) {
  return OnProgram({Function::nvrtcGetLoweredName, {prog, name_expression, lowered_name}}, prog,
                   [&](const Machine&, const Program& program) {
                     if (name_expression == nullptr || lowered_name == nullptr)
                       return kInvalidInput;
                     if (!program.compiled) return kNoLoweredNamesBeforeCompilation;
                     const auto found = program.result.lowered.find(name_expression);
                     if (found == program.result.lowered.end()) return kNameExpressionNotValid;
                     *lowered_name = found->second.c_str();
                     return kSuccess;
                   });
}

GPUEX_MOCK_NVRTC_FUNCTIONS(GPUEX_MOCK_CHECK)
GPUEX_MOCK_NVRTC_FUNCTIONS(GPUEX_MOCK_ALIAS)
