#include "mock/engine/own_process.h"

#if defined(_WIN32)
#include <process.h>
#else
#include <unistd.h>
#endif

namespace gpuex::mock {

#if defined(_WIN32)
unsigned OwnPid() { return static_cast<unsigned>(_getpid()); }
std::string OwnName() { return "unknown"; }
#else
unsigned OwnPid() { return static_cast<unsigned>(getpid()); }
std::string OwnName() {
  char path[4096];
  const ssize_t length = readlink("/proc/self/exe", path, sizeof path);
  return length > 0 ? std::string(path, static_cast<size_t>(length)) : std::string("unknown");
}
#endif

}  // namespace gpuex::mock
