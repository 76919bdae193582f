// The door: what JavaScript can call, group by group.
#include <napi.h>

#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "addon_state.h"
#include "bindings/entry.h"
#include "ops/buffer.h"
#include "ops/holdings.h"
#include "ops/missing.h"

namespace gpuex {

namespace {

// Changes with every incompatible change of lib/native/binding.ts, so that a binary left over from
// another version of the package is told from one that fits.
constexpr int kBindingVersion = 7;

Napi::Value InitializeEntry(GpuAddon& addon, const Napi::CallbackInfo& info) {
  if (!info[0].IsObject()) {
    throw UsageError(UsageError::Kind::kType, "hooks: an object is required");
  }
  return addon.Initialize(info[0].As<Napi::Object>());
}

Napi::Function HookAt(const Napi::Object& hooks, const char* name) {
  const Napi::Value value = hooks.Get(name);
  if (!value.IsFunction()) {
    throw UsageError(UsageError::Kind::kType,
                     std::string("hooks.") + name + ": a function is required");
  }
  return value.As<Napi::Function>();
}

}  // namespace

GpuAddon::GpuAddon(Napi::Env env, Napi::Object exports)
    : process(Process::Get()),
      allocations(process.environments.fetch_add(1, std::memory_order_relaxed) + 1),
      streams(allocations.owner()),
      events(allocations.owner()),
      modules(allocations.owner()),
      kernels(allocations.owner()),
      pinned(std::make_shared<PinnedTable>(allocations.owner())),
      environment_(std::make_shared<const Environment>()),
      raw_env_(env) {
  exports.Set("bindingVersion", Napi::Number::New(env, kBindingVersion));
  bindings::Export<InitializeEntry>(*this, exports, "initialize");
  bindings::DefineLibraries(*this, exports);
  bindings::DefineDevices(*this, exports);
  bindings::DefineMemory(*this, exports);
  bindings::DefineErrors(*this, exports);
  bindings::DefineHealth(*this, exports);
  bindings::DefineBuffers(*this, exports);
  bindings::DefineCompile(*this, exports);
  bindings::DefineKernels(*this, exports);
  bindings::DefineStreams(*this, exports);
  bindings::DefineTransfers(*this, exports);
  bindings::DefineLatch(*this, exports);
  bindings::DefineMock(*this, exports);
  bindings::DefineMockKernels(*this, exports);
  napi_add_env_cleanup_hook(env, BeforeTeardown, this);
}

Napi::Value GpuAddon::Initialize(const Napi::Object& hooks) {
  const Napi::Function create_error = HookAt(hooks, "createError");
  const Napi::Function create_usage_error = HookAt(hooks, "createUsageError");

  auto environment = std::make_shared<Environment>();
  const Napi::Value variables = hooks.Get("environment");
  if (variables.IsObject()) {
    const Napi::Object object = variables.As<Napi::Object>();
    const Napi::Array names = object.GetPropertyNames();
    for (uint32_t i = 0; i < names.Length(); ++i) {
      const Napi::Value name = names.Get(i);
      const Napi::Value value = object.Get(name);
      if (value.IsString()) {
        environment->emplace(name.ToString().Utf8Value(), value.As<Napi::String>().Utf8Value());
      }
    }
  }

  errors_.SetFactories(create_error, create_usage_error);
  const Napi::Value main_thread = hooks.Get("mainThread");
  ends_with_process_ = main_thread.IsBoolean() && main_thread.As<Napi::Boolean>().Value();
  environment_ = std::move(environment);
  if (readings_ != nullptr) return readings_array_.Value();
  // Made here and once: elements that lie off V8's heap and never move, whoever initialises again.
  auto array = Napi::Float64Array::New(create_error.Env(), MemoryReadings::kCount);
  readings_ = array.Data();
  readings_array_ = Napi::Persistent(array);
  return array;
}

const std::shared_ptr<Mailbox>& GpuAddon::mailbox() {
  if (!mailbox_) {
    mailbox_ = Mailbox::Open(Napi::Env(raw_env_));
    // Hooks run in reverse order. Node adds one for the thread-safe function; ours must come before.
    napi_remove_env_cleanup_hook(raw_env_, BeforeTeardown, this);
    napi_add_env_cleanup_hook(raw_env_, BeforeTeardown, this);
  }
  return mailbox_;
}

void GpuAddon::StartKernelDesk() {
  kernel_desk = KernelDesk::Open(Napi::Env(raw_env_));
  // As with the mailbox.
  napi_remove_env_cleanup_hook(raw_env_, BeforeTeardown, this);
  napi_add_env_cleanup_hook(raw_env_, BeforeTeardown, this);
}

// Called by Node from C: nothing may be thrown there.
void GpuAddon::BeforeTeardown(void* data) noexcept {
  auto& self = *static_cast<GpuAddon*>(data);
  self.EndWord();
  try {
    self.TearDown();
  } catch (...) {
    // No memory: the driver takes back with the process what is left.
  }
  for (const auto& [device, work] : self.works_) {
    work->lane->Close();
    work->prompt_lane->Close();
  }
}

// What other threads reach of the environment ends here, whatever there is no memory for.
void GpuAddon::EndWord() noexcept {
  if (mailbox_) mailbox_->Close();
  if (progress_) progress_->Close();
  // A lane may wait for a kernel that JavaScript was to run.
  if (kernel_desk) kernel_desk->Close();
  // V8 takes its memory back next: what a lane does with it ends here. That is one copy of at most
  // GuestMemory::kPiece; a driver that has not come back from it by then is taken to be lost.
  constexpr std::chrono::seconds kLongest{30};
  guest_memory_->Close(kLongest);
  for (const auto& [key, feed] : feeds) feed->End();
  feeds.clear();
  guests.clear();
}

void GpuAddon::TearDown() {
  // The driver takes back what a process leaves; here it could only be waited for.
  if (ends_with_process_) {
    LeaveAll();
  } else {
    GiveBackAll();
  }
}

// Streams and what they hold stay as they are: the driver may be at work with it.
void GpuAddon::LeaveAll() {
  for (const auto& [device, work] : works_) work->abandoned.store(true);
  for (auto& stream : streams.TakeAll()) KeepForEver(std::move(stream));
  for (auto& [handle, stream] : closing) KeepForEver(std::move(stream));
  closing.clear();
}

// On the lanes: nobody waits for it.
void GpuAddon::GiveBackAll() {
  for (const auto& [device, work] : works_) OfferAllLater(work);
  const std::vector<Allocation> memory = allocations.TakeAll();
  auto left_streams = streams.TakeAll();
  for (const auto& [handle, stream] : closing) left_streams.push_back(stream);
  closing.clear();
  const auto left_events = events.TakeAll();
  const auto left_modules = modules.TakeAll();
  if (memory.empty() && left_streams.empty() && left_events.empty() && left_modules.empty()) {
    return;
  }
  const auto* cudart = process.libraries.Find<CudartApi>(*environment_);
  if (cudart == nullptr) return;
  const DeviceCalls calls{&process.libraries, &process.contexts, cudart, Cuda()};
  for (const auto& stream : left_streams) {
    // What it holds for work under way is let go of when that is done.
    stream->Mark(calls);
    stream->HoldUntilDone(calls);
  }
  for (const LoadedModule& each : left_modules) {
    UnloadLater(calls, WorkOn(each.device), each, [](const NativeError&) {});
  }
  for (const auto& event : left_events) DestroyLater(calls, event, nullptr);
  for (const Allocation& each : memory) FreeLater(calls, each, WorkOn(each.device), nullptr);
  for (const auto& stream : left_streams) DestroyLater(calls, stream);
}

DeviceCalls GpuAddon::Calls(const char* call) {
  const auto& cudart = process.libraries.Require<CudartApi>(*environment_, call);
  return {&process.libraries, &process.contexts, &cudart, Cuda()};
}

const CudaApi* GpuAddon::Cuda() {
  if (cuda_ == nullptr) cuda_ = process.libraries.Find<CudaApi>(*environment_);
  return cuda_;
}

const std::shared_ptr<DeviceWork>& GpuAddon::WorkOn(int device) {
  std::shared_ptr<DeviceWork>& work = works_[device];
  if (work == nullptr) work = std::make_shared<DeviceWork>(device, Cuda());
  return work;
}

const std::shared_ptr<Progress>& GpuAddon::progress() {
  if (progress_ == nullptr) {
    // The environment is there while a letter is delivered, and so is its addon.
    const auto letter = Mailbox::Write(
        Mailbox::kNoTicket, [this](napi_env env, napi_value) { TellProgress(env); });
    progress_ = std::make_shared<Progress>(
        [mailbox = mailbox(), letter] { return mailbox->Send(letter); });
  }
  return progress_;
}

Staging& GpuAddon::StagingOn(const std::shared_ptr<DeviceWork>& work) {
  std::shared_ptr<Staging>& staging = staging_[work->device];
  if (staging == nullptr) staging = std::make_shared<Staging>(work, progress(), host_account);
  return *staging;
}

void GpuAddon::TellHostMemory() noexcept {
  const int64_t change = host_account->TakeChange();
  int64_t now = 0;
  if (change != 0) napi_adjust_external_memory(raw_env_, change, &now);
}

// Nothing here may be left out for what somebody else has thrown: promises wait for it.
void GpuAddon::TellProgress(napi_env env) noexcept {
  // Making the error publishes it.
  for (const NativeError& error : progress_->TakeErrors()) errors_.Make(env, error);
  while (const auto stream = progress_->TakeStream()) TellProgress(env, stream);
  TellHostMemory();
}

void GpuAddon::TellFailures(const std::shared_ptr<Stream>& stream) noexcept {
  // Who hears of an error may ask in turn: what was settled must not come before what had failed.
  if (!telling_ && stream->HasFailures()) TellProgress(raw_env_, stream);
}

void GpuAddon::TellProgress(napi_env env, const std::shared_ptr<Stream>& stream) noexcept {
  telling_ = true;
  Stream::News news = stream->TakeNews();
  const auto tell = [&](TicketRange range, napi_value error) {
    const napi_value listener = listeners[static_cast<size_t>(stream->listener)].Value();
    if (listener == nullptr) return;  // that instance of the package was collected
    napi_value arguments[4] = {nullptr, nullptr, nullptr, error};
    napi_value undefined = nullptr;
    napi_create_double(env, stream->handle, &arguments[0]);
    napi_create_double(env, static_cast<double>(range.after), &arguments[1]);
    napi_create_double(env, static_cast<double>(range.last), &arguments[2]);
    napi_get_undefined(env, &undefined);
    const size_t count = error == nullptr ? 3 : 4;
    napi_call_function(env, undefined, listener, count, arguments, nullptr);
    ReportPending(env);
  };
  const auto tell_failure = [&](TicketRange range, NativeError error) {
    error.stream = stream->id;
    const napi_value made = errors_.Make(env, error);
    if (made != nullptr) tell(range, made);  // else no JavaScript can run any more
  };
  for (WorkFailure& failure : news.failures) {
    tell_failure({failure.after, failure.last}, std::move(failure.error));
  }
  if (news.unsaid.last != 0) {
    tell_failure(news.unsaid, OutOfResources(nullptr, stream->device()));
  }
  tell({0, news.settled}, nullptr);
  telling_ = false;
  stream->NoteTold(news.settled, news.in_doubt);
  stream->held.LetGo(news.settled, news.in_doubt);
  LetGoOfGuests(stream->handle, news.settled, news.in_doubt);
  if (!stream->disposed || !stream->idle() || closing.erase(stream->handle) == 0) return;
  try {
    DestroyLater(Calls("cudaStreamDestroy"), stream);
  } catch (...) {
    // Without the runtime there is no stream either.
  }
}

// What is in doubt stays until later work is known to be done, or the environment ends.
void GpuAddon::LetGoOfGuests(double stream, uint64_t settled, TicketRange in_doubt) noexcept {
  for (auto each = guests.lower_bound({stream, 0});
       each != guests.end() && each->first.first == stream && each->first.second <= settled;) {
    each = in_doubt.Has(each->first.second) ? std::next(each) : guests.erase(each);
  }
}

}  // namespace gpuex

namespace {
using gpuex::GpuAddon;
}
NODE_API_ADDON(GpuAddon)
