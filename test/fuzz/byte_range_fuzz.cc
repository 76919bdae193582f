// libFuzzer: whatever numbers come as handle, offset and length, a range is one of live memory and ends
// within it, or is refused with a UsageError.
#include "fake_node_api.h"

#include <cstring>
#include <memory>

#include "bindings/byte_range.h"
#include "device_memory.h"

namespace {

using namespace gpuex::bindings;  // NOLINT

bool IsSize(double number) {
  return number >= 0 && number < std::ldexp(1.0, 53) && number == std::trunc(number);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static auto* const memory = new DeviceMemory();
  // Of another device than some of the memory, so that its uses must be noted.
  static const auto* const stream = new std::shared_ptr<gpuex::Stream>(StreamOn(1));
  Bytes bytes(data, size);
  const double handle = memory->Handle(&bytes);
  const double offset = bytes.Number();
  const double length = bytes.Number();
  const gpuex::Allocation* const found = memory->At(handle);
  const bool fits = found != nullptr && IsSize(offset) && IsSize(length) &&
                    static_cast<uint64_t>(offset) <= found->bytes &&
                    static_cast<uint64_t>(length) <= found->bytes - static_cast<uint64_t>(offset);
  try {
    const Range range = RangeAt(&memory->table, handle, offset, length, **stream);
    if (!fits || range.allocation != found || static_cast<double>(range.length) != length) Wrong();
    const auto start = reinterpret_cast<uintptr_t>(found->address);
    if (reinterpret_cast<uintptr_t>(range.address) - start != static_cast<uint64_t>(offset)) Wrong();
  } catch (const gpuex::UsageError&) {
    if (fits) Wrong();
  }
  const bool here = fits && found->device == (*stream)->device();
  try {
    if (RangeHere(&memory->table, handle, offset, length, **stream).allocation != found) Wrong();
    if (!here) Wrong();
  } catch (const gpuex::UsageError&) {
    if (here) Wrong();
  }
  try {
    if (static_cast<double>(Size(offset, "bytes")) != offset || !IsSize(offset)) Wrong();
  } catch (const gpuex::UsageError& error) {
    if (IsSize(offset) || std::strncmp(error.what(), "bytes: ", 7) != 0) Wrong();
  }
  return 0;
}
