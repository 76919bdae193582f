#include "platform/pid_namespace.h"

#if defined(__linux__)
#include <sys/stat.h>
#include <unistd.h>
#endif

namespace gpuex {

std::optional<bool> InNestedPidNamespace() {
#if defined(__linux__)
  // The first namespace's inode is a constant of the kernel's interface (PROC_PID_INIT_INO).
  constexpr ino_t kFirstNamespace = 0xEFFFFFFC;
  struct stat status {};
  if (stat("/proc/self/ns/pid", &status) != 0) return std::nullopt;
  return status.st_ino != kFirstNamespace;
#else
  return false;
#endif
}

unsigned int PidInNamespace() {
#if defined(__linux__)
  return static_cast<unsigned int>(getpid());
#else
  return 0;
#endif
}

}  // namespace gpuex
