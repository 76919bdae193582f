// Brings results from our own threads to one environment's loop, if it still exists. A pending
// result keeps neither the loop nor the process alive.
#pragma once

#include <napi.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace gpuex {

// What JavaScript that we have called has thrown is the program's to hear of: as an uncaught exception.
void ReportPending(napi_env env) noexcept;

class Mailbox {
 public:
  // Runs on the environment's thread, once for each callback, which it calls with the result. A
  // Node-API call may fail because the environment is being terminated: it then does nothing. May
  // throw.
  using Delivery = std::function<void(napi_env env, napi_value callback)>;

  // On the environment's thread.
  static std::shared_ptr<Mailbox> Open(Napi::Env env);

  // On the environment's thread: a ticket for a result that may arrive once somebody keeps a callback.
  uint64_t NewTicket() { return next_ticket_++; }
  // On the environment's thread: keeps `callback` until the result arrives.
  void Keep(uint64_t ticket, const Napi::Function& callback);

  // Questions that many ask at once: `key` tells them apart. True: it is open already and `callback`
  // will get the same answer; with more than kMostWaiting it is dropped, as by a driver that never
  // answers. False: it is to be asked, and then Open()ed under its ticket.
  using Key = std::pair<int, int>;
  static constexpr size_t kMostWaiting = 1024;
  bool Join(Key key, const Napi::Function& callback);
  void Open(Key key, uint64_t ticket, const Napi::Function& callback);

  // What is brought to the loop. Written before there is anything to say, where want of memory has
  // somebody to be told: sending it needs none.
  struct Letter {
    uint64_t ticket;
    Delivery delivery;
    std::shared_ptr<Letter> on_its_way = nullptr;  // itself, so that nobody else has to hold it
  };
  // For what nobody asked: `delivery` gets no callback, and the letter may be sent again and again.
  static constexpr uint64_t kNoTicket = 0;
  static std::shared_ptr<Letter> Write(uint64_t ticket, Delivery delivery);
  // On any thread, at any time. One that is still on its way arrives once. False: the environment is
  // gone.
  bool Send(const std::shared_ptr<Letter>& letter) noexcept;

  // On the environment's thread: one more (or less, -1) waits for what is sent. While somebody does,
  // the loop stays alive.
  void HoldLoop(int change);

  // On the environment's thread, before the environment is torn down.
  void Close() noexcept;

  ~Mailbox() = default;
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;

 private:
  Mailbox() = default;
  static void Receive(napi_env env, napi_value, void* context, void* data);

  // Node may free the thread-safe function as soon as the environment's own hooks run, whatever
  // other threads hold, so every use of it happens under this lock and ends with Close().
  std::mutex mutex_;
  napi_threadsafe_function function_ = nullptr;

  // The environment's thread only.
  napi_env env_ = nullptr;
  uint64_t next_ticket_ = 1;
  std::map<uint64_t, std::vector<napi_ref>> callbacks_;
  std::map<Key, uint64_t> open_;
  int waiting_ = 0;
};

}  // namespace gpuex
