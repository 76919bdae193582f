#include "api/libraries.h"

#include <utility>

#include "errors/native_error.h"
#include "platform/bounded_question.h"
#include "platform/elf_file.h"

namespace gpuex {

namespace {

std::string Describe(const std::vector<Candidate>& candidates) {
  std::string text;
  for (const Candidate& candidate : candidates) {
    if (!text.empty()) text += "; ";
    // The loader's words often begin with the path.
    if (candidate.reason.compare(0, candidate.path.size(), candidate.path) != 0) {
      text += candidate.path + ": ";
    }
    text += candidate.reason;
  }
  return text;
}

// What a library calls itself, where that is no name of the row's; empty also where it does not say.
// The stand-in has a name of its own, and says that it is one.
std::string OtherName(const LibraryRow& row, const DynamicLibrary& library) {
  if (MockApi::IsMock(library)) return std::string();
  std::string name = SonameOf(library.Path());
  if (row.unversioned != nullptr && name == row.unversioned) return std::string();
  for (const char* known : row.names) {
    if (name == known) return std::string();
  }
  return name;
}

std::string WhyIncomplete(const LibraryRow& row, const DynamicLibrary& library,
                          const std::string& missing) {
  const std::string name = OtherName(row, library);
  return "missing symbol " + missing + (name.empty() ? "" : "; calls itself " + name);
}

// Of a library that has every symbol; empty: it can be used.
template <typename Api>
std::string WhyUseless(const Api&) {
  return std::string();
}
template <>
std::string WhyUseless(const CudaApi& api) {
  // A stub answers at once.
  const bool is_stub = AskInTime([api] { return api.IsStub(); }).value_or(false);
  return is_stub ? "is a linker stub (CUDA_ERROR_STUB_LIBRARY): the driver itself is elsewhere, or "
                   "not installed"
                 : std::string();
}

// Of a library that is about to be used.
template <typename Api>
void Complete(const Api&, const LibraryReport&) {}
template <>
void Complete(const NvrtcApi& api, const LibraryReport& report) {
  if (report.mock) return;
  const auto version = AskInTime([api] { return api.Version(); });
  if (version) api.OpenBuiltinsBeside(report.path, *version);
}

}  // namespace

template <>
Libraries::Slot<CudartApi>& Libraries::SlotOf() {
  return cudart_;
}
template <>
Libraries::Slot<CudaApi>& Libraries::SlotOf() {
  return cuda_;
}
template <>
Libraries::Slot<NvmlApi>& Libraries::SlotOf() {
  return nvml_;
}
template <>
Libraries::Slot<CudnnApi>& Libraries::SlotOf() {
  return cudnn_;
}
template <>
Libraries::Slot<NvrtcApi>& Libraries::SlotOf() {
  return nvrtc_;
}

SearchResult Libraries::Search(const LibraryRow& row, const Environment& environment,
                               SearchScope scope, const std::string& mock_path,
                               const Accept& accept) {
  if (mock_path.empty() || !ExplicitPath(row, environment).empty()) {
    return SearchLibrary(row, environment, scope, accept);
  }
  SearchResult result;
  std::string reason;
  DynamicLibrary library =
      DynamicLibrary::Open(mock_path, DynamicLibrary::Search::kDefault, &reason);
  if (library && accept(library, &reason)) {
    result.library = std::move(library);
    result.found_by = FoundBy::kMock;
    result.path = mock_path;
  } else {
    result.candidates.push_back({mock_path, std::move(reason)});
  }
  return result;
}

std::string Libraries::MockPath() {
  const std::lock_guard<std::mutex> lock(mock_mutex_);
  return mock_path_;
}

template <typename Api>
const Libraries::Opened<Api>* Libraries::Open(const Environment& environment, SearchScope scope,
                                              LibraryReport* failure) {
  Slot<Api>& slot = SlotOf<Api>();
  if (const auto* opened = slot.opened.load(std::memory_order_acquire)) return opened;

  const std::lock_guard<std::mutex> lock(slot.mutex);
  if (const auto* opened = slot.opened.load(std::memory_order_acquire)) return opened;

  Api api;
  std::vector<std::string> lacks;
  const LibraryRow& row = CatalogRow(Api::kLibrary);
  const auto accept = [&api, &lacks, &slot, &row](const DynamicLibrary& library, std::string* reason) {
    api = Api();
    api.findings = &slot.findings;
    SymbolBinder binder(library);
    api.Bind(&binder);
    lacks = binder.lacking();
    *reason = binder.missing().empty() ? WhyUseless(api)
                                       : WhyIncomplete(row, library, binder.missing());
    return reason->empty();
  };
  std::string mock_path = MockPath();
  SearchResult found = Search(row, environment, scope, mock_path, accept);
  std::unique_lock<std::mutex> publishing(mock_mutex_);
  if (mock_path != mock_path_ && found.found_by != FoundBy::kExplicit) {
    // The stand-in was chosen while the loader worked: what it found is out of the question.
    mock_path = mock_path_;
    publishing.unlock();
    found.library.Keep();
    found = Search(row, environment, scope, mock_path, accept);
    publishing.lock();
  }

  LibraryReport report(Api::kLibrary);
  report.candidates = std::move(found.candidates);
  if (!found.library) {
    if (failure != nullptr) *failure = std::move(report);
    return nullptr;
  }
  report.loaded = true;
  report.path = std::move(found.path);
  report.found_by = found.found_by;
  report.mock = MockApi::IsMock(found.library);
  report.lacks = std::move(lacks);
  if (std::string name = OtherName(row, found.library); !name.empty()) {
    report.findings.push_back({Finding::Kind::kOtherName, nullptr, 0, std::move(name)});
  }
  Complete(api, report);
  found.library.Keep();
  // Never freed: threads of ours may call through it until the process is gone.
  const auto* opened = new Opened<Api>{api, std::move(report)};
  slot.opened.store(opened, std::memory_order_release);
  return opened;
}

template <typename Api>
const Api* Libraries::Find(const Environment& environment, SearchScope scope) {
  const auto* opened = Open<Api>(environment, scope, nullptr);
  return opened != nullptr ? &opened->api : nullptr;
}

template <typename Api>
const Api& Libraries::Require(const Environment& environment, const char* call) {
  if (const auto* opened = SlotOf<Api>().opened.load(std::memory_order_acquire)) return opened->api;
  LibraryReport failure(Api::kLibrary);
  if (const auto* opened = Open<Api>(environment, SearchScope::kEverywhere, &failure)) {
    return opened->api;
  }
  const bool chosen_by_hand = !ExplicitPath(CatalogRow(Api::kLibrary), environment).empty();
  constexpr bool needs_driver = Api::kLibrary != Library::kCuda && Api::kLibrary != Library::kNvrtc;
  if (needs_driver && !chosen_by_hand) Require<CudaApi>(environment, call);
  NativeError error(Api::kLibrary);
  error.call = call;
  error.detail = "no usable library was found: " + Describe(failure.candidates);
  throw error;
}

template <typename Api>
LibraryReport Libraries::ReportOf(const Environment& environment) {
  LibraryReport report(Api::kLibrary);
  if (const auto* opened = Open<Api>(environment, SearchScope::kEverywhere, &report)) {
    report = opened->report;
  }
  return report;
}

std::vector<LibraryReport> Libraries::Report(const Environment& environment) {
  return {ReportOf<CudartApi>(environment), ReportOf<CudaApi>(environment),
          ReportOf<NvmlApi>(environment), ReportOf<CudnnApi>(environment),
          ReportOf<NvrtcApi>(environment)};
}

Findings& Libraries::FindingsOf(Library library) {
  switch (library) {
    case Library::kCudart:
      return cudart_.findings;
    case Library::kCuda:
      return cuda_.findings;
    case Library::kNvml:
      return nvml_.findings;
    case Library::kCudnn:
      return cudnn_.findings;
    default:
      return nvrtc_.findings;
  }
}

bool Libraries::AnyRealOpen(std::string* which) const {
  const auto check = [which](const auto& slot) {
    const auto* opened = slot.opened.load(std::memory_order_acquire);
    if (opened == nullptr || opened->report.mock) return false;
    *which = opened->report.path;
    return true;
  };
  return check(cudart_) || check(cuda_) || check(nvml_) || check(cudnn_) || check(nvrtc_);
}

bool Libraries::UseMock(const std::string& path, const std::string& scenario,
                        bool unless_active) {
  const std::lock_guard<std::mutex> lock(mock_mutex_);
  if (mock_ && unless_active) return false;
  if (mock_ && path != mock_path_) {
    throw UsageError(UsageError::Kind::kPlain,
                     "another stand-in is in use in this process: " + mock_path_);
  }
  if (!mock_) {
    std::string real;
    if (AnyRealOpen(&real)) {
      throw UsageError(UsageError::Kind::kPlain,
                       "the stand-in must be chosen before the first look at the GPU: this process "
                       "has already opened " +
                           real);
    }
    std::string reason;
    DynamicLibrary library =
        DynamicLibrary::Open(path, DynamicLibrary::Search::kDefault, &reason);
    MockApi mock;
    if (!library || !mock.Bind(library, &reason)) {
      throw UsageError(UsageError::Kind::kPlain,
                       "the stand-in could not be opened: " + path + ": " + reason);
    }
    mock.Control("configure", scenario);
    library.Keep();
    mock_ = mock;
    mock_path_ = path;
  } else {
    mock_.Control("configure", scenario);
  }
  NewGeneration();
  return true;
}

void Libraries::NewGeneration() {
  generation_.fetch_add(1, std::memory_order_acq_rel);
  for (Findings* each : {&cudart_.findings, &cuda_.findings, &nvml_.findings, &cudnn_.findings,
                         &nvrtc_.findings}) {
    each->ForgetAll();
  }
}

MockApi Libraries::RequireMock() {
  MockApi mock;
  {
    const std::lock_guard<std::mutex> lock(mock_mutex_);
    mock = mock_;
  }
  if (!mock) {
    throw UsageError(UsageError::Kind::kPlain,
                     "the stand-in is not in use in this process; choose it with useMock()");
  }
  return mock;
}

std::string Libraries::MockControl(const std::string& verb, const std::string& argument) {
  const MockApi mock = RequireMock();
  std::string answer = mock.Control(verb, argument);
  if (verb == "configure" || verb == "reset") NewGeneration();
  return answer;
}

Libraries::MockGenerations Libraries::MockGenerationsHere() {
  MockApi mock;
  {
    const std::lock_guard<std::mutex> lock(mock_mutex_);
    mock = mock_;
  }
  MockGenerations generations;
  if (mock) mock.Generations(&generations.last, &generations.next);
  return generations;
}

#define GPUEX_INSTANTIATE(Api)                                            \
  template const Api* Libraries::Find<Api>(const Environment&, SearchScope); \
  template const Api& Libraries::Require<Api>(const Environment&, const char*);
GPUEX_INSTANTIATE(CudartApi)
GPUEX_INSTANTIATE(CudaApi)
GPUEX_INSTANTIATE(NvmlApi)
GPUEX_INSTANTIATE(CudnnApi)
GPUEX_INSTANTIATE(NvrtcApi)
#undef GPUEX_INSTANTIATE
template LibraryReport Libraries::ReportOf<NvrtcApi>(const Environment&);

}  // namespace gpuex
