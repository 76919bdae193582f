// NVML's events. A set belongs to one machine: after a reset its handle is void.
#include "mock/nvml/call.h"

namespace gpuex::mock::nvml_layer {
namespace {

constexpr unsigned kNoInstance = 0xFFFFFFFF;
constexpr unsigned kWaitForEver = 0xFFFFFFFF;
constexpr uint64_t kEccEvents = 1 | 2;             // single- and double-bit errors
constexpr uint64_t kAlways = 4 | 8 | 16 | 0x8000;  // P-state, critical Xid, clock, recovery action

uint64_t Supported(const Device& device) {
  return kAlways | (device.spec.board->has(board_flags::ecc) ? kEccEvents : 0);
}

int SetOf(nvmlEventSet_t set) { return CellOf(event_set_cells, set); }

enum class Fields { kFirstThree, kAll };

template <class Arguments>
nvmlReturn_t Wait(Function function, const Arguments& arguments, nvmlEventSet_t handle,
                  nvmlEventData_t* data, unsigned timeout_ms, Fields fields) {
  return SystemCall(function, true, arguments, [&](Machine& machine) -> nvmlReturn_t {
    const int set = SetOf(handle);
    Events& events = machine.events();
    if (data == nullptr || !events.Exists(set)) return kInvalidArgument;
    const uint64_t deadline =
        timeout_ms == kWaitForEver ? Clock::kForEver : machine.clock().Now() + timeout_ms;
    machine.Wait(deadline, [&] { return events.HasEvent(set) || !events.Exists(set); });
    if (machine.retired()) return kRestart;
    const std::optional<Event> event = events.Take(set);
    if (!event) return events.Exists(set) ? kTimeout : kInvalidArgument;
    data->device = HandleOf(*event->device);
    data->eventType = event->type;
    data->eventData = event->data;
    if (fields == Fields::kAll) data->gpuInstanceId = data->computeInstanceId = kNoInstance;
    return kSuccess;
  });
}

}  // namespace
}  // namespace gpuex::mock::nvml_layer

using namespace gpuex::mock;              // NOLINT
using namespace gpuex::mock::nvml_layer;  // NOLINT

GPUEX_MOCK_EXPORT nvmlReturn_t nvmlEventSetCreate(nvmlEventSet_t* set) {
  return SystemCall(Function::nvmlEventSetCreate, true, With(set),
                    [&](Machine& machine) -> nvmlReturn_t {
                      if (set == nullptr) return kInvalidArgument;
                      const int number = machine.events().Create();
                      if (number < 0) return kInsufficientResources;
                      *set = reinterpret_cast<nvmlEventSet_t>(&event_set_cells[number]);
                      return kSuccess;
                    });
}

GPUEX_MOCK_EXPORT nvmlReturn_t nvmlEventSetFree(nvmlEventSet_t set) {
  return SystemCall(Function::nvmlEventSetFree, true, With(set),
                    [&](Machine& machine) -> nvmlReturn_t {
                      const bool freed = machine.events().Free(SetOf(set));
                      machine.clock().Wake();
                      return freed ? kSuccess : kInvalidArgument;
                    });
}

GPUEX_MOCK_EXPORT nvmlReturn_t nvmlDeviceGetSupportedEventTypes(nvmlDevice_t device,
                                                                unsigned long long* eventTypes) {
  return BoardCall(Function::nvmlDeviceGetSupportedEventTypes, With(device, eventTypes),
                   [&](Machine&, const Device& found) {
                     return Give(eventTypes, Supported(found));
                   });
}

GPUEX_MOCK_EXPORT nvmlReturn_t nvmlDeviceRegisterEvents(nvmlDevice_t device,
                                                        unsigned long long eventTypes,
                                                        nvmlEventSet_t set) {
  return BoardCall(Function::nvmlDeviceRegisterEvents, With(device, eventTypes, set),
                   [&](Machine& machine, const Device& found) -> nvmlReturn_t {
                     if (!machine.events().Exists(SetOf(set))) return kInvalidArgument;
                     if ((eventTypes & ~Supported(found)) != 0) return kNotSupported;
                     machine.events().Register(SetOf(set), &found, eventTypes);
                     return kSuccess;
                   });
}

GPUEX_MOCK_EXPORT nvmlReturn_t nvmlEventSetWait_v2(nvmlEventSet_t set, nvmlEventData_t* data,
                                                   unsigned int timeoutms) {
  return Wait(Function::nvmlEventSetWait_v2, With(set, data, timeoutms), set, data, timeoutms,
              Fields::kAll);
}

GPUEX_MOCK_EXPORT nvmlReturn_t nvmlEventSetWait(nvmlEventSet_t set, nvmlEventData_t* data,
                                                unsigned int timeoutms) {
  return Wait(Function::nvmlEventSetWait, With(set, data, timeoutms), set, data, timeoutms,
              Fields::kFirstThree);
}
