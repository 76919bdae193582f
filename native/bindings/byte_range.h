// Bytes that JavaScript speaks of: of device memory, by handle, offset and length, and of its own.
#pragma once

#include <cmath>
#include <string>

#include "bindings/entry.h"
#include "ops/transfer.h"

namespace gpuex::bindings {

inline constexpr double kLargestOffset = 9007199254740991.0;  // Number.MAX_SAFE_INTEGER

inline size_t Size(double number, const char* name) {
  if (!(number >= 0 && number <= kLargestOffset) || number != std::floor(number)) {
    throw UsageError(UsageError::Kind::kRange,
                     std::string(name) + ": an integer from 0 to 9007199254740991 is required");
  }
  return static_cast<size_t>(number);
}

// `length` bytes of device memory from `offset` on.
struct Range {
  Allocation* allocation;
  void* address;
  size_t length;
};

// For work in `stream`, whose use of it can then be noted.
inline Range RangeAt(HandleTable<Allocation>* allocations, double handle, double offset,
                     double length, const Stream& stream) {
  Allocation& allocation = LiveIn(allocations, handle, "device memory");
  const size_t from = Size(offset, "offset");
  const size_t bytes = Size(length, "length");
  if (from > allocation.bytes || bytes > allocation.bytes - from) {
    throw UsageError(UsageError::Kind::kRange, "offset: the range ends beyond the device memory");
  }
  MakeRoomForUse(&allocation, stream);
  return {&allocation, static_cast<char*>(allocation.address) + from, bytes};
}

inline bool IsOfDevice(const Range& range, const Stream& stream) {
  return range.allocation->device == stream.device();
}

inline UsageError WrongDevice(const Range& range, const Stream& stream) {
  return {UsageError::Kind::kType, "handle: it is memory of device " +
                                       std::to_string(range.allocation->device) +
                                       "; the stream is of device " +
                                       std::to_string(stream.device())};
}

// The same, of the stream's own device.
inline Range RangeHere(HandleTable<Allocation>* allocations, double handle, double offset,
                       double length, const Stream& stream) {
  const Range range = RangeAt(allocations, handle, offset, length, stream);
  if (!IsOfDevice(range, stream)) throw WrongDevice(range, stream);
  return range;
}

struct View {
  void* data;
  size_t bytes;
};

// The memory of a Uint8Array, at this moment.
inline View ViewAt(const Napi::CallbackInfo& info, size_t index) {
  napi_typedarray_type type = napi_int8_array;
  View view{nullptr, 0};
  const bool is_view = info[index].IsTypedArray() &&
                       napi_get_typedarray_info(info.Env(), info[index], &type, &view.bytes,
                                                &view.data, nullptr, nullptr) == napi_ok &&
                       type == napi_uint8_array;
  if (!is_view) throw UsageError(UsageError::Kind::kType, "view: a Uint8Array is required");
  if (view.data == nullptr || view.bytes == 0) {
    throw UsageError(UsageError::Kind::kType, "view: its memory is detached, or empty");
  }
  return view;
}

}  // namespace gpuex::bindings
