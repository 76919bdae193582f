// Questions to a library that may never answer.
#pragma once

#include <chrono>
#include <functional>
#include <future>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

namespace gpuex {

// Asked on a thread of its own, one at a time, and waited for no longer than one cares to. A library that
// hangs keeps that one thread, which is never joined, so the process can end all the same. Any thread.
template <typename Answer>
class BoundedQuestion {
 public:
  using Clock = std::chrono::steady_clock;

  // Asks, unless it is being asked: then whoever waits gets that answer. `ask` may outlive this object,
  // so it must hold what it uses, or use what is never freed. Throws std::system_error when the system
  // gives no thread.
  void Ask(std::function<Answer()> ask) {
    const std::lock_guard<std::mutex> lock(mutex_);
    constexpr std::chrono::seconds kNow{0};
    if (answer_.valid() && answer_.wait_for(kNow) != std::future_status::ready) return;
    std::packaged_task<Answer()> task(std::move(ask));
    auto answer = task.get_future().share();
    std::thread(std::move(task)).detach();
    answer_ = std::move(answer);
  }

  // The answer to what was asked last, or nothing when it has not come by `deadline`. What `ask` threw is
  // thrown here.
  std::optional<Answer> Await(Clock::time_point deadline) const {
    std::shared_future<Answer> answer;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      answer = answer_;
    }
    if (!answer.valid() || answer.wait_until(deadline) != std::future_status::ready) {
      return std::nullopt;
    }
    return answer.get();
  }

 private:
  mutable std::mutex mutex_;
  std::shared_future<Answer> answer_;
};

// How long a library is waited for that should answer at once.
constexpr std::chrono::seconds kLongestAnswer{1};

// What a library says when it is asked once; nothing when it does not in time, or no thread can be had
// to ask it. `ask` is as for BoundedQuestion.
template <typename Ask>
auto AskInTime(Ask ask) -> std::optional<decltype(ask())> {
  BoundedQuestion<decltype(ask())> question;
  try {
    question.Ask(std::move(ask));
  } catch (const std::system_error&) {
    return std::nullopt;
  }
  return question.Await(std::chrono::steady_clock::now() + kLongestAnswer);
}

}  // namespace gpuex
