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

// Null where there is no NVRTC, or it does not say.
Napi::Value CompilerVersion(GpuAddon& addon, const Napi::CallbackInfo& info) {
  const auto& nvrtc = addon.process.libraries.Require<NvrtcApi>(*addon.environment(), "nvrtcVersion");
  const std::string version = nvrtc.Version();
  if (version.empty()) return info.Env().Null();
  return Napi::String::New(info.Env(), version);
}

}  // namespace

void DefineCompile(GpuAddon& addon, Napi::Object exports) {
  Export<Compile>(addon, exports, "compile");
  Export<CompilerVersion>(addon, exports, "compilerVersion");
}

}  // namespace gpuex::bindings
