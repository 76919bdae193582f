// The vendor libraries that this process has open through us: opened when first asked for, shared by
// all environments, never closed. A failure to open is not remembered, so a library that appears
// later is found.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "api/cuda_api.h"
#include "api/cudart_api.h"
#include "api/cudnn_api.h"
#include "api/mock_api.h"
#include "api/nvml_api.h"
#include "api/nvrtc_api.h"
#include "platform/library_search.h"

namespace gpuex {

struct LibraryReport {
  explicit LibraryReport(Library reported) : library(reported) {}

  Library library;
  bool loaded = false;
  std::string path;
  std::string version;  // empty: it does not say, or was not asked (see LibraryVersions)
  FoundBy found_by = FoundBy::kName;
  bool mock = false;
  std::vector<std::string> lacks;  // optional functions that this version does not have
  std::vector<Finding> findings;
  std::vector<Candidate> candidates;
};

// All functions may be called on any thread.
class Libraries {
 public:
  // Null when it cannot be opened. A second call costs one atomic load.
  template <typename Api>
  const Api* Find(const Environment& environment,
                  SearchScope scope = SearchScope::kEverywhere);

  // Throws NativeError without a code, naming every candidate. Where the driver is missing as well,
  // it is the driver that is reported: without it no other library is of use, but for the compiler.
  template <typename Api>
  const Api& Require(const Environment& environment, const char* call);

  // Tries to open all; never throws for a library that is not there. Says nothing of their versions.
  std::vector<LibraryReport> Report(const Environment& environment);

  // The same of one.
  template <typename Api>
  LibraryReport ReportOf(const Environment& environment);

  // What was noticed of the library since it was opened. `library` is one of those that are reported.
  Findings& FindingsOf(Library library);

  // Opens the stand-in at `path`, configures it and answers for every library from then on.
  // `unless_active`: leaves a stand-in that is in use as it is. Throws UsageError when real libraries
  // are open already, and with the stand-in's own words when it refuses the scenario. True when the
  // stand-in was (re)configured.
  bool UseMock(const std::string& path, const std::string& scenario, bool unless_active);
  std::string MockControl(const std::string& verb, const std::string& argument);

  // The stand-in in use; throws UsageError where there is none.
  MockApi RequireMock();

  // Which configuration of the stand-in answered the calling thread's last vendor call, and which one
  // would answer the next. Both 0 where the stand-in is not in use.
  struct MockGenerations {
    uint64_t last = 0;
    uint64_t next = 0;
  };
  MockGenerations MockGenerationsHere();

  // Changes whenever the stand-in is configured afresh: handles from before are void.
  unsigned generation() const { return generation_.load(std::memory_order_acquire); }

 private:
  template <typename Api>
  struct Opened {
    Api api;
    LibraryReport report;
  };
  template <typename Api>
  struct Slot {
    std::mutex mutex;  // held while this library is opened, which may take as long as the loader does
    std::atomic<const Opened<Api>*> opened{nullptr};
    Findings findings;
  };

  template <typename Api>
  Slot<Api>& SlotOf();
  template <typename Api>
  const Opened<Api>* Open(const Environment& environment, SearchScope scope,
                          LibraryReport* failure);
  // `mock_path`: the stand-in that answers for every library; empty: none does.
  static SearchResult Search(const LibraryRow& row, const Environment& environment,
                             SearchScope scope, const std::string& mock_path,
                             const Accept& accept);
  void NewGeneration();
  bool AnyRealOpen(std::string* which) const;
  std::string MockPath();

  Slot<CudartApi> cudart_;
  Slot<CudaApi> cuda_;
  Slot<NvmlApi> nvml_;
  Slot<CudnnApi> cudnn_;
  Slot<NvrtcApi> nvrtc_;
  // Held while the stand-in is chosen or configured and while a library is published, so that no
  // real library is opened behind the stand-in's back; never while the loader works.
  std::mutex mock_mutex_;
  MockApi mock_;  // set once
  std::string mock_path_;
  std::atomic<unsigned> generation_{1};
};

}  // namespace gpuex
