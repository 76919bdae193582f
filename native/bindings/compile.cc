#include "bindings/entry.h"
#include "bindings/question.h"
#include "ops/compile.h"

namespace gpuex::bindings {

namespace {

napi_value Text(napi_env env, const std::string& text) {
  napi_value value = nullptr;
  napi_create_string_utf8(env, text.data(), text.size(), &value);
  return value;
}

napi_value Bytes(napi_env env, const std::string& bytes) {
  void* data = nullptr;
  napi_value buffer = nullptr;
  if (napi_create_arraybuffer(env, bytes.size(), &data, &buffer) == napi_ok && !bytes.empty()) {
    bytes.copy(static_cast<char*>(data), bytes.size());
  }
  return buffer;
}

// callback(error, status, call, log, ptx, cubin, loweredNames)
void Tell(napi_env env, napi_value function, const CompiledProgram& program, napi_value error) {
  napi_value undefined = nullptr;
  napi_value lowered = nullptr;
  napi_value status = nullptr;
  napi_value call = nullptr;
  napi_get_undefined(env, &undefined);
  napi_create_array_with_length(env, program.lowered_names.size(), &lowered);
  for (size_t i = 0; i < program.lowered_names.size(); ++i) {
    napi_set_element(env, lowered, static_cast<uint32_t>(i), Text(env, program.lowered_names[i]));
  }
  napi_create_int32(env, program.status, &status);
  if (program.call != nullptr) {
    call = Text(env, program.call);
  } else {
    napi_get_null(env, &call);
  }
  const napi_value arguments[] = {error != nullptr ? error : undefined,
                                  status,
                                  call,
                                  Text(env, program.log),
                                  Text(env, program.ptx),
                                  Bytes(env, program.cubin),
                                  lowered};
  napi_call_function(env, undefined, function, std::size(arguments), arguments, nullptr);
}

// callback(error, version, path, mock); the version is null where NVRTC does not say.
void TellCompiler(napi_env env, napi_value function, const LibraryReport& report,
                  napi_value error) {
  napi_value undefined = nullptr;
  napi_value version = nullptr;
  napi_value mock = nullptr;
  napi_get_undefined(env, &undefined);
  if (report.version.empty()) {
    napi_get_null(env, &version);
  } else {
    version = Text(env, report.version);
  }
  napi_get_boolean(env, report.mock, &mock);
  const napi_value arguments[] = {error != nullptr ? error : undefined, version,
                                  Text(env, report.path), mock};
  napi_call_function(env, undefined, function, std::size(arguments), arguments, nullptr);
}

Napi::Value Compile(GpuAddon& addon, const Napi::CallbackInfo& info) {
  CompileRequest request;
  request.source = TextAt(info, 0, "source");
  request.name = TextAt(info, 1, "name");
  request.options = TextsAt(info, 2, "options");
  const std::vector<std::string> headers = TextsAt(info, 3, "headers");
  for (size_t i = 0; i + 1 < headers.size(); i += 2) {
    request.headers.emplace_back(headers[i], headers[i + 1]);
  }
  request.name_expressions = TextsAt(info, 4, "nameExpressions");
  const Napi::Function callback = FunctionAt(info, 5, "callback");
  const auto mailbox = addon.mailbox();
  const uint64_t ticket = mailbox->NewTicket();
  mailbox->Keep(ticket, callback);
  ::gpuex::Libraries& libraries = addon.process.libraries;
  const auto ask = [&libraries, request = std::move(request), environment = addon.environment()] {
    return CompileKernels(libraries.Require<NvrtcApi>(*environment, "nvrtcCreateProgram"), request);
  };
  // The environment is there while a letter is delivered, and so is its addon.
  const auto tell = [self = &addon](napi_env env, napi_value function,
                                    const std::optional<CompiledProgram>& program,
                                    const std::optional<NativeError>& failure) {
    Tell(env, function, program ? *program : CompiledProgram{},
         failure ? self->errors().Make(env, *failure) : nullptr);
  };
  // One after the other: NVRTC would make them wait for one another as well.
  addon.process.threads.Post(
      Library::kNvrtc, DeviceThreads::kNoDevice,
      Question(mailbox, ticket, Exhausted(Library::kNvrtc, "nvrtcCompileProgram", std::nullopt),
               ask, tell));
  return info.Env().Undefined();
}

// On the thread that compiles, since NVRTC may take its time to say.
Napi::Value CompilerInUse(GpuAddon& addon, const Napi::CallbackInfo& info) {
  const Napi::Function callback = FunctionAt(info, 0, "callback");
  const auto mailbox = addon.mailbox();
  const uint64_t ticket = mailbox->NewTicket();
  mailbox->Keep(ticket, callback);
  ::gpuex::Libraries& libraries = addon.process.libraries;
  const auto ask = [&libraries, environment = addon.environment()] {
    const auto& nvrtc = libraries.Require<NvrtcApi>(*environment, NvrtcApi::kVersionCall);
    LibraryReport report = libraries.ReportOf<NvrtcApi>(*environment);
    report.version = nvrtc.Version();
    return report;
  };
  const auto tell = [self = &addon](napi_env env, napi_value function,
                                    const std::optional<LibraryReport>& report,
                                    const std::optional<NativeError>& failure) {
    TellCompiler(env, function, report ? *report : LibraryReport(Library::kNvrtc),
                 failure ? self->errors().Make(env, *failure) : nullptr);
  };
  addon.process.threads.Post(
      Library::kNvrtc, DeviceThreads::kNoDevice,
      Question(mailbox, ticket, Exhausted(Library::kNvrtc, NvrtcApi::kVersionCall, std::nullopt),
               ask, tell));
  return info.Env().Undefined();
}

}  // namespace

void DefineCompile(GpuAddon& addon, Napi::Object exports) {
  Export<Compile>(addon, exports, "compile");
  Export<CompilerInUse>(addon, exports, "compilerInUse");
}

}  // namespace gpuex::bindings
