// What a vendor's call answered, as a value: made on the thread that called, thrown or rejected
// later on JavaScript's.
#pragma once

#include <cstdint>
#include <type_traits>

#include "codes.h"

struct napi_env__;
struct napi_value__;
struct napi_deferred__;

namespace gpu_exceptions {

/** A device that is not known. */
inline constexpr int kUnknown = -1;

/** A number of bytes that is not known. */
inline constexpr std::uint64_t kUnknownBytes = ~std::uint64_t{0};

/**
 * What a call answered, and where. Plain data of fixed size: it may be copied, moved between
 * threads and kept; it owns nothing and holds only pointers to string literals. A default one is a
 * success.
 */
struct Status {
  Library library = Library::kCudart;
  /** The vendor's number; 0 is success. */
  int code = 0;
  /**
   * The name of the call, or its source text from there on: the name ends before the first `(`, `<`
   * or `)`. Null for a success, and where the text tells no call, e.g. for a status in a variable, a
   * choice (`a ? f() : g()`), an element of a table or what another call answered.
   */
  const char* call = nullptr;
  /** Where the call stands: `__FILE__` and `__LINE__`; null and 0 for a success. */
  const char* file = nullptr;
  int line = 0;
  /** CUDA (or HIP) ordinal that was current on the calling thread, or kUnknown. */
  int device = kUnknown;
  /** Bytes that an allocation asked for, or kUnknownBytes. */
  std::uint64_t requested_bytes = kUnknownBytes;
  /**
   * The thread's last error right after the call, of the runtime below `library` (the CUDA runtime;
   * HIP's for HIP); 0 for none. It was cleared unless it is documented as sticky.
   */
  int last_error = 0;

  /** Whether the call succeeded. "Not ready" and "in progress" are no success either. */
  constexpr bool ok() const noexcept { return code == 0; }
  constexpr explicit operator bool() const noexcept { return ok(); }

  /** The same, for an allocation of so many bytes. */
  constexpr Status Requesting(std::uint64_t bytes) const noexcept {
    Status status = *this;
    status.requested_bytes = bytes;
    return status;
  }
  /** The same, about another device than the thread's current one. */
  constexpr Status On(int ordinal) const noexcept {
    Status status = *this;
    status.device = ordinal;
    return status;
  }
  /** The same, named by a string literal: for launches, and for statuses kept in variables. */
  constexpr Status Named(const char* name) const noexcept {
    Status status = *this;
    status.call = name;
    return status;
  }

  // Defined in js_error.h, which gpu_exceptions.h includes; on the environment's thread only.

  /**
   * The error that this failure is in JavaScript, with the tag on it; null for a success, and where
   * no error can be made. An exception that is pending stays so.
   */
  napi_value__* ToValue(napi_env__* env) const noexcept;

  /** Leaves the error pending, unless another exception is. Nothing for a success. */
  void Throw(napi_env__* env) const noexcept;

  /**
   * Rejects with the error, also while an exception is pending; a success leaves the promise alone.
   * Answers whether it was rejected.
   */
  bool Reject(napi_env__* env, napi_deferred__* deferred) const noexcept;

  /** The same for a `Napi::Promise::Deferred`. */
  template <class Deferred>
  bool Reject(const Deferred& deferred) const;
};

static_assert(std::is_trivially_copyable_v<Status>, "a Status crosses threads as bytes");

}  // namespace gpu_exceptions
