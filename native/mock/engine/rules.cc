#include "mock/engine/rules.h"

#include <utility>

namespace gpuex::mock {

namespace {

// The n-th draw of a seed, from 0 up to 1: SplitMix64, so that no state is shared between threads
// and a run can be repeated.
double Draw(uint64_t seed, uint64_t n) {
  uint64_t state = seed + (n + 1) * 0x9E3779B97F4A7C15u;
  state = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9u;
  state = (state ^ (state >> 27)) * 0x94D049BB133111EBu;
  state ^= state >> 31;
  return static_cast<double>(state >> 11) * 0x1p-53;
}

}  // namespace

bool Rule::Matches(const Call& call) {
  if (spec_.device >= 0 && spec_.device != call.device) return false;
  if (spec_.listed >= 0 && spec_.listed != call.listed) return false;
  if (spec_.thread >= 0 && spec_.thread != call.thread) return false;
  const uint64_t seen = seen_.fetch_add(1, std::memory_order_relaxed);
  if (seen < spec_.after_calls) return false;
  if (spec_.sticky.value_or(false) && acted_.load(std::memory_order_relaxed) > 0) return true;
  if (spec_.probability < 1 && Draw(spec_.seed, seen) >= spec_.probability) return false;
  return acted_.fetch_add(1, std::memory_order_relaxed) < spec_.times;
}

RuleBook::RuleBook(const std::vector<RuleSpec>& rules) {
  for (const RuleSpec& rule : rules) Add(rule);
}

void RuleBook::Add(const RuleSpec& spec) {
  rules_.push_back(std::make_unique<Rule>(spec));
  Rule* rule = rules_.back().get();
  for (Function function : spec.functions) {
    std::atomic<const List*>& slot = lists_[static_cast<size_t>(function)];
    const List* old = slot.load(std::memory_order_relaxed);
    auto list = old ? std::make_unique<List>(*old) : std::make_unique<List>();
    list->push_back(rule);
    slot.store(list.get(), std::memory_order_release);
    published_.push_back(std::move(list));
  }
}

}  // namespace gpuex::mock
