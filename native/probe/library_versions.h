// What the open libraries say about themselves when they are asked.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "platform/bounded_question.h"
#include "probe/device_join.h"

namespace gpuex {

class LibraryVersions {
 public:
  LibraryVersions();

  // Fills in version and findings of what is loaded. All are asked at once, each on a thread of its own,
  // because the runtime counts a refusal as the calling thread's last error, and for kLongestAnswer at
  // most; one that still owes an answer from before is not asked again. Initialises NVML where it does
  // not tell its version otherwise. `join` and `libraries` are never freed.
  void Complete(DeviceJoin* join, Libraries* libraries,
                const std::shared_ptr<const Environment>& environment,
                std::vector<LibraryReport>* reports);

 private:
  struct Question {
    BoundedQuestion<std::string> version;
    std::atomic<const char*> call{nullptr};  // the one that it is in
  };
  std::map<Library, Question> questions_;  // made once, by the constructor
};

}  // namespace gpuex
