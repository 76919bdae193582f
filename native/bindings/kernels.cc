#include <algorithm>
#include <cstring>

#include "bindings/work.h"
#include "ops/module.h"
#include "ops/ordered_calls.h"
#include "ops/transfer.h"

namespace gpuex {

// What JavaScript writes before it launches: `LaunchArea` in lib/cuda/launch-area.ts.
struct LaunchArea {
  static constexpr size_t kMostArguments = 256;
  // What CUDA 12.1 and later take on recent devices; older ones, 4096.
  static constexpr size_t kArgumentBytes = 32768;
  // Behind the last argument: the driver reads as much as the kernel's parameter is long, which may
  // be more than was given where the parameters are not known.
  static constexpr size_t kSlack = kArgumentBytes;
  // More parameters than a kernel can have: each takes a byte at least.
  static constexpr size_t kMostParameters = kArgumentBytes;

  LaunchShape shape;
  uint32_t count;
  uint32_t used;  // of `arguments`
  uint32_t unchecked;  // the driver does not tell the parameters: there may be more or longer ones
  uint32_t turn;  // JavaScript's own
  double kernel;  // its handle
  double stream;  // its handle
  uint32_t offsets[kMostArguments];  // into `arguments`; see kIsBuffer
  alignas(16) unsigned char arguments[kArgumentBytes + kSlack];

  // An argument that is device memory: its handle and an offset in bytes stand there, two doubles,
  // and are replaced by the address.
  static constexpr uint32_t kIsBuffer = 0x80000000;
};

namespace bindings {

namespace {

LoadedModule& ModuleAt(GpuAddon& addon, double handle) {
  return LiveIn(&addon.modules, handle, "module");
}
const LoadedKernel& KernelAt(GpuAddon& addon, double handle) {
  return LiveIn(&addon.kernels, handle, "kernel");
}

Napi::Value LaunchBuffer(GpuAddon& addon, const Napi::CallbackInfo& info) {
  if (addon.launch_area == nullptr) {
    auto buffer = Napi::ArrayBuffer::New(info.Env(), sizeof(LaunchArea));
    std::memset(buffer.Data(), 0, sizeof(LaunchArea));
    addon.launch_area = static_cast<LaunchArea*>(buffer.Data());
    addon.launch_buffer = Napi::Persistent(buffer);
  }
  return addon.launch_buffer.Value();
}

Napi::Value LoadModuleEntry(GpuAddon& addon, const Napi::CallbackInfo& info) {
  if (!info[0].IsTypedArray()) {
    throw UsageError(UsageError::Kind::kType, "image: a Uint8Array is required");
  }
  const auto array = info[0].As<Napi::TypedArray>();
  const char* bytes = static_cast<const char*>(array.ArrayBuffer().Data()) + array.ByteOffset();
  const std::string image(bytes, array.ByteLength());
  const int device = OrdinalAt(info, 1);
  const DeviceCalls calls = addon.Calls("cuModuleLoadDataEx");
  const LoadedModule module = LoadModule(calls, image, device);
  return Napi::Number::New(info.Env(), addon.modules.Add(module));
}

// On the lane: behind what was launched before.
double UnloadModuleEntry(GpuAddon& addon, const double* arguments) {
  ModuleAt(addon, arguments[0]);
  const LoadedModule module = addon.modules.Remove(arguments[0]);
  for (const double kernel : module.kernels) addon.kernels.Remove(kernel);
  UnloadLater(addon.Calls("cuModuleUnload"), addon.WorkOn(module.device), module,
              [progress = addon.progress()](const NativeError& error) { progress->Report(error); });
  return 0;
}

Napi::Value FindKernelEntry(GpuAddon& addon, const Napi::CallbackInfo& info) {
  const double handle = NumberAt(info, 0, "module");
  const LoadedModule& module = ModuleAt(addon, handle);
  const std::string name = TextAt(info, 1, "name");
  const LoadedKernel kernel = FindKernel(addon.Calls("cuModuleGetFunction"), module, name);
  const double found = addon.kernels.Add(kernel);
  ModuleAt(addon, handle).kernels.push_back(found);
  return Napi::Number::New(info.Env(), found);
}

// Offset and size of each in turn, or null.
Napi::Value KernelParameters(GpuAddon& addon, const Napi::CallbackInfo& info) {
  const LoadedKernel& kernel = KernelAt(addon, NumberAt(info, 0, "kernel"));
  const auto parameters = ParametersOf(addon.Calls("cuFuncGetParamInfo"), kernel);
  if (!parameters) return info.Env().Null();
  Napi::Array answer = Napi::Array::New(info.Env(), parameters->size() * 2);
  for (size_t i = 0; i < parameters->size(); ++i) {
    answer.Set(static_cast<uint32_t>(2 * i), static_cast<double>((*parameters)[i].offset));
    answer.Set(static_cast<uint32_t>(2 * i + 1), static_cast<double>((*parameters)[i].bytes));
  }
  return answer;
}

double KernelAttribute(GpuAddon& addon, const double* arguments) {
  const LoadedKernel& kernel = KernelAt(addon, arguments[0]);
  return AttributeOf(addon.Calls("cuFuncGetAttribute"), kernel, Ordinal(arguments[1]));
}

double SetKernelAttribute(GpuAddon& addon, const double* arguments) {
  const LoadedKernel& kernel = KernelAt(addon, arguments[0]);
  SetAttribute(addon.Calls("cuFuncSetAttribute"), kernel, Ordinal(arguments[1]),
               Ordinal(arguments[2]));
  return 0;
}

double Occupancy(GpuAddon& addon, const double* arguments) {
  const LoadedKernel& kernel = KernelAt(addon, arguments[0]);
  return BlocksPerMultiprocessor(addon.Calls("cuOccupancyMaxActiveBlocksPerMultiprocessor"), kernel,
                                 Ordinal(arguments[1]),
                                 static_cast<size_t>(Ordinal(arguments[2])));
}

// NaN where the driver does not tell.
double DeviceAttribute(GpuAddon& addon, const double* arguments) {
  const int device = Ordinal(arguments[0]);
  const DeviceCalls calls = addon.Calls("cuDeviceGetAttribute");
  const CudaApi& cuda = DriverOf(calls, "cuDeviceGetAttribute", device);
  const CallContext context{device, std::nullopt};
  Check(Library::kCuda, cuda.Start(), "cuInit", context);
  abi::cuda::CUdevice handle = 0;
  Check(Library::kCuda, cuda.cuDeviceGet(&handle, device), "cuDeviceGet", context);
  int value = 0;
  const bool told = cuda.cuDeviceGetAttribute != nullptr &&
                    cuda.cuDeviceGetAttribute(&value, Ordinal(arguments[1]), handle) ==
                        abi::cuda::CUDA_SUCCESS;
  return told ? value : std::numeric_limits<double>::quiet_NaN();
}

// A launch that waits for its turn, with arguments of its own.
struct Deferred {
  LaunchShape shape;
  bool unchecked;
  std::vector<unsigned char> arguments;
  std::vector<void*> places;
};

// What a launch needs beyond its shape: where each argument is, and whose memory it uses.
struct Arguments {
  void* places[LaunchArea::kMostArguments];
  uint32_t count;
  Allocation* memory[LaunchArea::kMostArguments];
  uint32_t memory_count;
};

// Where the driver does not tell how many it reads: one argument too few must not crash the process, so
// there is something to be read in every place.
std::vector<void*> PaddedPlaces(void* const* places, size_t count, void* something) {
  std::vector<void*> padded(LaunchArea::kMostParameters, something);
  std::copy(places, places + count, padded.begin());
  return padded;
}

// Checks what JavaScript wrote, and puts addresses in the place of device memory, whose use can then
// be noted.
void ReadArguments(GpuAddon& addon, LaunchArea* area, const Stream& stream, Arguments* read) {
  void** const pointers = read->places;
  read->memory_count = 0;
  if (area->count > LaunchArea::kMostArguments || area->used > LaunchArea::kArgumentBytes) {
    throw UsageError(UsageError::Kind::kRange, "arguments: there are too many");
  }
  for (uint32_t i = 0; i < area->count; ++i) {
    const uint32_t offset = area->offsets[i] & ~LaunchArea::kIsBuffer;
    if (offset > area->used || offset > LaunchArea::kArgumentBytes - 2 * sizeof(double)) {
      throw UsageError(UsageError::Kind::kRange, "arguments: an offset is out of range");
    }
    unsigned char* const place = area->arguments + offset;
    pointers[i] = place;
    if (area->offsets[i] == offset) continue;
    // One by one, as they were written just now: the processor passes a load only a whole store.
    double handle = 0;
    double start = 0;
    std::memcpy(&handle, place, sizeof handle);
    std::memcpy(&start, place + sizeof handle, sizeof start);
    Allocation& memory = LiveIn(&addon.allocations, handle, "device memory");
    if (memory.device != stream.device()) {
      throw UsageError(UsageError::Kind::kType,
                       "arguments[" + std::to_string(i) + "] is memory of device " +
                           std::to_string(memory.device) + "; the kernel runs on device " +
                           std::to_string(stream.device()));
    }
    const bool whole = start >= 0 && start < 9007199254740992.0;  // 2^53
    const auto within = whole ? static_cast<uint64_t>(static_cast<int64_t>(start)) : 0;
    if (!whole || within > memory.bytes) {
      throw UsageError(UsageError::Kind::kRange, "arguments: an offset is out of range");
    }
    const uint64_t address = reinterpret_cast<uintptr_t>(memory.address) + within;
    std::memcpy(place, &address, sizeof address);
    MakeRoomForUse(&memory, stream);
    read->memory[read->memory_count++] = &memory;
  }
  read->count = area->count;
}

// Neither the memory nor the code may go before the launch is done.
void NoteLaunch(GpuAddon& addon, const LoadedKernel& kernel, const LaunchShape& shape,
                const Arguments& used, const std::shared_ptr<Stream>& stream,
                uint64_t ticket) noexcept {
  for (uint32_t i = 0; i < used.memory_count; ++i) NoteUse(used.memory[i], stream, ticket);
  NoteStreamUse(kernel.uses.get(), stream, ticket);
  addon.recent_launches.Add(stream.get(), kernel, shape);
}

uint64_t LaunchLater(const DeviceCalls& calls, const CudaApi& cuda, const LoadedKernel& kernel,
                     const LaunchArea& area, const Arguments& given,
                     const std::shared_ptr<Stream>& stream) {
  const auto later = std::make_shared<Deferred>();
  later->shape = area.shape;
  later->unchecked = area.unchecked != 0;
  const size_t bytes = area.used + (later->unchecked ? LaunchArea::kSlack : 0);
  later->arguments.assign(area.arguments, area.arguments + bytes);
  for (uint32_t i = 0; i < given.count; ++i) {
    const auto* const place = static_cast<unsigned char*>(given.places[i]);
    later->places.push_back(later->arguments.data() + (place - area.arguments));
  }
  const uint64_t ticket = stream->NewTicket();
  CallLater(
      calls, stream, nullptr, Waits::kNo,
      [later, kernel, stream, calls, &cuda] {
        const CurrentDevice current(calls, kernel.device, {kernel.device, std::nullopt},
                                    CurrentDevice::Needs::kContext);
        auto& places = later->places;
        if (later->unchecked) {
          places = PaddedPlaces(places.data(), places.size(), later->arguments.data());
        }
        LaunchHere(cuda, kernel, later->shape, stream->raw, places.data());
      },
      [stream, ticket](const NativeError& error) { stream->Fail(ticket, error); });
  return ticket;
}

// What stands in the launch buffer.
void LaunchKernel(GpuAddon& addon, const double*) {
  if (addon.launch_area == nullptr) {
    throw UsageError(UsageError::Kind::kType, "launchBuffer() answers where to write the launch");
  }
  LaunchArea& area = *addon.launch_area;
  const LoadedKernel& kernel = KernelAt(addon, area.kernel);
  const std::shared_ptr<Stream>& stream = StreamAt(addon, area.stream);
  if (stream->device() != kernel.device) {
    throw UsageError(UsageError::Kind::kType, "stream: it is of another device than the kernel");
  }
  Arguments given;
  ReadArguments(addon, &area, *stream, &given);
  // Nothing may fail once it is launched.
  MakeRoomForUse(kernel.uses.get());
  addon.recent_launches.MakeRoom(*stream);
  const DeviceCalls calls = addon.Calls("cuLaunchKernel");
  const CudaApi& cuda = DriverOf(calls, "cuLaunchKernel", kernel.device);
  if (!MayCallNow(*stream)) {
    NoteLaunch(addon, kernel, area.shape, given, stream,
               LaunchLater(calls, cuda, kernel, area, given, stream));
    return;
  }
  const CurrentDevice current(calls, kernel.device, {kernel.device, std::nullopt},
                              CurrentDevice::Needs::kContext);
  if (area.unchecked == 0) {
    LaunchHere(cuda, kernel, area.shape, stream->raw, given.places);
  } else {
    auto places = PaddedPlaces(given.places, given.count, area.arguments);
    LaunchHere(cuda, kernel, area.shape, stream->raw, places.data());
  }
  NoteLaunch(addon, kernel, area.shape, given, stream, stream->NewTicket());
}

// recentLaunches(device): name, grid, block, shared bytes and stream of each in turn, the latest
// first; of all devices where it is negative.
Napi::Value RecentLaunchesOn(GpuAddon& addon, const Napi::CallbackInfo& info) {
  const double device = NumberAt(info, 0, "device");
  const auto notes = addon.recent_launches.On(
      device < 0 ? std::nullopt : std::optional<int>(Ordinal(device)));
  Napi::Array answer = Napi::Array::New(info.Env());
  uint32_t next = 0;
  const auto add = [&](unsigned number) { answer.Set(next++, static_cast<double>(number)); };
  for (const LaunchNote& note : notes) {
    answer.Set(next++, *note.kernel);
    for (const unsigned blocks : note.shape.grid) add(blocks);
    for (const unsigned threads : note.shape.block) add(threads);
    add(note.shape.shared_bytes);
    add(note.stream);
  }
  return answer;
}

}  // namespace

void DefineKernels(GpuAddon& addon, Napi::Object exports) {
  Export<LaunchBuffer>(addon, exports, "launchBuffer");
  Export<LoadModuleEntry>(addon, exports, "loadModule");
  ExportFlat<UnloadModuleEntry, 1>(addon, exports, "unloadModule");
  Export<FindKernelEntry>(addon, exports, "findKernel");
  Export<KernelParameters>(addon, exports, "kernelParameters");
  ExportFlat<KernelAttribute, 2>(addon, exports, "kernelAttribute");
  ExportFlat<SetKernelAttribute, 3>(addon, exports, "setKernelAttribute");
  ExportFlat<Occupancy, 3>(addon, exports, "occupancy");
  ExportFlat<DeviceAttribute, 2>(addon, exports, "deviceAttribute");
  ExportFlat<LaunchKernel, 0>(addon, exports, "launchKernel");
  Export<RecentLaunchesOn>(addon, exports, "recentLaunches");
}

}  // namespace bindings
}  // namespace gpuex
