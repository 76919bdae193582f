#include "mock/engine/address_space.h"

#if defined(_WIN32)
#include <windows.h>
#else
#include <sys/mman.h>
#endif

namespace gpuex::mock {

#if defined(_WIN32)

// Reserved only: Windows counts committed pages at once, whether they are written or not.
void* ReserveMemory(size_t bytes) {
  return VirtualAlloc(nullptr, bytes, MEM_RESERVE, PAGE_READWRITE);
}
void ReleaseMemory(void* address, size_t) { VirtualFree(address, 0, MEM_RELEASE); }

#else

#if !defined(MAP_NORESERVE)
#define MAP_NORESERVE 0
#endif

void* ReserveMemory(size_t bytes) {
  void* address = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return address == MAP_FAILED ? nullptr : address;
}
void ReleaseMemory(void* address, size_t bytes) { munmap(address, bytes); }

#endif

}  // namespace gpuex::mock
