#include "mock/engine/thread_state.h"

#include "mock/engine/machine.h"

namespace gpuex::mock {
namespace {

thread_local ThreadState state;  // zeroed; generations begin at 1

}  // namespace

uint64_t ThreadState::LastGeneration() { return state.generation; }

ThreadState& ThreadState::On(const Machine& machine) {
  ThreadState& mine = state;
  if (mine.generation != machine.generation()) {
    mine = ThreadState{};
    mine.generation = machine.generation();
  }
  return mine;
}

}  // namespace gpuex::mock
