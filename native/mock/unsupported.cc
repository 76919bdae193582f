#include "mock/unsupported.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>

#include "mock/cudart_call.h"
#include "mock/scenario/read_scenario.h"

namespace gpuex::mock {
namespace {

struct Record {
  std::mutex mutex;
  std::map<std::string, uint64_t> calls;
};

Record& TheRecord() {
  static Record* record = new Record;
  return *record;
}

bool Strict() {
  if (StandIn::Current().scenario().strict) return true;
  const char* value = std::getenv("GPU_EXCEPTIONS_MOCK_STRICT");
  return value != nullptr && std::strcmp(value, "1") == 0;
}

const char* NotSupportedName(Library library) {
  switch (library) {
    case Library::kCudart:
      return "cudaErrorNotSupported";
    case Library::kCuda:
      return "CUDA_ERROR_NOT_SUPPORTED";
    case Library::kNvml:
      return "NVML_ERROR_NOT_SUPPORTED";
    case Library::kCublas:
      return "CUBLAS_STATUS_NOT_SUPPORTED";
    case Library::kNvrtc:
      return "NVRTC_ERROR_INTERNAL_ERROR";  // it has no code for that
    default:
      return "CUDNN_STATUS_NOT_SUPPORTED";
  }
}

}  // namespace

int Unsupported(Library library, const char* name) {
  Record& record = TheRecord();
  bool first = false;
  {
    std::lock_guard<std::mutex> lock(record.mutex);
    first = ++record.calls[name] == 1;
  }
  const int major = StandIn::Current().scenario().cudnn_version.major;
  const CodeEntry* code = FindCodeByName(library, major, NotSupportedName(library));
  // NVML's callers meet "not supported" as a matter of course, board by board.
  const bool told = first && library != Library::kNvml;
  if (told || Strict()) {
    std::fprintf(stderr, "%s%s of %s is not modelled; it answers %s\n", kErrorPrefix, name,
                 LibraryName(library), code->name);
  }
  if (Strict()) std::abort();
  if (library == Library::kCudart) {
    ThreadState::On(StandIn::Current()).last_error = code->value;
  }
  return code->value;
}

std::map<std::string, uint64_t> UnsupportedCalls() {
  Record& record = TheRecord();
  std::lock_guard<std::mutex> lock(record.mutex);
  return record.calls;
}

}  // namespace gpuex::mock

// What the stubs of the libraries with NVIDIA's names jump to.
#define GPUEX_MOCK_UNSUPPORTED(short_name, library)                          \
  GPUEX_MOCK_EXPORT int gpuex_unsupported_##short_name(const char* name) {   \
    return gpuex::mock::Unsupported(gpuex::Library::library, name);          \
  }
GPUEX_MOCK_UNSUPPORTED(cudart, kCudart)
GPUEX_MOCK_UNSUPPORTED(cuda, kCuda)
GPUEX_MOCK_UNSUPPORTED(nvml, kNvml)
GPUEX_MOCK_UNSUPPORTED(cudnn, kCudnn)
GPUEX_MOCK_UNSUPPORTED(cublas, kCublas)
GPUEX_MOCK_UNSUPPORTED(nvrtc, kNvrtc)
