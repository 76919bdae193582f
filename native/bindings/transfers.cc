#include <cstring>

#include "bindings/byte_range.h"
#include "bindings/work.h"

namespace gpuex::bindings {

namespace {

Range RangeHere(GpuAddon& addon, double handle, double offset, double length,
                const Stream& stream) {
  return bindings::RangeHere(&addon.allocations, handle, offset, length, stream);
}

Napi::Value Ticket(const Napi::CallbackInfo& info, const Range& range,
                   const std::shared_ptr<Stream>& stream, uint64_t ticket) {
  NoteUse(range.allocation, stream, ticket);
  return Napi::Number::New(info.Env(), static_cast<double>(ticket));
}

// The arguments that all of those with a view begin with: handle, offset, stream, view.
struct ViewCall {
  ViewCall(GpuAddon& addon, const Napi::CallbackInfo& info)
      : view(ViewAt(info, 3)),
        stream(StreamAt(addon, NumberAt(info, 2, "stream"))),
        range(RangeHere(addon, NumberAt(info, 0, "handle"), NumberAt(info, 1, "offset"),
                        static_cast<double>(view.bytes), *stream)),
        calls(addon.Calls("cudaMemcpyAsync")) {}

  const View view;
  const std::shared_ptr<Stream> stream;
  const Range range;
  const DeviceCalls calls;
};

uint64_t CopyStaged(const DeviceCalls& calls, const std::shared_ptr<Stream>& stream,
                    Direction direction, void* device, size_t bytes, const Staging::Block& block) {
  const auto copy = block.pinned ? CopyPinned : CopyPageable;
  return copy(calls, stream, direction, device, block.data, bytes, block.hold);
}

Napi::Value WriteStaged(GpuAddon& addon, const Napi::CallbackInfo& info) {
  const ViewCall call(addon, info);
  const Staging::Block block = TakeStaging(addon, call.calls, call.stream, call.view.bytes);
  std::memcpy(block.data, call.view.data, call.view.bytes);
  const uint64_t ticket = CopyStaged(call.calls, call.stream, Direction::kToDevice,
                                     call.range.address, call.view.bytes, block);
  return Ticket(info, call.range, call.stream, ticket);
}

Napi::Value CopyGuestView(GpuAddon& addon, const Napi::CallbackInfo& info, Direction direction) {
  const ViewCall call(addon, info);
  // Before a lane can touch the memory. A strong reference of the environment's own: when JavaScript is
  // terminated as this call returns, nobody else has it any more.
  const auto guest = addon.guests
                         .insert_or_assign({call.stream->handle, call.stream->last_ticket() + 1},
                                           Napi::Persistent(info[3]))
                         .first;
  uint64_t ticket = 0;
  try {
    ticket = CopyGuest(call.calls, call.stream, direction, call.range.address, call.view.data,
                       call.view.bytes, addon.guest_memory());
  } catch (...) {
    addon.guests.erase(guest);
    throw;
  }
  return Ticket(info, call.range, call.stream, ticket);
}

Napi::Value WriteGuest(GpuAddon& addon, const Napi::CallbackInfo& info) {
  return CopyGuestView(addon, info, Direction::kToDevice);
}

Napi::Value ReadGuest(GpuAddon& addon, const Napi::CallbackInfo& info) {
  return CopyGuestView(addon, info, Direction::kToHost);
}

// readStaged(handle, offset, stream, length), then takeRead(stream, ticket, view).
double ReadStaged(GpuAddon& addon, const double* arguments) {
  const auto stream = StreamAt(addon, arguments[2]);
  const Range range = RangeHere(addon, arguments[0], arguments[1], arguments[3], *stream);
  const DeviceCalls calls = addon.Calls("cudaMemcpyAsync");
  const Staging::Block block = TakeStaging(addon, calls, stream, range.length);
  const uint64_t ticket =
      CopyStaged(calls, stream, Direction::kToHost, range.address, range.length, block);
  NoteUse(range.allocation, stream, ticket);
  return static_cast<double>(ticket);
}

Napi::Value TakeRead(GpuAddon& addon, const Napi::CallbackInfo& info) {
  const View view = ViewAt(info, 2);
  const auto stream = StreamEvenDisposed(addon, NumberAt(info, 0, "stream"));
  const auto ticket = static_cast<uint64_t>(Size(NumberAt(info, 1, "ticket"), "ticket"));
  const void* data = stream->held.Find(ticket, view.bytes);
  if (data == nullptr) {
    throw UsageError(UsageError::Kind::kType, "ticket: nothing of that size was read with it");
  }
  std::memcpy(view.data, data, view.bytes);
  return info.Env().Undefined();
}

// --- Pinned memory of ours: copyPinned(handle, offset, stream, pinned, pinnedOffset, length, toHost).

double CopyPinnedMemory(GpuAddon& addon, const double* arguments) {
  const auto stream = StreamAt(addon, arguments[2]);
  const Range range = RangeHere(addon, arguments[0], arguments[1], arguments[5], *stream);
  const auto block = LiveIn(addon.pinned.get(), arguments[3], "pinned memory").lock();
  const size_t offset = Size(arguments[4], "pinnedOffset");
  if (block == nullptr || offset > block->bytes || range.length > block->bytes - offset) {
    throw UsageError(UsageError::Kind::kRange, "pinnedOffset: it ends beyond the pinned memory");
  }
  const DeviceCalls calls = addon.Calls("cudaMemcpyAsync");
  const auto direction = arguments[6] != 0 ? Direction::kToHost : Direction::kToDevice;
  // Of a stand-in that was configured afresh since, it is ordinary memory.
  const bool still_pinned =
      block->mock_generation == calls.libraries->MockGenerationsHere().next;
  const auto copy = still_pinned ? CopyPinned : CopyPageable;
  const uint64_t ticket = copy(calls, stream, direction, range.address,
                               static_cast<char*>(block->data) + offset, range.length, block);
  NoteUse(range.allocation, stream, ticket);
  return static_cast<double>(ticket);
}

// Answers [ArrayBuffer, handle]. The array's memory stays for as long as the array, and for copies
// that use it.
Napi::Value AllocPinned(GpuAddon& addon, const Napi::CallbackInfo& info) {
  const size_t bytes = Size(NumberAt(info, 0, "bytes"), "bytes");
  const int device = OrdinalAt(info, 1);
  if (bytes == 0) throw UsageError(UsageError::Kind::kRange, "bytes: at least 1 is required");
  const Napi::Env env = info.Env();
  const auto block = AllocatePinned(addon.Calls("cudaHostAlloc"), addon.WorkOn(device),
                                    addon.progress(), bytes);
  struct Hold {
    std::shared_ptr<GpuAddon::PinnedTable> table;
    std::shared_ptr<PinnedBlock> block;
    double handle;
  };
  const double handle = addon.pinned->Add(block);
  auto* hold = new Hold{addon.pinned, block, handle};
  napi_value array = nullptr;
  const napi_status status = napi_create_external_arraybuffer(
      env, block->data, bytes,
      [](napi_env, void*, void* data) {
        auto* ended = static_cast<Hold*>(data);
        HandleProblem problem = HandleProblem::kNone;
        if (ended->table->Find(ended->handle, &problem) != nullptr) {
          ended->table->Remove(ended->handle);
        }
        delete ended;
      },
      hold, &array);
  if (status != napi_ok) {
    HandleProblem problem = HandleProblem::kNone;
    if (status == napi_no_external_buffers_allowed) {
      addon.pinned->Remove(handle);
      delete hold;
      throw UsageError(UsageError::Kind::kPlain,
                       "this Node does not allow memory of its own kind to be lent to an "
                       "ArrayBuffer (Electron's sandbox)");
    }
    // What Node refuses by itself it also ends by our function, at once or later: `hold` is that one's.
    if (addon.pinned->Find(handle, &problem) != nullptr) {
      addon.pinned->Remove(handle);
      hold->block = nullptr;
    }
    throw Napi::Error::New(env);
  }
  Napi::Array answer = Napi::Array::New(env, 2);
  answer.Set(0u, Napi::Value(env, array));
  answer.Set(1u, Napi::Number::New(env, handle));
  return answer;
}

Napi::Value LivePinned(GpuAddon& addon, const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<double>(addon.pinned->live()));
}

// What V8 reckons with: `process.memoryUsage()` shows of it what ArrayBuffers take, and no more.
Napi::Value ExternalMemory(GpuAddon&, const Napi::CallbackInfo& info) {
  int64_t bytes = 0;
  napi_adjust_external_memory(info.Env(), 0, &bytes);
  return Napi::Number::New(info.Env(), static_cast<double>(bytes));
}

// --- Bit by bit: openFeed(handle, offset, stream, length) answers the ticket; feed(stream, ticket,
// view) until all is there, or endFeed(stream, ticket) before.

double OpenFeed(GpuAddon& addon, const double* arguments) {
  const auto stream = StreamAt(addon, arguments[2]);
  const Range range = RangeHere(addon, arguments[0], arguments[1], arguments[3], *stream);
  const DeviceCalls calls = addon.Calls("cudaMemcpyAsync");
  const auto feed = std::make_shared<Feed>(range.length, addon.host_account);
  const uint64_t ticket = CopyFeed(calls, stream, range.address, feed);
  try {
    NoteUse(range.allocation, stream, ticket);
    addon.feeds[{arguments[2], ticket}] = feed;
  } catch (...) {
    feed->End();  // the lane waits for what nobody feeds
    throw;
  }
  return static_cast<double>(ticket);
}

std::shared_ptr<Feed> FeedAt(GpuAddon& addon, double stream, double ticket, bool last) {
  const auto found = addon.feeds.find({stream, static_cast<uint64_t>(Size(ticket, "ticket"))});
  if (found == addon.feeds.end()) {
    throw UsageError(UsageError::Kind::kType, "ticket: no feed is open with it");
  }
  std::shared_ptr<Feed> feed = found->second;
  if (last) addon.feeds.erase(found);
  return feed;
}

Napi::Value FeedMore(GpuAddon& addon, const Napi::CallbackInfo& info) {
  const View view = ViewAt(info, 2);
  const auto feed =
      FeedAt(addon, NumberAt(info, 0, "stream"), NumberAt(info, 1, "ticket"), false);
  if (!feed->More(view.data, view.bytes)) {
    throw UsageError(UsageError::Kind::kRange, "view: it is more than was announced");
  }
  addon.TellHostMemory();
  return info.Env().Undefined();
}

double EndFeed(GpuAddon& addon, const double* arguments) {
  const auto feed = FeedAt(addon, arguments[0], arguments[1], true);
  if (!feed->full()) feed->End();
  return 0;
}

// --- On the device.

// fill(handle, offset, stream, length, value)
double FillMemory(GpuAddon& addon, const double* arguments) {
  const auto stream = StreamAt(addon, arguments[2]);
  const Range range = RangeHere(addon, arguments[0], arguments[1], arguments[3], *stream);
  const auto value = static_cast<int>(Size(arguments[4], "value") & 0xFF);
  const uint64_t ticket =
      Fill(addon.Calls("cudaMemsetAsync"), stream, range.address, value, range.length);
  NoteUse(range.allocation, stream, ticket);
  return static_cast<double>(ticket);
}

// copyDevice(to, toOffset, stream, from, fromOffset, length)
double CopyDeviceMemory(GpuAddon& addon, const double* arguments) {
  const auto stream = StreamAt(addon, arguments[2]);
  const auto range_at = [&](double handle, double offset) {
    return RangeAt(&addon.allocations, handle, offset, arguments[5], *stream);
  };
  const Range to = range_at(arguments[0], arguments[1]);
  const Range from = range_at(arguments[3], arguments[4]);
  if (!IsOfDevice(to, *stream) && !IsOfDevice(from, *stream)) throw WrongDevice(from, *stream);
  const uint64_t ticket = CopyDevice(addon.Calls("cudaMemcpyAsync"), stream,
                                     {to.address, to.allocation->device},
                                     {from.address, from.allocation->device}, to.length);
  NoteUse(to.allocation, stream, ticket);
  NoteUse(from.allocation, stream, ticket);
  return static_cast<double>(ticket);
}

}  // namespace

void DefineTransfers(GpuAddon& addon, Napi::Object exports) {
  Export<WriteStaged>(addon, exports, "writeStaged");
  Export<WriteGuest>(addon, exports, "writeGuest");
  Export<ReadGuest>(addon, exports, "readGuest");
  ExportFlat<ReadStaged, 4>(addon, exports, "readStaged");
  Export<TakeRead>(addon, exports, "takeRead");
  ExportFlat<CopyPinnedMemory, 7>(addon, exports, "copyPinned");
  Export<AllocPinned>(addon, exports, "allocPinned");
  Export<LivePinned>(addon, exports, "livePinned");
  Export<ExternalMemory>(addon, exports, "externalMemory");
  ExportFlat<OpenFeed, 4>(addon, exports, "openFeed");
  Export<FeedMore>(addon, exports, "feed");
  ExportFlat<EndFeed, 2>(addon, exports, "endFeed");
  ExportFlat<FillMemory, 5>(addon, exports, "fill");
  ExportFlat<CopyDeviceMemory, 6>(addon, exports, "copyDevice");
}

}  // namespace gpuex::bindings
