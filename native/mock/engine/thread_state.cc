#include "mock/engine/thread_state.h"

#include <atomic>

#include "mock/engine/machine.h"

namespace gpuex::mock {
namespace {

thread_local ThreadState state;  // zeroed; generations begin at 1

}  // namespace

uint64_t ThreadState::LastGeneration() { return state.generation; }

ThreadState& ThreadState::On(const Machine& machine) {
  ThreadState& mine = state;
  if (mine.generation != machine.generation()) {
    const uint64_t id = mine.id;
    mine = ThreadState{};
    mine.generation = machine.generation();
    mine.id = id;
    mine.number = machine.NextThreadNumber();
  }
  return mine;
}

uint64_t ThreadState::Id() {
  static std::atomic<uint64_t> last{0};
  if (id == 0) id = last.fetch_add(1, std::memory_order_relaxed) + 1;
  return id;
}

}  // namespace gpuex::mock
