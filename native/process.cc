#include "process.h"

#include "platform/dynamic_library.h"

namespace gpuex {

Process& Process::Get() {
  static Process* const process = [] {
    PinThisLibrary();
    return new Process();
  }();
  return *process;
}

}  // namespace gpuex
