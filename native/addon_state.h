// What one environment (the main thread, or one worker) has of its own. Its thread alone touches it.
#pragma once

#include <napi.h>

#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "bindings/kernel_desk.h"
#include "bindings/mailbox.h"
#include "errors/js_error.h"
#include "ops/buffer.h"
#include "ops/event.h"
#include "ops/feed.h"
#include "ops/handle_table.h"
#include "ops/host_memory.h"
#include "ops/module.h"
#include "ops/recent_launches.h"
#include "ops/stream.h"
#include "platform/library_catalog.h"
#include "process.h"

namespace gpuex {

struct LaunchArea;  // bindings/launch_area.h

class GpuAddon : public Napi::Addon<GpuAddon> {
 public:
  GpuAddon(Napi::Env env, Napi::Object exports);

  // Takes the hooks of `NativeHooks` in lib/native/binding.ts; those given before are dropped.
  // Answers the readings, which are the same at every call.
  Napi::Value Initialize(const Napi::Object& hooks);

  // The readings that hot calls fill; null before Initialize.
  double* readings() const { return readings_; }
  // Shared with tasks that outlive this environment.
  const std::shared_ptr<const Environment>& environment() const { return environment_; }
  const JsErrors& errors() const { return errors_; }
  const std::shared_ptr<Mailbox>& mailbox();

  // What GPU work needs of the process; opens the libraries when they are first needed. Throws
  // NativeError that names `call`.
  DeviceCalls Calls(const char* call);
  const CudaApi* Cuda();  // null: it could not be opened
  // What the streams of a device share here; made when it is first asked for.
  const std::shared_ptr<DeviceWork>& WorkOn(int device);
  const std::shared_ptr<Progress>& progress();
  Staging& StagingOn(const std::shared_ptr<DeviceWork>& work);
  const std::shared_ptr<GuestMemory>& guest_memory() const { return guest_memory_; }
  // Tells V8 what has changed on the account; to be called where it may have grown.
  void TellHostMemory() noexcept;

  Process& process;
  HandleTable<Allocation> allocations;
  HandleTable<std::shared_ptr<Stream>> streams;
  HandleTable<std::shared_ptr<Event>> events;
  HandleTable<LoadedModule> modules;
  HandleTable<LoadedKernel> kernels;
  RecentLaunches recent_launches;
  LaunchArea* launch_area = nullptr;  // what launches are read from; null before the first
  // Held by the arrays that JavaScript has, and by copies.
  using PinnedTable = HandleTable<std::weak_ptr<PinnedBlock>>;
  const std::shared_ptr<PinnedTable> pinned;  // the arrays' ends may come after the addon's
  const std::shared_ptr<HostAccount> host_account = std::make_shared<HostAccount>();
  uint64_t streams_made = 0;
  // Streams that JavaScript has let go of, until their work is done.
  std::map<double, std::shared_ptr<Stream>> closing;
  // Memory that they have yet to give back.
  FreesInStreams frees_in_streams;
  // Open ones, by stream and ticket.
  std::map<std::pair<double, uint64_t>, std::shared_ptr<Feed>> feeds;
  // Views of memory that V8 owns, until the copies that use it are told, by stream and ticket. Held
  // here, because JavaScript may be ended before it has taken hold of the memory itself.
  std::map<std::pair<double, uint64_t>, Napi::Reference<Napi::Value>> guests;
  // The legacy default streams, by device and listener: handles of `streams` that nobody has to give
  // back.
  std::map<std::pair<int, int>, double> default_streams;
  // ProgressCallback in lib/native/binding.ts: one of each instance of the package, which holds it.
  std::vector<Napi::FunctionReference> listeners;
  // What is known to have failed is told at once and not in the loop's turn: for answers about the
  // stream that go by what was told.
  void TellFailures(const std::shared_ptr<Stream>& stream) noexcept;
  std::shared_ptr<KernelDesk> kernel_desk;  // kernels of the stand-in that JavaScript runs; or null
  void StartKernelDesk();
  Napi::Reference<Napi::ArrayBuffer> launch_buffer;  // keeps the memory of launch_area alive

 private:
  static void BeforeTeardown(void* self) noexcept;
  void EndWord() noexcept;
  void TearDown();
  void GiveBackAll();
  void LeaveAll();
  void TellProgress(napi_env env) noexcept;
  void TellProgress(napi_env env, const std::shared_ptr<Stream>& stream) noexcept;
  void LetGoOfGuests(double stream, uint64_t settled, TicketRange in_doubt) noexcept;

  JsErrors errors_;
  Napi::Reference<Napi::Float64Array> readings_array_;  // keeps the memory of readings_ alive
  double* readings_ = nullptr;
  bool ends_with_process_ = false;
  std::shared_ptr<const Environment> environment_;
  std::shared_ptr<Mailbox> mailbox_;  // opened when first needed
  std::map<int, std::shared_ptr<DeviceWork>> works_;
  std::map<int, std::shared_ptr<Staging>> staging_;
  const std::shared_ptr<GuestMemory> guest_memory_ = std::make_shared<GuestMemory>();
  std::shared_ptr<Progress> progress_;
  bool telling_ = false;
  const CudaApi* cuda_ = nullptr;  // opened when first needed
  napi_env raw_env_;
};

}  // namespace gpuex
