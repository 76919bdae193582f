// Rules: what makes an exported function answer something else than the model would.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "mock/engine/scenario.h"

namespace gpuex::mock {

class Rule {
 public:
  explicit Rule(RuleSpec spec) : spec_(std::move(spec)) {}

  const RuleSpec& spec() const { return spec_; }
  // What a rule looks at in a call.
  struct Call {
    int device;   // in the library's own numbering, -1: none
    int listed;   // the same device in the scenario's list, -1: none or not known yet
    int thread;
  };
  // Counts the call, if the rule is about it. True: the rule acts on this one.
  bool Matches(const Call& call);
  // True once: for what happens only the first time that it acts.
  bool FirstAct() { return !happened_.exchange(true, std::memory_order_relaxed); }

 private:
  const RuleSpec spec_;
  std::atomic<uint64_t> seen_{0};
  std::atomic<uint64_t> acted_{0};
  std::atomic<bool> happened_{false};
};

// The rules of one machine, by function. A function without rules costs one load of a null pointer.
class RuleBook {
 public:
  using List = std::vector<Rule*>;

  explicit RuleBook(const std::vector<RuleSpec>& rules);
  RuleBook(const RuleBook&) = delete;
  RuleBook& operator=(const RuleBook&) = delete;

  // Behind the others. One caller at a time; calls may be asking meanwhile.
  void Add(const RuleSpec& rule);

  const List* For(Function function) const {
    return lists_[static_cast<size_t>(function)].load(std::memory_order_acquire);
  }

 private:
  std::array<std::atomic<const List*>, kFunctionCount> lists_{};
  std::vector<std::unique_ptr<Rule>> rules_;
  // Every list ever published: a call may still be walking an older one.
  std::vector<std::unique_ptr<const List>> published_;
};

}  // namespace gpuex::mock
