// A look at a library's file: before the loader maps it, and for what the loader does not tell.
#pragma once

#include <cstddef>
#include <istream>
#include <string>

namespace gpuex {

// Why the loader must not be given this file; empty: it may. A file that ends before its segments
// do (a copy or a download that was cut off) is mapped all the same, and the first touch of what is
// missing kills the process with SIGBUS. Anything else the loader itself refuses, in its own words.
// Looks at ELF files of this machine's word size and byte order only.
std::string WhyTruncated(std::istream& file);

// The same for a path; empty when it cannot be read.
std::string WhyTruncated(const std::string& path);

// What a library calls itself (DT_SONAME), whatever its file is called; empty: it does not say, or is no
// ELF file of this machine's kind.
std::string SonameOf(std::istream& file);
std::string SonameOf(const std::string& path);

}  // namespace gpuex
