#include "mock/engine/kernels.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <unordered_map>
#include <utility>

#include "mock/engine/device_facts.h"
#include "mock/engine/host_thread.h"
#include "mock/engine/machine.h"
#include "mock/engine/status.h"
#include "mock/scenario/read_scenario.h"

namespace gpuex::mock {
namespace {

using namespace cuda_status;  // NOLINT

struct Implementation {
  GpuExceptionsMockKernelBody body;
  std::vector<size_t> argument_bytes;
  bool elsewhere;
  std::string registered;
};

struct Registry {
  std::mutex mutex;
  std::unordered_map<const void*, Kernel*> by_host_function;
  std::vector<std::unique_ptr<Kernel>> kernels;  // never freed: handles stay good
  std::vector<std::unique_ptr<void*>> binaries;  // likewise
  std::unordered_map<std::string, Implementation> implementations;
};

// Programs take their kernels back while the process exits, so it is never destroyed.
Registry& TheRegistry() {
  static Registry* registry = new Registry;
  return *registry;
}

// "vectorAdd" of "_Z9vectorAddPKfS0_Pfi"; empty for names in namespaces and others.
std::string PlainName(const std::string& mangled) {
  if (mangled.compare(0, 2, "_Z") != 0) return {};
  size_t at = 2;
  size_t length = 0;
  while (at < mangled.size() && mangled[at] >= '0' && mangled[at] <= '9' && length < 4096) {
    length = length * 10 + static_cast<size_t>(mangled[at++] - '0');
  }
  return length <= mangled.size() - at ? mangled.substr(at, length) : std::string();
}

bool FindImplementation(const std::string& name, Implementation* found) {
  Registry& registry = TheRegistry();
  std::lock_guard<std::mutex> lock(registry.mutex);
  if (registry.implementations.empty()) return false;
  auto entry = registry.implementations.find(name);
  if (entry == registry.implementations.end()) {
    const std::string plain = PlainName(name);
    if (plain.empty()) return false;
    entry = registry.implementations.find(plain);
  }
  if (entry == registry.implementations.end()) return false;
  *found = entry->second;
  return true;
}

struct Running {
  Machine* machine;
  bool faulted = false;
  // Of work that is done elsewhere.
  std::optional<std::shared_lock<std::shared_mutex>> use = std::nullopt;
  std::optional<InsideKernelScope> inside = std::nullopt;
};

int Enter(const GpuExceptionsMockLaunch* launch) {
  auto& running = *static_cast<Running*>(launch->internal);
  running.use.emplace(running.machine->allocations().Use());
  if (running.machine->retired()) {
    running.use.reset();
    return 1;
  }
  running.inside.emplace();
  return 0;
}

void Leave(const GpuExceptionsMockLaunch* launch) {
  auto& running = *static_cast<Running*>(launch->internal);
  running.inside.reset();
  running.use.reset();
}

size_t Reachable(const GpuExceptionsMockLaunch* launch, const void* address) {
  return static_cast<Running*>(launch->internal)->machine->Reachable(address);
}

void MarkFault(const GpuExceptionsMockLaunch* launch) {
  static_cast<Running*>(launch->internal)->faulted = true;
}

// An implementation of other parameters would read what is not there.
bool Agree(const Kernel& kernel, const Implementation& implementation) {
  if (!kernel.parameters) return true;
  const bool agree = std::equal(
      kernel.parameters->begin(), kernel.parameters->end(), implementation.argument_bytes.begin(),
      implementation.argument_bytes.end(),
      [](const KernelParameter& parameter, size_t bytes) { return parameter.bytes == bytes; });
  if (!agree) {
    std::fprintf(stderr,
                 "%sthe host implementation of %s has other parameters than the kernel; its launch "
                 "answers CUDA_ERROR_INVALID_VALUE\n",
                 kErrorPrefix, kernel.name.c_str());
  }
  return agree;
}

// The arguments, copied when the launch is made, as the hardware does.
struct Arguments {
  std::vector<std::vector<std::max_align_t>> storage;
  std::vector<void*> pointers;

  Arguments(const std::vector<size_t>& sizes, void** values) {
    for (size_t i = 0; i < sizes.size(); ++i) {
      storage.emplace_back(sizes[i] / sizeof(std::max_align_t) + 1);
      std::memcpy(storage.back().data(), values[i], sizes[i]);
    }
    for (auto& each : storage) pointers.push_back(each.data());
  }
};

}  // namespace

void* RegisterBinary() {
  Registry& registry = TheRegistry();
  std::lock_guard<std::mutex> lock(registry.mutex);
  registry.binaries.push_back(std::make_unique<void*>(nullptr));
  return registry.binaries.back().get();
}

void UnregisterBinary(void* binary) {
  Registry& registry = TheRegistry();
  std::lock_guard<std::mutex> lock(registry.mutex);
  auto& known = registry.by_host_function;
  for (auto it = known.begin(); it != known.end();) {
    if (it->second->binary == binary) {
      it->second->binary = nullptr;
      it = known.erase(it);
    } else {
      ++it;
    }
  }
}

void RegisterKernel(void* binary, const void* host_function, const char* name) {
  Registry& registry = TheRegistry();
  std::lock_guard<std::mutex> lock(registry.mutex);
  registry.kernels.push_back(
      std::make_unique<Kernel>(Kernel{name == nullptr ? "" : name, binary}));
  Kernel* kernel = registry.kernels.back().get();
  registry.by_host_function[host_function] = kernel;
}

const Kernel* FindKernel(const void* host_function) {
  Registry& registry = TheRegistry();
  std::lock_guard<std::mutex> lock(registry.mutex);
  const auto found = registry.by_host_function.find(host_function);
  return found == registry.by_host_function.end() ? nullptr : found->second;
}

void ImplementKernel(const char* name, GpuExceptionsMockKernelBody body,
                     const size_t* argument_bytes, size_t count, bool elsewhere) {
  Registry& registry = TheRegistry();
  std::lock_guard<std::mutex> lock(registry.mutex);
  if (body == nullptr) {
    registry.implementations.erase(name);
    return;
  }
  registry.implementations[name] = {
      body, {argument_bytes, argument_bytes + count}, elsewhere, name};
}

int BlocksThatFit(const Device& device, int block_size, size_t shared_bytes) {
  const DeviceFacts facts = FactsOf(device.spec);
  if (block_size > 1024 || shared_bytes > static_cast<size_t>(facts.shared_per_block_optin)) {
    return 0;
  }
  int blocks = std::min(facts.blocks_per_multiprocessor,
                        facts.threads_per_multiprocessor / block_size);
  if (shared_bytes > 0) {
    const size_t by_memory =
        static_cast<size_t>(facts.shared_per_multiprocessor) / (shared_bytes + 1024);
    blocks = std::min(blocks, static_cast<int>(std::max<size_t>(by_memory, 1)));
  }
  return blocks;
}

int Launch(Machine& machine, ThreadState& thread, const Kernel& kernel,
           const ThreadState::LaunchConfiguration& configuration, void** arguments) {
  const Streams::Found found = machine.streams().Find(thread, configuration.stream);
  if (found.stream == nullptr) return kInvalidHandle;
  const auto& grid = configuration.grid;
  const auto& block = configuration.block;
  if (grid[0] == 0 || grid[1] == 0 || grid[2] == 0 || block[0] == 0 || block[1] == 0 ||
      block[2] == 0 || grid[0] > 0x7fffffffU || grid[1] > 65535 || grid[2] > 65535 ||
      block[0] > 1024 || block[1] > 1024 || block[2] > 64 ||
      static_cast<uint64_t>(block[0]) * block[1] * block[2] > 1024) {
    return kInvalidConfiguration;
  }
  if (configuration.shared_bytes > 0 &&
      configuration.shared_bytes >
          static_cast<size_t>(machine.kernel_settings().MaxDynamicShared(kernel, *found.device))) {
    return kInvalidValue;
  }
  machine.CountLaunch(kernel.name);
  Implementation implementation;
  if (!FindImplementation(kernel.name, &implementation)) return kSuccess;
  if (!implementation.argument_bytes.empty() && arguments == nullptr) return kInvalidValue;
  if (!Agree(kernel, implementation)) return kInvalidValue;

  const auto copied = std::make_shared<Arguments>(implementation.argument_bytes, arguments);
  Device* device = found.device;
  machine.streams().Enqueue(
      found, [&machine, device, copied, configuration, name = kernel.name, implementation] {
        // What is done elsewhere holds the memory there, and not while it waits to be done.
        auto use = machine.allocations().Use();
        if (implementation.elsewhere) use.unlock();
        if (machine.retired()) return;
        Running running{&machine};
        GpuExceptionsMockLaunch launch{};
        launch.kernel = name.c_str();
        std::memcpy(launch.grid, configuration.grid, sizeof launch.grid);
        std::memcpy(launch.block, configuration.block, sizeof launch.block);
        launch.shared_bytes = configuration.shared_bytes;
        launch.arguments = copied->pointers.data();
        launch.reachable = Reachable;
        launch.fault = MarkFault;
        launch.internal = &running;
        launch.registered = implementation.registered.c_str();
        launch.enter = Enter;
        launch.leave = Leave;
        std::optional<InsideKernelScope> inside;
        if (!implementation.elsewhere) inside.emplace();
        implementation.body(&launch);
        if (running.faulted && !machine.retired()) machine.Poison(kIllegalAddress, device->cuda_ordinal.load());
      });
  return kSuccess;
}

}  // namespace gpuex::mock
