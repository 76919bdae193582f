// Where the vendor libraries are: one declarative row per library, and nothing that opens one.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "errors/code_table.h"

namespace gpuex {

// The environment variables that matter here, as JavaScript saw them. Not getenv: it may not be
// called while another thread changes the environment, and a worker may have its own.
using Environment = std::map<std::string, std::string, std::less<>>;

struct LibraryRow {
  Library library;
  // Its value, if set and not empty, is the only candidate.
  const char* variable;
  // Versioned names, newest first. A bare name is left to the loader's own search.
  std::vector<const char*> names;
  // Patterns: `${NAME}` in front stands for that environment variable; a part with `*` for every
  // directory that matches, highest version first.
  std::vector<const char*> directories;
  // Development symlinks come last: they may point to the wrong major version.
  const char* unversioned;
  // Belongs to the driver, which installs it into the system's own directory (Windows).
  bool system_only;
};

// `library` is one of cudart, cuda, nvml, cudnn, nvrtc.
const LibraryRow& CatalogRow(Library library);

// "libcudnn.so.9, libcudnn.so.8"
std::string NamesIn(const LibraryRow& row);

// The row's directories that exist here, in order; and those of an environment variable that do
// not exist, because somebody meant them.
struct KnownDirectory {
  std::string path;
  bool exists;
};
std::vector<KnownDirectory> KnownDirectories(const LibraryRow& row, const Environment& environment);

}  // namespace gpuex
