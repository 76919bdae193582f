#include "bindings/mailbox.h"

#include <utility>

namespace gpuex {

std::shared_ptr<Mailbox> Mailbox::Open(Napi::Env env) {
  std::shared_ptr<Mailbox> mailbox(new Mailbox());
  mailbox->env_ = env;
  // The function's own hold on the mailbox, given up when the function is finalised.
  auto* held = new std::shared_ptr<Mailbox>(mailbox);
  const Napi::String name = Napi::String::New(env, "gpu-exceptions");
  const napi_status status = napi_create_threadsafe_function(
      env, nullptr, nullptr, name, 0, 1, held,
      [](napi_env, void* data, void*) { delete static_cast<std::shared_ptr<Mailbox>*>(data); },
      held, Receive, &mailbox->function_);
  if (status != napi_ok) {
    delete held;
    throw Napi::Error::New(env);
  }
  napi_unref_threadsafe_function(env, mailbox->function_);
  return mailbox;
}

uint64_t Mailbox::Expect(const Napi::Function& callback) {
  napi_ref reference = nullptr;
  if (napi_create_reference(env_, callback, 1, &reference) != napi_ok) {
    throw Napi::Error::New(env_);
  }
  const uint64_t ticket = next_ticket_++;
  callbacks_.emplace(ticket, reference);
  return ticket;
}

void Mailbox::Deliver(uint64_t ticket, Delivery delivery) {
  auto letter = std::make_unique<Letter>(Letter{ticket, std::move(delivery)});
  const std::lock_guard<std::mutex> lock(mutex_);
  if (function_ == nullptr) return;
  // Never blocks: the queue has no bound.
  if (napi_call_threadsafe_function(function_, letter.get(), napi_tsfn_nonblocking) == napi_ok) {
    letter.release();
  }
}

void Mailbox::Close() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    function_ = nullptr;  // the environment frees it
  }
  for (const auto& [ticket, reference] : callbacks_) napi_delete_reference(env_, reference);
  callbacks_.clear();
}

void Mailbox::Receive(napi_env env, napi_value, void* context, void* data) {
  const std::unique_ptr<Letter> letter(static_cast<Letter*>(data));
  if (env == nullptr) return;  // the environment is gone; the letter only has to be freed
  Mailbox& mailbox = **static_cast<std::shared_ptr<Mailbox>*>(context);
  const auto found = mailbox.callbacks_.find(letter->ticket);
  if (found == mailbox.callbacks_.end()) return;
  napi_value callback = nullptr;
  napi_get_reference_value(env, found->second, &callback);
  napi_delete_reference(env, found->second);
  mailbox.callbacks_.erase(found);
  if (callback == nullptr) return;
  try {
    letter->delivery(env, callback);
  } catch (const Napi::Error& error) {
    // What the callback itself threw is the program's to hear of; Node makes it uncaught.
    error.ThrowAsJavaScriptException();
  } catch (...) {
    // No memory for the answer: whoever waits for it has a deadline.
  }
}

}  // namespace gpuex
