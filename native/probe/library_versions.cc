#include "probe/library_versions.h"

#include <functional>
#include <system_error>
#include <utility>

#include "errors/native_error.h"

namespace gpuex {

namespace {

using CurrentCall = std::atomic<const char*>;

template <typename Api>
std::function<std::string()> AskFor(Libraries* libraries, const Environment& environment,
                                    CurrentCall* current) {
  const Api* api = libraries->Find<Api>(environment);
  return [api, current] {
    current->store(Api::kVersionCall, std::memory_order_relaxed);
    return api->Version();
  };
}

// Some versions of NVML tell theirs only once they are initialised.
std::string VersionOfNvml(DeviceJoin* join, Libraries* libraries, const Environment& environment,
                          CurrentCall* current) {
  const auto version_of = [current](const NvmlApi& nvml) {
    current->store(NvmlApi::kVersionCall, std::memory_order_relaxed);
    return nvml.Version();
  };
  std::string version = version_of(*libraries->Find<NvmlApi>(environment));
  try {
    // Twice: somebody else may have shut it down.
    for (int attempt = 0; version.empty() && attempt < 2; ++attempt) {
      const unsigned epoch = join->epoch();
      current->store("nvmlInit_v2", std::memory_order_relaxed);
      const NvmlApi* nvml = join->TryStartNvml(libraries, environment);
      if (nvml == nullptr) break;
      version = version_of(*nvml);
      unsigned int count = 0;
      current->store("nvmlDeviceGetCount_v2", std::memory_order_relaxed);
      if (!version.empty() || !HasStopped(nvml->nvmlDeviceGetCount_v2(&count))) break;
      join->Retire(join->Published(libraries->generation()), epoch, true);
    }
  } catch (const NativeError&) {
    // It refuses to start: then it does not say.
  }
  return version;
}

std::function<std::string()> QuestionTo(Library library, DeviceJoin* join, Libraries* libraries,
                                        const std::shared_ptr<const Environment>& environment,
                                        CurrentCall* current) {
  switch (library) {
    case Library::kCudart:
      return AskFor<CudartApi>(libraries, *environment, current);
    case Library::kCuda:
      return AskFor<CudaApi>(libraries, *environment, current);
    case Library::kNvml:
      return [=] { return VersionOfNvml(join, libraries, *environment, current); };
    case Library::kCudnn:
      return AskFor<CudnnApi>(libraries, *environment, current);
    default:
      return AskFor<NvrtcApi>(libraries, *environment, current);
  }
}

}  // namespace

LibraryVersions::LibraryVersions() {
  for (const Library library : {Library::kCudart, Library::kCuda, Library::kNvml, Library::kCudnn,
                                Library::kNvrtc}) {
    questions_[library];
  }
}

void LibraryVersions::Complete(DeviceJoin* join, Libraries* libraries,
                               const std::shared_ptr<const Environment>& environment,
                               std::vector<LibraryReport>* reports) {
  std::vector<LibraryReport*> asked;
  for (LibraryReport& report : *reports) {
    if (!report.loaded) continue;
    Question& question = questions_.at(report.library);
    try {
      question.version.Ask(
          QuestionTo(report.library, join, libraries, environment, &question.call));
      asked.push_back(&report);
    } catch (const std::system_error&) {
      report.findings.push_back({Finding::Kind::kNotAsked});
    }
  }
  const auto deadline = std::chrono::steady_clock::now() + kLongestAnswer;
  for (LibraryReport* report : asked) {
    const Question& question = questions_.at(report->library);
    if (auto version = question.version.Await(deadline)) {
      report->version = std::move(*version);
    } else {
      report->findings.push_back({Finding::Kind::kNoAnswer, question.call.load()});
    }
  }
  for (LibraryReport& report : *reports) {
    for (Finding& each : libraries->FindingsOf(report.library).All()) {
      report.findings.push_back(std::move(each));
    }
  }
}

}  // namespace gpuex
