// Questions that are asked off the loop and answered on it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "bindings/mailbox.h"
#include "errors/native_error.h"

namespace gpuex::bindings {

// A task for a thread of ours: it runs `ask()`, and sees to it that the environment's loop runs
// `tell(env, callback, answer, failure)` for whoever waits under `ticket`; one of the two is there.
// `exhausted` is the failure where the host's memory is: it is made now, as is all that the way back
// needs, so that no answer is lost for want of memory.
template <typename Ask, typename Tell>
std::function<void()> Question(const std::shared_ptr<Mailbox>& mailbox, uint64_t ticket,
                               NativeError exhausted, Ask ask, Tell tell) {
  struct Asked {
    explicit Asked(NativeError error) : exhausted(std::move(error)) {}
    std::optional<decltype(ask())> answer;
    std::optional<NativeError> failure;
    NativeError exhausted;
  };
  const auto asked = std::make_shared<Asked>(std::move(exhausted));
  const auto letter = Mailbox::Write(
      ticket, [asked, tell = std::move(tell)](napi_env env, napi_value callback) {
        tell(env, callback, asked->answer, asked->failure);
      });
  return [mailbox, letter, asked, ask = std::move(ask)] {
    try {
      asked->answer = ask();
    } catch (NativeError& error) {
      asked->failure = std::move(error);
    } catch (...) {
      asked->failure = std::move(asked->exhausted);
    }
    mailbox->Send(letter);
  };
}

// The failure of a call for which the process has no memory left.
inline NativeError Exhausted(Library library, const char* call, std::optional<int> device) {
  NativeError error(library);
  error.call = call;
  error.device = device;
  error.detail = "the process has no memory left for it";
  return error;
}

}  // namespace gpuex::bindings
