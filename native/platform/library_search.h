// Finds one library of the catalog: an explicit path, and then nothing else; else what the process
// has already loaded, so that we see the same runtime as the engines do; else versioned names,
// newest first; else the known directories; else the unversioned name.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "platform/dynamic_library.h"
#include "platform/library_catalog.h"

namespace gpuex {

enum class FoundBy { kExplicit, kAlreadyLoaded, kName, kDirectory, kMock };
const char* FoundByName(FoundBy found_by);

struct Candidate {
  std::string path;
  std::string reason;
};

struct SearchResult {
  DynamicLibrary library;  // empty: none was acceptable
  FoundBy found_by = FoundBy::kName;
  std::string path;
  std::vector<Candidate> candidates;  // what was tried and refused, in order
};

// Whether a library that opened can be used; if not, `reason` says why.
using Accept = std::function<bool(const DynamicLibrary& library, std::string* reason)>;

enum class SearchScope {
  kEverywhere,
  kLoadedOnly,  // loads nothing that the process does not have
};

SearchResult SearchLibrary(const LibraryRow& row, const Environment& environment,
                           SearchScope scope, const Accept& accept);

// The explicit path that the environment gives for this library; empty if none.
std::string ExplicitPath(const LibraryRow& row, const Environment& environment);

}  // namespace gpuex
