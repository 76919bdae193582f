#include "mock/engine/rules.h"

#include <utility>

namespace gpuex::mock {

bool Rule::Matches(int device) {
  if (spec_.device >= 0 && spec_.device != device) return false;
  const uint64_t seen = seen_.fetch_add(1, std::memory_order_relaxed);
  return seen >= spec_.after_calls && seen - spec_.after_calls < spec_.times;
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
