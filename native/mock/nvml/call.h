// What every function of the stand-in's NVML does first and last. Order in every call: initialised,
// rules, arguments. It looks past CUDA: all devices, no context, no poison.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <tuple>
#include <type_traits>
#include <vector>

#include "mock/engine/status.h"
#include "mock/nvml/exports.h"
#include "mock/nvml/since.h"
#include "mock/scenario/json.h"
#include "mock/stand_in.h"

namespace gpuex::mock::nvml_layer {

using namespace nvml_status;       // NOLINT

// A device handle is the address of its cell; see cuda.cc. It stays good from one initialisation to
// the next, as NVML's index does within one boot. Behind the boards come the MIG instances.
struct alignas(16) Cell {
  char unused;
};
inline constexpr size_t kMaxInstances = kMaxDevices * 8;
inline Cell device_cells[kMaxDevices + kMaxInstances];
inline Cell event_set_cells[Events::kMaxSets];

// The cell's number; -1: not one of them.
template <size_t count>
int CellOf(const Cell (&cells)[count], const void* handle) {
  const auto address = reinterpret_cast<uintptr_t>(handle);
  const auto base = reinterpret_cast<uintptr_t>(&cells[0]);
  if (address < base || address >= base + sizeof cells) return -1;
  const uintptr_t offset = address - base;
  return offset % sizeof(Cell) == 0 ? static_cast<int>(offset / sizeof(Cell)) : -1;
}

inline nvmlDevice_t HandleOf(const Device& device) {
  const size_t cell = device.parent == nullptr
                          ? static_cast<size_t>(device.nvml_index)
                          : kMaxDevices + static_cast<size_t>(device.serial);
  return reinterpret_cast<nvmlDevice_t>(&device_cells[cell]);
}

inline Device* DeviceOf(const Machine& machine, nvmlDevice_t handle) {
  const int cell = CellOf(device_cells, handle);
  if (cell < static_cast<int>(kMaxDevices)) return machine.DeviceByNvmlIndex(cell);
  const size_t instance = static_cast<size_t>(cell) - kMaxDevices;
  return instance < machine.instances().size() ? machine.instances()[instance].get() : nullptr;
}

inline int IndexOf(const Device* device) { return device == nullptr ? -1 : device->nvml_index; }

// Arguments, as the call log shows them.
template <class... Arguments>
std::tuple<Arguments...> With(Arguments... arguments) {
  return {arguments...};
}

template <class Argument>
std::string Shown(const Machine& machine, Argument argument) {
  if constexpr (std::is_same_v<Argument, nvmlDevice_t>) {
    const Device* device = DeviceOf(machine, argument);
    if (device != nullptr) return std::to_string(device->nvml_index);
  }
  if constexpr (std::is_same_v<Argument, const char*>) {
    return argument == nullptr ? "null" : json::Quote(argument);
  } else if constexpr (std::is_pointer_v<Argument>) {
    if (argument == nullptr) return "null";
    char text[24];
    std::snprintf(text, sizeof text, "\"0x%llx\"",
                  static_cast<unsigned long long>(reinterpret_cast<uintptr_t>(argument)));
    return text;
  } else {
    return std::to_string(argument);
  }
}

template <class Arguments>
std::vector<std::string> ShownAll(const Machine& machine, const Arguments& arguments) {
  return std::apply(
      [&](auto... each) { return std::vector<std::string>{Shown(machine, each)...}; }, arguments);
}

// `find(machine)`: the device that the call is about, or null.
template <class Arguments, class Find, class Body>
nvmlReturn_t Call(Function function, bool needs_init, const Arguments& arguments, Find find,
                  Body body) {
  Machine* const counted = &StandIn::Current();
  const uint64_t entry = counted->CountCall(function);
  int concerned = -1;
  const nvmlReturn_t answer = [&]() -> nvmlReturn_t {
    for (;;) {
      Machine& machine = StandIn::Current();
      if (machine.broken()) return kUnknown;
      if (BranchOf(machine) < SinceBranch(function)) return kFunctionNotFound;
      if (needs_init && !machine.nvml().initialized()) return kUninitialized;
      Device* device = find(machine);
      concerned = IndexOf(device);
      const Verdict verdict =
          machine.Ask(function, Info(function).concerns_device ? concerned : -1);
      if (verdict.kind == Verdict::kRestart) continue;
      if (verdict.kind == Verdict::kAnswer) return verdict.code;
      const int status = body(machine, device);
      if (status != kRestart) return status;
    }
  }();
  if (entry != 0) {
    counted->log().End(entry, concerned, answer, ShownAll(*counted, arguments));
  }
  return answer;
}

template <class Arguments, class Body>
nvmlReturn_t SystemCall(Function function, bool needs_init, const Arguments& arguments,
                        Body body) {
  return Call(
      function, needs_init, arguments, [](const Machine&) -> Device* { return nullptr; },
      [&](Machine& machine, Device*) { return body(machine); });
}

// The shape of nvmlDevice…(device, …); every pointer among the arguments is one that the call fills
// and must not be null. `body(machine, device)`.
template <class... Arguments, class Body>
nvmlReturn_t DeviceCall(Function function, const std::tuple<nvmlDevice_t, Arguments...>& arguments,
                        Body body) {
  const nvmlDevice_t handle = std::get<0>(arguments);
  return Call(
      function, true, arguments, [&](const Machine& machine) { return DeviceOf(machine, handle); },
      [&](Machine& machine, Device* device) -> nvmlReturn_t {
        const auto given = [](auto each) {
          if constexpr (std::is_pointer_v<decltype(each)>) return each != nullptr;
          return true;
        };
        const bool all = std::apply([&](auto... each) { return (given(each) && ...); }, arguments);
        return device == nullptr || !all ? kInvalidArgument : body(machine, *device);
      });
}

// The same for what only a whole board with memory of its own can tell.
template <class... Arguments, class Body>
nvmlReturn_t BoardCall(Function function, const std::tuple<nvmlDevice_t, Arguments...>& arguments,
                       Body body) {
  return DeviceCall(function, arguments, [&](Machine& machine, Device& device) -> nvmlReturn_t {
    if (device.parent != nullptr || device.spec.board->has(board_flags::integrated)) {
      return kNotSupported;
    }
    return body(machine, device);
  });
}

// `find` answers the device that the look-up names, or null.
template <class Arguments, class Find>
nvmlReturn_t HandleCall(Function function, const Arguments& arguments, nvmlDevice_t* handle,
                        int not_found, Find find) {
  return Call(function, true, arguments, find, [&](Machine&, const Device* device) -> nvmlReturn_t {
    if (handle == nullptr) return kInvalidArgument;
    if (device == nullptr) return not_found;
    if (!device->spec.permitted) return kNoPermission;
    *handle = HandleOf(*device);
    return kSuccess;
  });
}

nvmlReturn_t Fill(const std::string& text, char* buffer, unsigned int length);

// `out` = `value`, and success: the end of a call that reads one number.
template <class Out, class Value>
nvmlReturn_t Give(Out* out, Value value) {
  *out = static_cast<Out>(value);
  return kSuccess;
}

// Look-ups, shared by a call and its older forms. Null: no such device.
Device* FindByIndex(const Machine& machine, unsigned int index);
Device* FindByUuid(const Machine& machine, const char* uuid);

}  // namespace gpuex::mock::nvml_layer
