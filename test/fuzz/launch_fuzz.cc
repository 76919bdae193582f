// libFuzzer: whatever stands in the memory through which JavaScript tells a launch, reading it stays
// within that memory and answers places within it, with addresses of live memory of the stream's device
// alone; or it is refused with a UsageError.
#include "fake_node_api.h"

#include <cstring>
#include <memory>
#include <optional>

#include "bindings/launch_area.h"
#include "device_memory.h"

namespace {

using namespace gpuex;            // NOLINT
using namespace gpuex::bindings;  // NOLINT

constexpr uint32_t kOffset = ~LaunchArea::kIsBuffer;

// Any number, or one near `border`, or a small one.
uint32_t Near(Bytes* bytes, uint32_t border) {
  const uint8_t how = bytes->Byte();
  if (how % 4 == 0) return bytes->Word();
  return how % 4 == 1 ? border + 2 - bytes->Byte() % 32 : bytes->Byte();
}

void Fill(Bytes* bytes, const DeviceMemory& memory, LaunchArea* area) {
  area->used = Near(bytes, LaunchArea::kArgumentBytes);
  const bool few = bytes->Byte() % 4 != 0;
  area->count = few ? bytes->Byte() % 8 : Near(bytes, LaunchArea::kMostArguments);
  const uint32_t count = std::min<uint32_t>(area->count, LaunchArea::kMostArguments);
  for (uint32_t i = 0; i < count && !bytes->empty(); ++i) {
    const uint32_t offset = Near(bytes, LaunchArea::kArgumentBytes - 16);
    area->offsets[i] = offset;
    if (bytes->Byte() % 2 == 0) continue;
    area->offsets[i] = offset | LaunchArea::kIsBuffer;
    const double words[] = {memory.Handle(bytes), bytes->Number()};
    // Not past the end: JavaScript's view of it has one, too.
    const size_t place = offset & kOffset;
    if (place + sizeof words <= sizeof area->arguments) {
      std::memcpy(area->arguments + place, words, sizeof words);
    }
  }
}

// What must come of it, told in the plainest way: null where it must be refused.
std::optional<LaunchArea> Expected(const DeviceMemory& memory, const LaunchArea& area, int device) {
  if (area.count > 256 || area.used > 32768) return std::nullopt;
  LaunchArea after = area;
  for (uint32_t i = 0; i < area.count; ++i) {
    const uint32_t offset = area.offsets[i] & kOffset;
    if (offset > area.used || offset + 16 > 32768) return std::nullopt;
    if ((area.offsets[i] & LaunchArea::kIsBuffer) == 0) continue;
    double words[2];
    std::memcpy(words, after.arguments + offset, sizeof words);
    const Allocation* const found = memory.At(words[0]);
    if (found == nullptr || found->device != device) return std::nullopt;
    if (!(words[1] >= 0 && words[1] < std::ldexp(1.0, 53))) return std::nullopt;
    const double within = std::trunc(words[1]);
    if (within > static_cast<double>(found->bytes)) return std::nullopt;
    const uint64_t address =
        reinterpret_cast<uintptr_t>(found->address) + static_cast<uint64_t>(within);
    std::memcpy(after.arguments + offset, &address, sizeof address);
  }
  return after;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static auto* const memory = new DeviceMemory();
  static const auto* const stream = new std::shared_ptr<Stream>(StreamOn(0));
  Bytes bytes(data, size);
  // Of its own, so that a byte beyond it is nobody's.
  const auto area = std::make_unique<LaunchArea>();
  Fill(&bytes, *memory, area.get());
  const std::optional<LaunchArea> expected = Expected(*memory, *area, (*stream)->device());
  LaunchArguments read;
  try {
    ReadArguments(&memory->table, area.get(), **stream, &read);
  } catch (const UsageError&) {
    if (expected) Wrong();
    return 0;
  }
  if (!expected || read.count != area->count) Wrong();
  if (std::memcmp(area->arguments, expected->arguments, sizeof area->arguments) != 0) Wrong();
  uint32_t buffers = 0;
  for (uint32_t i = 0; i < read.count; ++i) {
    const size_t place = static_cast<unsigned char*>(read.places[i]) - area->arguments;
    if (place != (area->offsets[i] & kOffset)) Wrong();
    // The driver reads from there on as much as a parameter has, which the slack is for.
    if (place + LaunchArea::kSlack > sizeof area->arguments) Wrong();
    if ((area->offsets[i] & LaunchArea::kIsBuffer) != 0) ++buffers;
  }
  if (read.memory_count != buffers) Wrong();
  return 0;
}
