#include "platform/library_search.h"

#include <filesystem>
#include <system_error>
#include <utility>

namespace gpuex {

namespace {

class Searcher {
 public:
  Searcher(const LibraryRow& row, const Accept& accept) : row_(row), accept_(accept) {}

  bool TryOpen(const std::string& name, FoundBy found_by) {
    const auto search =
        row_.system_only ? DynamicLibrary::Search::kSystemOnly : DynamicLibrary::Search::kDefault;
    std::string reason;
    DynamicLibrary library = DynamicLibrary::Open(name, search, &reason);
    return Take(std::move(library), name, found_by, std::move(reason));
  }

  bool TryLoaded(const std::string& name) {
    DynamicLibrary library = DynamicLibrary::FindLoaded(name);
    // That the process has not loaded it is no reason worth telling.
    return library && Take(std::move(library), name, FoundBy::kAlreadyLoaded, std::string());
  }

  bool TryDirectory(const KnownDirectory& directory) {
    if (!directory.exists) {
      result_.candidates.push_back({directory.path, "no such directory"});
      return false;
    }
    bool any = false;
    for (const char* name : row_.names) {
      const std::string path = directory.path + "/" + name;
      std::error_code ignored;
      if (!std::filesystem::exists(std::filesystem::u8path(path), ignored)) continue;
      any = true;
      if (TryOpen(path, FoundBy::kDirectory)) return true;
    }
    if (!any) {
      result_.candidates.push_back({directory.path, "holds none of " + NamesIn(row_)});
    }
    return false;
  }

  SearchResult Finish() { return std::move(result_); }

 private:
  bool Take(DynamicLibrary library, const std::string& name, FoundBy found_by, std::string reason) {
    if (library && accept_(library, &reason)) {
      result_.path = library.Path();
      if (result_.path.empty()) result_.path = name;
      result_.library = std::move(library);
      result_.found_by = found_by;
      return true;
    }
    result_.candidates.push_back({name, std::move(reason)});
    return false;
  }

  const LibraryRow& row_;
  const Accept& accept_;
  SearchResult result_;
};

bool Walk(Searcher* searcher, const LibraryRow& row, const Environment& environment,
          SearchScope scope) {
  for (const char* name : row.names) {
    if (searcher->TryLoaded(name)) return true;
  }
  if (row.unversioned != nullptr && searcher->TryLoaded(row.unversioned)) return true;
  if (scope == SearchScope::kLoadedOnly) return false;
  for (const char* name : row.names) {
    if (searcher->TryOpen(name, FoundBy::kName)) return true;
  }
  for (const KnownDirectory& directory : KnownDirectories(row, environment)) {
    if (searcher->TryDirectory(directory)) return true;
  }
  return row.unversioned != nullptr && searcher->TryOpen(row.unversioned, FoundBy::kName);
}

}  // namespace

const char* FoundByName(FoundBy found_by) {
  switch (found_by) {
    case FoundBy::kExplicit:
      return "explicit";
    case FoundBy::kAlreadyLoaded:
      return "already-loaded";
    case FoundBy::kName:
      return "name";
    case FoundBy::kDirectory:
      return "directory";
    case FoundBy::kMock:
      return "mock";
  }
  return "name";
}

std::string ExplicitPath(const LibraryRow& row, const Environment& environment) {
  const auto variable = environment.find(row.variable);
  return variable == environment.end() ? std::string() : variable->second;
}

SearchResult SearchLibrary(const LibraryRow& row, const Environment& environment,
                           SearchScope scope, const Accept& accept) {
  Searcher searcher(row, accept);
  const std::string explicit_path = ExplicitPath(row, environment);
  if (explicit_path.empty()) {
    Walk(&searcher, row, environment, scope);
  } else if (scope == SearchScope::kEverywhere || DynamicLibrary::FindLoaded(explicit_path)) {
    searcher.TryOpen(explicit_path, FoundBy::kExplicit);
  }
  return searcher.Finish();
}

}  // namespace gpuex
