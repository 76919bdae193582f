#include "ops/compile.h"

namespace gpuex {

namespace {

std::vector<const char*> Pointers(const std::vector<std::string>& texts) {
  std::vector<const char*> pointers;
  for (const std::string& text : texts) pointers.push_back(text.c_str());
  return pointers;
}

class Program {
 public:
  Program(const NvrtcApi& nvrtc, CompiledProgram* result) : nvrtc_(nvrtc), result_(result) {}
  ~Program() {
    if (program_ != nullptr) nvrtc_.nvrtcDestroyProgram(&program_);
  }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  void Compile(const CompileRequest& request) {
    if (!Create(request)) return;
    for (const std::string& expression : request.name_expressions) {
      if (!Note(nvrtc_.nvrtcAddNameExpression(program_, expression.c_str()),
                "nvrtcAddNameExpression")) {
        return;
      }
    }
    const std::vector<const char*> options = Pointers(request.options);
    const int status = nvrtc_.nvrtcCompileProgram(program_, static_cast<int>(options.size()),
                                                  options.data());
    Note(status, "nvrtcCompileProgram");
    // Also of a compilation that failed; the other failure is the one to tell then.
    ReadText(nvrtc_.nvrtcGetProgramLogSize, nvrtc_.nvrtcGetProgramLog, "nvrtcGetProgramLogSize",
             "nvrtcGetProgramLog", &result_->log);
    if (result_->status != 0) return;
    if (!ReadText(nvrtc_.nvrtcGetPTXSize, nvrtc_.nvrtcGetPTX, "nvrtcGetPTXSize", "nvrtcGetPTX",
                  &result_->ptx) ||
        !ReadCubin()) {
      return;
    }
    for (const std::string& expression : request.name_expressions) {
      const char* lowered = nullptr;
      if (!Note(nvrtc_.nvrtcGetLoweredName(program_, expression.c_str(), &lowered),
                "nvrtcGetLoweredName")) {
        return;
      }
      result_->lowered_names.emplace_back(lowered != nullptr ? lowered : "");
    }
  }

 private:
  bool Note(int status, const char* call) {
    if (status == abi::nvrtc::NVRTC_SUCCESS) return true;
    if (result_->status == 0) {
      result_->status = status;
      result_->call = call;
    }
    return false;
  }

  bool Create(const CompileRequest& request) {
    std::vector<const char*> names;
    std::vector<const char*> texts;
    for (const auto& [name, text] : request.headers) {
      names.push_back(name.c_str());
      texts.push_back(text.c_str());
    }
    const char* name = request.name.empty() ? nullptr : request.name.c_str();
    return Note(nvrtc_.nvrtcCreateProgram(&program_, request.source.c_str(), name,
                                          static_cast<int>(names.size()), texts.data(),
                                          names.data()),
                "nvrtcCreateProgram");
  }

  using SizeFunction = decltype(NvrtcApi::nvrtcGetPTXSize);
  using TextFunction = decltype(NvrtcApi::nvrtcGetPTX);

  bool ReadText(SizeFunction size_of, TextFunction read, const char* size_call,
                const char* read_call, std::string* text) {
    size_t size = 0;
    if (!Note(size_of(program_, &size), size_call)) return false;
    std::string buffer(size, '\0');
    if (!Note(read(program_, buffer.data()), read_call)) return false;
    buffer.resize(strnlen(buffer.data(), size));
    *text = std::move(buffer);
    return true;
  }

  bool ReadCubin() {
    if (nvrtc_.nvrtcGetCUBINSize == nullptr || nvrtc_.nvrtcGetCUBIN == nullptr) return true;
    size_t size = 0;
    if (!Note(nvrtc_.nvrtcGetCUBINSize(program_, &size), "nvrtcGetCUBINSize")) return false;
    if (size == 0) return true;
    result_->cubin.resize(size);
    return Note(nvrtc_.nvrtcGetCUBIN(program_, result_->cubin.data()), "nvrtcGetCUBIN");
  }

  const NvrtcApi& nvrtc_;
  CompiledProgram* result_;
  abi::nvrtc::nvrtcProgram program_ = nullptr;
};

}  // namespace

CompiledProgram CompileKernels(const NvrtcApi& nvrtc, const CompileRequest& request) {
  CompiledProgram result;
  Program(nvrtc, &result).Compile(request);
  return result;
}

}  // namespace gpuex
