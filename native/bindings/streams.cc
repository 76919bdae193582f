#include "bindings/question.h"
#include "bindings/work.h"
#include "ops/missing.h"
#include "ops/ordered_calls.h"

namespace gpuex::bindings {

namespace {

const std::shared_ptr<Event>& EventAt(GpuAddon& addon, double handle) {
  return LiveIn(&addon.events, handle, "event");
}

// --- Streams.

void CheckListener(GpuAddon& addon, double listener) {
  if (!(listener >= 0 && listener < static_cast<double>(addon.listeners.size()))) {
    throw UsageError(UsageError::Kind::kType, "listener: onProgress() answers it");
  }
}

double CreateStream(GpuAddon& addon, const double* arguments) {
  const int device = Ordinal(arguments[0]);
  CheckListener(addon, arguments[3]);
  if (!(arguments[2] >= std::numeric_limits<int>::min() &&
        arguments[2] <= std::numeric_limits<int>::max())) {
    throw UsageError(UsageError::Kind::kRange, "priority: it is out of range");
  }
  const auto priority = static_cast<int>(arguments[2]);
  const DeviceCalls calls = addon.Calls("cudaStreamCreateWithPriority");
  const auto stream =
      MakeStream(calls, addon.WorkOn(device), addon.progress(), arguments[1] != 0, priority);
  stream->listener = static_cast<int>(arguments[3]);
  stream->id = ++addon.streams_made;
  try {
    stream->handle = addon.streams.Add(stream);
  } catch (...) {
    DestroyLater(calls, stream);
    throw;
  }
  return stream->handle;
}

double StreamId(GpuAddon& addon, const double* arguments) {
  return static_cast<double>(StreamAt(addon, arguments[0])->id);
}

double DefaultStream(GpuAddon& addon, const double* arguments) {
  const int device = Ordinal(arguments[0]);
  CheckListener(addon, arguments[1]);
  const std::pair<int, int> key{device, static_cast<int>(arguments[1])};
  const auto known = addon.default_streams.find(key);
  if (known != addon.default_streams.end()) return known->second;
  const auto stream = std::make_shared<Stream>(addon.WorkOn(device), addon.progress(), nullptr,
                                               Stream::Kind::kDefault, 0);
  stream->listener = key.second;
  stream->handle = addon.streams.Add(stream);
  addon.default_streams[key] = stream->handle;
  return stream->handle;
}

double DisposeStream(GpuAddon& addon, const double* arguments) {
  const auto stream = StreamAt(addon, arguments[0]);
  if (stream->kind == Stream::Kind::kDefault) {
    throw UsageError(UsageError::Kind::kType, "stream: the default stream cannot be disposed of");
  }
  const DeviceCalls calls = addon.Calls("cudaStreamDestroy");
  const bool idle = stream->idle();
  // Before it is let go of, since there may be no memory for it.
  if (!idle) addon.closing[arguments[0]] = stream;
  addon.streams.Remove(arguments[0]);
  stream->disposed = true;
  stream->Mark(calls);
  if (idle) DestroyLater(calls, stream);
  return static_cast<double>(stream->last_ticket());
}

double MarkStream(GpuAddon& addon, const double* arguments) {
  // Disposed of since it was asked to: that has marked it.
  HandleProblem problem = HandleProblem::kNone;
  const auto* stream = addon.streams.Find(arguments[0], &problem);
  if (stream != nullptr) (*stream)->Mark(addon.Calls("cudaLaunchHostFunc"));
  return 0;
}

// A ticket for nothing: settles when all that was put in before does.
double TouchStream(GpuAddon& addon, const double* arguments) {
  return static_cast<double>(StreamAt(addon, arguments[0])->NewTicket());
}

// Whether the driver says that it is done: "not ready" is an answer and no failure.
double Answer(const DeviceCalls& calls, int status, const char* call, int device) {
  if (status == abi::cudart::cudaErrorNotReady) return 0;
  CheckCudart(*calls.cudart, status, call, {device, std::nullopt});
  return 1;
}

double QueryStream(GpuAddon& addon, const double* arguments) {
  const auto stream = StreamAt(addon, arguments[0]);
  // Where it is idle, what a lane has yet to make is of another stream, with which it keeps order.
  if (!MayCallNow(*stream) && !stream->idle()) return 0;
  const int device = stream->device();
  const DeviceCalls calls = addon.Calls("cudaStreamQuery");
  const auto query = Needed(calls.cudart->cudaStreamQuery, "cudaStreamQuery", device);
  const double done = InStream(*stream, [&] {
    const CurrentDevice current(calls, device, {device, std::nullopt});
    return Answer(calls, query(stream->raw), "cudaStreamQuery", device);
  });
  if (done == 1) addon.TellFailures(stream);
  // The host function by which the driver told that it is done may still be on its way back.
  return done == 0 && stream->idle() ? 1 : done;
}

// --- Events.

double CreateEvent(GpuAddon& addon, const double* arguments) {
  const int device = Ordinal(arguments[0]);
  const DeviceCalls calls = addon.Calls("cudaEventCreateWithFlags");
  const auto event = MakeEvent(calls, addon.WorkOn(device), arguments[1] != 0);
  try {
    return addon.events.Add(event);
  } catch (...) {
    DestroyLater(calls, event, addon.progress());
    throw;
  }
}

double DisposeEvent(GpuAddon& addon, const double* arguments) {
  const auto event = EventAt(addon, arguments[0]);
  addon.events.Remove(arguments[0]);
  DestroyLater(addon.Calls("cudaEventDestroy"), event, addon.progress());
  return 0;
}

double RecordEvent(GpuAddon& addon, const double* arguments) {
  const auto event = EventAt(addon, arguments[0]);
  const auto stream = StreamAt(addon, arguments[1]);
  const DeviceCalls calls = addon.Calls("cudaEventRecord");
  event->recorded_in = stream;
  const int device = stream->device();
  const auto record = Needed(calls.cudart->cudaEventRecord, "cudaEventRecord", device);
  return static_cast<double>(PutIn(calls, stream, event, [=] {
    CheckCudart(*calls.cudart, record(event->raw, stream->raw), "cudaEventRecord",
                {device, std::nullopt});
  }));
}

double WaitForEvent(GpuAddon& addon, const double* arguments) {
  const auto stream = StreamAt(addon, arguments[0]);
  const auto event = EventAt(addon, arguments[1]);
  const DeviceCalls calls = addon.Calls("cudaStreamWaitEvent");
  const int device = stream->device();
  const auto wait = Needed(calls.cudart->cudaStreamWaitEvent, "cudaStreamWaitEvent", device);
  return static_cast<double>(PutIn(calls, stream, event, [=] {
    CheckCudart(*calls.cudart, wait(stream->raw, event->raw, 0), "cudaStreamWaitEvent",
                {device, std::nullopt});
  }));
}

// The work before an event is that of the stream that it was last recorded in.
std::optional<uint64_t> StreamOf(const Event& event) {
  const auto stream = event.recorded_in.lock();
  return stream == nullptr ? std::nullopt : std::optional<uint64_t>(stream->id);
}

double QueryEvent(GpuAddon& addon, const double* arguments) {
  const auto event = EventAt(addon, arguments[0]);
  if (!event->order.idle()) return 0;
  const int device = event->work->device;
  const DeviceCalls calls = addon.Calls("cudaEventQuery");
  const auto query = Needed(calls.cudart->cudaEventQuery, "cudaEventQuery", device);
  const double done = InStream(StreamOf(*event), [&] {
    const CurrentDevice current(calls, device, {device, std::nullopt});
    return Answer(calls, query(event->raw), "cudaEventQuery", device);
  });
  const auto stream = done == 1 ? event->recorded_in.lock() : nullptr;
  if (stream != nullptr) addon.TellFailures(stream);
  return done;
}

// Asks on the lane, where what is given back meanwhile comes behind, and has the loop run
// `callback(undefined, answer)` or `callback(error)`.
template <typename Ask>
Napi::Value AskOnLane(GpuAddon& addon, const Napi::Function& callback, int device,
                      const char* call, Ask ask) {
  const auto mailbox = addon.mailbox();
  const uint64_t ticket = mailbox->NewTicket();
  // The environment is there while a letter is delivered, and so is its addon.
  const auto tell = [self = &addon](napi_env env, napi_value function,
                                    const std::optional<double>& answer,
                                    const std::optional<NativeError>& failure) {
    napi_value undefined = nullptr;
    napi_get_undefined(env, &undefined);
    napi_value error = failure ? self->errors().Make(env, *failure) : nullptr;
    napi_value arguments[2] = {error == nullptr ? undefined : error, undefined};
    if (answer) napi_create_double(env, *answer, &arguments[1]);
    napi_call_function(env, undefined, function, 2, arguments, nullptr);
  };
  mailbox->Keep(ticket, callback);
  PostBehindCalls(addon.WorkOn(device),
                  Question(mailbox, ticket, Exhausted(Library::kCudart, call, device),
                           std::move(ask), tell));
  return callback.Env().Undefined();
}

// elapsedMs(start, end, callback)
Napi::Value ElapsedMs(GpuAddon& addon, const Napi::CallbackInfo& info) {
  const auto start = EventAt(addon, NumberAt(info, 0, "start"));
  const auto end = EventAt(addon, NumberAt(info, 1, "end"));
  const int device = start->work->device;
  static constexpr char kCall[] = "cudaEventElapsedTime";
  const DeviceCalls calls = addon.Calls(kCall);
  const auto elapsed = Needed(calls.cudart->cudaEventElapsedTime, kCall, device);
  const auto ask = [=, stream = StreamOf(*end)]() -> double {
    return InStream(stream, [&] {
      const CallContext context{device, std::nullopt};
      const CurrentDevice current(calls, device, context);
      float milliseconds = 0;
      CheckCudart(*calls.cudart, elapsed(&milliseconds, start->raw, end->raw), kCall, context);
      return milliseconds;
    });
  };
  return AskOnLane(addon, FunctionAt(info, 2, "callback"), device, kCall, ask);
}

// --- All of them.

Napi::Value OnProgress(GpuAddon& addon, const Napi::CallbackInfo& info) {
  addon.listeners.push_back(Napi::Weak(FunctionAt(info, 0, "callback")));
  return Napi::Number::New(info.Env(), static_cast<double>(addon.listeners.size() - 1));
}

double HoldLoop(GpuAddon& addon, const double* arguments) {
  addon.mailbox()->HoldLoop(arguments[0] > 0 ? 1 : -1);
  return 0;
}

// synchronizeDevice(device, callback)
Napi::Value SynchronizeDevice(GpuAddon& addon, const Napi::CallbackInfo& info) {
  const int device = OrdinalAt(info, 0);
  const Napi::Function callback = FunctionAt(info, 1, "callback");
  static constexpr char kCall[] = "cudaDeviceSynchronize";
  const DeviceCalls calls = addon.Calls(kCall);
  const auto ask = [calls, device]() -> double {
    const CallContext context{device, std::nullopt};
    const CurrentDevice current(calls, device, context);
    const auto synchronize = Needed(calls.cudart->cudaDeviceSynchronize, kCall, device);
    CheckCudart(*calls.cudart, synchronize(), kCall, context);
    return 0;
  };
  return AskOnLane(addon, callback, device, kCall, ask);
}

Napi::Value LiveHandles(GpuAddon& addon, const Napi::CallbackInfo& info) {
  const size_t live = addon.allocations.live() + addon.streams.live() + addon.events.live() -
                      addon.default_streams.size();
  return Napi::Number::New(info.Env(), static_cast<double>(live));
}

}  // namespace

void DefineStreams(GpuAddon& addon, Napi::Object exports) {
  ExportFlat<CreateStream, 4>(addon, exports, "createStream");
  ExportFlat<StreamId, 1>(addon, exports, "streamId");
  ExportFlat<DefaultStream, 2>(addon, exports, "defaultStream");
  ExportFlat<DisposeStream, 1>(addon, exports, "disposeStream");
  ExportFlat<MarkStream, 1>(addon, exports, "markStream");
  ExportFlat<TouchStream, 1>(addon, exports, "touchStream");
  ExportFlat<QueryStream, 1>(addon, exports, "queryStream");
  ExportFlat<CreateEvent, 2>(addon, exports, "createEvent");
  ExportFlat<DisposeEvent, 1>(addon, exports, "disposeEvent");
  ExportFlat<RecordEvent, 2>(addon, exports, "recordEvent");
  ExportFlat<WaitForEvent, 2>(addon, exports, "waitForEvent");
  ExportFlat<QueryEvent, 1>(addon, exports, "queryEvent");
  ExportFlat<HoldLoop, 1>(addon, exports, "holdLoop");
  Export<ElapsedMs>(addon, exports, "elapsedMs");
  Export<OnProgress>(addon, exports, "onProgress");
  Export<SynchronizeDevice>(addon, exports, "synchronizeDevice");
  Export<LiveHandles>(addon, exports, "liveHandles");
}

}  // namespace gpuex::bindings
