// libFuzzer: whatever the environment names as directories and paths, the search ends and gives every
// candidate a reason. Opens no library: what is there is refused.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <string>

#include "platform/library_search.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  using gpuex::Library;
  const Library libraries[] = {Library::kCudart, Library::kCuda, Library::kNvml, Library::kCudnn,
                               Library::kNvrtc};
  const gpuex::LibraryRow& row = gpuex::CatalogRow(libraries[data[0] % std::size(libraries)]);
  const bool by_path = data[1] % 2 == 1;
  const std::string text(reinterpret_cast<const char*>(data + 2), size - 2);
  const size_t cut = text.find('\n');
  gpuex::Environment environment;
  if (by_path) environment[row.variable] = text;
  environment["CUDA_PATH"] = text.substr(0, cut);
  environment["CUDA_HOME"] = cut == std::string::npos ? "" : text.substr(cut + 1);
  const auto refuse = [](const gpuex::DynamicLibrary&, std::string* reason) {
    *reason = "refused";
    return false;
  };
  const gpuex::SearchResult result =
      gpuex::SearchLibrary(row, environment, gpuex::SearchScope::kEverywhere, refuse);
  if (result.library) std::abort();
  for (const gpuex::Candidate& candidate : result.candidates) {
    if (candidate.reason.empty()) std::abort();
  }
  return 0;
}
