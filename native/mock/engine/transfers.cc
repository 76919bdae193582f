#include "mock/engine/transfers.h"

#include <cstring>

#include "mock/engine/machine.h"
#include "mock/engine/status.h"

namespace gpuex::mock {
namespace {

using namespace cuda_status;  // NOLINT

enum class Side { kDevice, kManaged, kPinned, kPageable, kOutOfBounds };

Side SideOf(const Machine& machine, const void* address, size_t bytes) {
  if (address == nullptr) return Side::kOutOfBounds;
  if (machine.allocations().BlockAt(address).bytes > 0) {
    return machine.allocations().Find(address, bytes) != nullptr ? Side::kDevice
                                                                 : Side::kOutOfBounds;
  }
  switch (machine.host_memory().KindOf(address, bytes)) {
    case HostMemory::Kind::kManaged:
      return Side::kManaged;
    case HostMemory::Kind::kPinned:
    case HostMemory::Kind::kRegistered:
      return Side::kPinned;
    default:
      return Side::kPageable;
  }
}

bool MayBeDevice(Side side) { return side == Side::kDevice || side == Side::kManaged; }
bool MayBeHost(Side side) { return side != Side::kDevice; }

bool Fits(Direction direction, Side to, Side from) {
  switch (direction) {
    case Direction::kHostToHost:
      return MayBeHost(to) && MayBeHost(from);
    case Direction::kHostToDevice:
      return MayBeDevice(to) && MayBeHost(from);
    case Direction::kDeviceToHost:
      return MayBeHost(to) && MayBeDevice(from);
    case Direction::kDeviceToDevice:
      return MayBeDevice(to) && MayBeDevice(from);
    case Direction::kByAddress:
      return true;
  }
  return false;
}

// False: overflow.
bool Extent(size_t width, size_t rows, size_t pitch, size_t* bytes) {
  if (rows > 1 && pitch > (SIZE_MAX - width) / (rows - 1)) return false;
  *bytes = (rows - 1) * pitch + width;
  return true;
}

// What the driver checked when the call was made may be gone when its turn comes.
bool StillThere(const Machine& machine, Side side, const void* address, size_t bytes) {
  switch (side) {
    case Side::kDevice:
      return machine.allocations().Find(address, bytes) != nullptr;
    case Side::kManaged:
    case Side::kPinned:
      return machine.host_memory().KindOf(address, bytes) != HostMemory::Kind::kPageable;
    default:
      return true;  // the caller's own
  }
}

int Finish(const Streams::Found& stream, const Mark& mark, bool early) {
  if (early) return kSuccess;
  Wait(mark);
  return stream.device->context.poison();
}

void Fault(Machine& machine, const Device& device) {
  if (!machine.retired()) machine.Poison(kIllegalAddress, device.cuda_ordinal.load());
}

}  // namespace

int Transfer(Machine& machine, ThreadState& thread, const Copy& copy, uintptr_t stream,
             bool may_return_early) {
  const Streams::Found found = machine.streams().Find(thread, stream);
  if (found.stream == nullptr) return kInvalidHandle;
  if (copy.direction < Direction::kHostToHost || copy.direction > Direction::kByAddress) {
    return kInvalidMemcpyDirection;
  }
  if (copy.width == 0 || copy.rows == 0) return kSuccess;
  size_t to_bytes = 0;
  size_t from_bytes = 0;
  if (!Extent(copy.width, copy.rows, copy.to_pitch, &to_bytes) ||
      !Extent(copy.width, copy.rows, copy.from_pitch, &from_bytes)) {
    return kInvalidValue;
  }
  const Side to = SideOf(machine, copy.to, to_bytes);
  const Side from = SideOf(machine, copy.from, from_bytes);
  if (to == Side::kOutOfBounds || from == Side::kOutOfBounds) return kInvalidValue;
  if (!Fits(copy.direction, to, from)) return kInvalidValue;

  Device& device = *found.device;
  const Mark mark = machine.streams().Enqueue(found, [=, &machine, &device] {
    const auto use = machine.allocations().Use();
    if (!StillThere(machine, to, copy.to, to_bytes) ||
        !StillThere(machine, from, copy.from, from_bytes)) {
      Fault(machine, device);
      return;
    }
    auto* target = static_cast<char*>(copy.to);
    auto* source = static_cast<const char*>(copy.from);
    for (size_t row = 0; row < copy.rows; ++row) {
      std::memmove(target + row * copy.to_pitch, source + row * copy.from_pitch, copy.width);
    }
  });
  const bool within_devices = to == Side::kDevice && from == Side::kDevice;
  const bool pageable = !device.spec.pageable_memory_access &&
                        (to == Side::kPageable || from == Side::kPageable);
  return Finish(found, mark, within_devices || (may_return_early && !pageable));
}

int Fill(Machine& machine, ThreadState& thread, void* address, int value, size_t bytes,
         uintptr_t stream, bool may_return_early) {
  const Streams::Found found = machine.streams().Find(thread, stream);
  if (found.stream == nullptr) return kInvalidHandle;
  if (bytes == 0) return kSuccess;
  const Side side = SideOf(machine, address, bytes);
  if (side == Side::kPageable || side == Side::kOutOfBounds) return kInvalidValue;
  Device& device = *found.device;
  const Mark mark = machine.streams().Enqueue(found, [=, &machine, &device] {
    const auto use = machine.allocations().Use();
    if (!StillThere(machine, side, address, bytes)) {
      Fault(machine, device);
      return;
    }
    std::memset(address, value, bytes);
  });
  // Filling device memory does not make the host wait.
  return Finish(found, mark, may_return_early || side == Side::kDevice);
}

}  // namespace gpuex::mock
