#include "bindings/mailbox.h"

#include <iterator>
#include <utility>

namespace gpuex {

namespace {

// What the callback itself throws is the program's to hear of, and no reason to leave out the others.
void Hand(napi_env env, napi_value callback, const Mailbox::Delivery& delivery) noexcept {
  try {
    delivery(env, callback);
  } catch (const Napi::Error& error) {
    error.ThrowAsJavaScriptException();
  } catch (...) {
    // No memory for the answer: whoever waits for it has a deadline.
  }
  ReportPending(env);
}

}  // namespace

void ReportPending(napi_env env) noexcept {
  bool pending = false;
  napi_value thrown = nullptr;
  if (napi_is_exception_pending(env, &pending) == napi_ok && pending &&
      napi_get_and_clear_last_exception(env, &thrown) == napi_ok) {
    napi_fatal_exception(env, thrown);
  }
}

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

void Mailbox::Keep(uint64_t ticket, const Napi::Function& callback) {
  napi_ref reference = nullptr;
  if (napi_create_reference(env_, callback, 1, &reference) != napi_ok) {
    throw Napi::Error::New(env_);
  }
  callbacks_[ticket].push_back(reference);
}

bool Mailbox::Join(Key key, const Napi::Function& callback) {
  const auto open = open_.find(key);
  if (open == open_.end()) return false;
  if (callbacks_[open->second].size() < kMostWaiting) Keep(open->second, callback);
  return true;
}

void Mailbox::Open(Key key, uint64_t ticket, const Napi::Function& callback) {
  Keep(ticket, callback);
  open_[key] = ticket;
}

std::shared_ptr<Mailbox::Letter> Mailbox::Write(uint64_t ticket, Delivery delivery) {
  return std::make_shared<Letter>(Letter{ticket, std::move(delivery)});
}

bool Mailbox::Send(const std::shared_ptr<Letter>& letter) noexcept {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (function_ == nullptr) return false;
  if (letter->on_its_way != nullptr) return true;
  letter->on_its_way = letter;
  // Never blocks: the queue has no bound.
  const bool sent =
      napi_call_threadsafe_function(function_, letter.get(), napi_tsfn_nonblocking) == napi_ok;
  if (!sent) letter->on_its_way = nullptr;
  return sent;
}

void Mailbox::HoldLoop(int change) {
  const int before = std::exchange(waiting_, waiting_ + change);
  const std::lock_guard<std::mutex> lock(mutex_);
  if (function_ == nullptr) return;
  if (before == 0 && waiting_ > 0) napi_ref_threadsafe_function(env_, function_);
  if (before > 0 && waiting_ == 0) napi_unref_threadsafe_function(env_, function_);
}

void Mailbox::Close() noexcept {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    function_ = nullptr;  // the environment frees it
  }
  for (const auto& [ticket, references] : callbacks_) {
    for (const napi_ref reference : references) napi_delete_reference(env_, reference);
  }
  callbacks_.clear();
  open_.clear();
}

void Mailbox::Receive(napi_env env, napi_value, void* context, void* data) {
  if (env == nullptr) {
    // The environment is gone, and `context` with it; nobody sends any more.
    const auto unread = std::move(static_cast<Letter*>(data)->on_its_way);
    return;
  }
  Mailbox& mailbox = **static_cast<std::shared_ptr<Mailbox>*>(context);
  std::shared_ptr<Letter> letter;
  {
    // From here on it may be sent again.
    const std::lock_guard<std::mutex> lock(mailbox.mutex_);
    letter = std::move(static_cast<Letter*>(data)->on_its_way);
  }
  if (letter->ticket == kNoTicket) {
    Hand(env, nullptr, letter->delivery);
    return;
  }
  const auto found = mailbox.callbacks_.find(letter->ticket);
  if (found == mailbox.callbacks_.end()) return;
  // Taken out first: a callback may ask again.
  const std::vector<napi_ref> references = std::move(found->second);
  mailbox.callbacks_.erase(found);
  for (auto open = mailbox.open_.begin(); open != mailbox.open_.end();) {
    open = open->second == letter->ticket ? mailbox.open_.erase(open) : std::next(open);
  }
  for (const napi_ref reference : references) {
    napi_value callback = nullptr;
    napi_get_reference_value(env, reference, &callback);
    napi_delete_reference(env, reference);
    if (callback != nullptr) Hand(env, callback, letter->delivery);
  }
}

}  // namespace gpuex
