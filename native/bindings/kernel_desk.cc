#include "bindings/kernel_desk.h"

#include <algorithm>
#include <cstring>

namespace gpuex {

namespace {

// More than any ArrayBuffer of Node's holds.
constexpr size_t kMostReached = size_t{1} << 32;

// By the name under which a kernel is registered: whose it is. Of the process, as registrations are.
struct Owners {
  std::mutex mutex;
  std::map<std::string, std::shared_ptr<KernelDesk>> desks;
};
Owners& TheOwners() {
  static auto* owners = new Owners;
  return *owners;
}

}  // namespace

std::shared_ptr<KernelDesk> KernelDesk::Open(Napi::Env env) {
  std::shared_ptr<KernelDesk> desk(new KernelDesk());
  desk->env_ = env;
  desk->host_.data = desk.get();
  desk->host_.serve_until = [](void* data, int (*done)(void*), void* context) {
    auto& self = *static_cast<KernelDesk*>(data);
    while (done(context) == 0) {
      self.Serve();
      std::unique_lock<std::mutex> lock(self.mutex_);
      self.moved_.wait(lock, [&] { return self.woken_ || !self.requests_.empty(); });
      self.woken_ = false;
    }
  };
  desk->host_.wake = [](void* data) {
    auto& self = *static_cast<KernelDesk*>(data);
    {
      const std::lock_guard<std::mutex> lock(self.mutex_);
      self.woken_ = true;
    }
    self.moved_.notify_all();
  };
  // The function's own hold on the desk, given up when the function is finalised.
  auto* held = new std::shared_ptr<KernelDesk>(desk);
  const napi_status status = napi_create_threadsafe_function(
      env, nullptr, nullptr, Napi::String::New(env, "gpu-exceptions kernels"), 0, 1, held,
      [](napi_env, void* data, void*) { delete static_cast<std::shared_ptr<KernelDesk>*>(data); },
      held,
      [](napi_env now, napi_value, void* context, void*) {
        if (now != nullptr) (*static_cast<std::shared_ptr<KernelDesk>*>(context))->Serve();
      },
      &desk->function_);
  if (status != napi_ok) {
    delete held;
    throw Napi::Error::New(env);
  }
  napi_unref_threadsafe_function(env, desk->function_);
  return desk;
}

void KernelDesk::Add(const MockApi& mock, const std::string& name,
                     const std::vector<size_t>& bytes, const std::string& kinds,
                     const Napi::Function& callback) {
  const auto known = kernels_.find(name);
  if (known != kernels_.end()) napi_delete_reference(env_, known->second.callback);
  napi_ref reference = nullptr;
  if (napi_create_reference(env_, callback, 1, &reference) != napi_ok) {
    throw Napi::Error::New(env_);
  }
  kernels_[name] = {reference, bytes, kinds};
  mock_ = mock;
  {
    Owners& owners = TheOwners();
    const std::lock_guard<std::mutex> lock(owners.mutex);
    owners.desks[name] = shared_from_this();
  }
  mock.RegisterKernel(name, Body, bytes);
  mock.SetHostOfThisThread(&host_);
}

void KernelDesk::Remove(const MockApi& mock, const std::string& name) {
  const auto known = kernels_.find(name);
  if (known == kernels_.end()) return;
  napi_delete_reference(env_, known->second.callback);
  kernels_.erase(known);
  Owners& owners = TheOwners();
  const std::lock_guard<std::mutex> lock(owners.mutex);
  const auto owner = owners.desks.find(name);
  // Another environment may have put its own in this one's place.
  if (owner == owners.desks.end() || owner->second.get() != this) return;
  owners.desks.erase(owner);
  mock.RegisterKernel(name, nullptr, {});
}

void KernelDesk::Close() noexcept {
  if (mock_) mock_.SetHostOfThisThread(nullptr);
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    closed_ = true;
    function_ = nullptr;  // the environment frees it
    requests_.clear();
  }
  moved_.notify_all();
  try {
    while (!kernels_.empty()) Remove(mock_, std::string(kernels_.begin()->first));
  } catch (...) {
    kernels_.clear();  // the environment frees their callbacks
  }
}

// On a worker of the stand-in's, which nothing that is thrown may end.
void KernelDesk::Body(const GpuExceptionsMockLaunch* launch) {
  try {
    std::shared_ptr<KernelDesk> desk;
    {
      Owners& owners = TheOwners();
      const std::lock_guard<std::mutex> lock(owners.mutex);
      const auto owner = owners.desks.find(launch->registered);
      if (owner != owners.desks.end()) desk = owner->second;
    }
    if (desk != nullptr) desk->Run(launch);
  } catch (...) {
    launch->fault(launch);
  }
}

void KernelDesk::Run(const GpuExceptionsMockLaunch* launch) {
  Request request{launch};
  std::unique_lock<std::mutex> lock(mutex_);
  if (closed_) return;
  requests_.push_back(&request);
  // The loop may be idle, or its thread may wait for this very stream.
  napi_call_threadsafe_function(function_, nullptr, napi_tsfn_nonblocking);
  moved_.notify_all();
  moved_.wait(lock, [&] { return request.done || (closed_ && !request.taken); });
}

void KernelDesk::Serve() noexcept {
  std::unique_lock<std::mutex> lock(mutex_);
  while (!requests_.empty()) {
    Request* request = requests_.front();
    requests_.pop_front();
    request->taken = true;
    lock.unlock();
    Do(*request->launch);
    lock.lock();
    request->done = true;
    moved_.notify_all();
  }
}

void KernelDesk::Do(const GpuExceptionsMockLaunch& launch) noexcept {
  if (launch.enter(&launch) != 0) return;
  napi_handle_scope scope = nullptr;
  if (napi_open_handle_scope(env_, &scope) == napi_ok) {
    try {
      const auto known = kernels_.find(launch.registered);
      // Else it was taken back since it was launched.
      if (known != kernels_.end()) Call(known->second, launch);
    } catch (...) {
      launch.fault(&launch);
    }
    napi_close_handle_scope(env_, scope);
  }
  launch.leave(&launch);
}

// Plain Node-API: while a worker is being terminated every call may fail.
void KernelDesk::Call(const Kernel& kernel, const GpuExceptionsMockLaunch& launch) {
  constexpr size_t kDimensions = 7;
  constexpr size_t kSlot = 16;
  napi_value arguments[1 + kDimensions + 2] = {};
  napi_value callback = nullptr;
  napi_value undefined = nullptr;
  napi_get_undefined(env_, &undefined);
  napi_get_reference_value(env_, kernel.callback, &callback);
  napi_create_string_utf8(env_, launch.kernel, NAPI_AUTO_LENGTH, &arguments[0]);
  for (size_t i = 0; i < 3; ++i) {
    napi_create_uint32(env_, launch.grid[i], &arguments[1 + i]);
    napi_create_uint32(env_, launch.block[i], &arguments[4 + i]);
  }
  napi_create_double(env_, static_cast<double>(launch.shared_bytes), &arguments[7]);

  size_t total = 0;
  for (const size_t bytes : kernel.bytes) total += std::max((bytes + 7) / 8 * 8, kSlot);
  void* copied = nullptr;
  if (napi_create_arraybuffer(env_, total, &copied, &arguments[8]) != napi_ok) return;
  napi_create_array_with_length(env_, kernel.bytes.size(), &arguments[9]);
  std::vector<napi_value> reached;
  size_t at = 0;
  for (size_t i = 0; i < kernel.bytes.size(); ++i) {
    std::memcpy(static_cast<char*>(copied) + at, launch.arguments[i], kernel.bytes[i]);
    at += std::max((kernel.bytes[i] + 7) / 8 * 8, kSlot);
    napi_value memory = nullptr;
    napi_get_null(env_, &memory);
    if (kernel.kinds[i] == 'p') {
      void* address = nullptr;
      std::memcpy(&address, launch.arguments[i], sizeof address);
      const size_t bytes = std::min(launch.reachable(&launch, address), kMostReached);
      napi_value buffer = nullptr;
      if (bytes > 0 && napi_create_external_arraybuffer(
                           env_, address, bytes, [](napi_env, void*, void*) {}, nullptr,
                           &buffer) == napi_ok) {
        memory = buffer;
        reached.push_back(buffer);
      }
    }
    napi_set_element(env_, arguments[9], static_cast<uint32_t>(i), memory);
  }
  napi_value answer = nullptr;
  const napi_status status = napi_call_function(env_, undefined, callback, std::size(arguments),
                                                arguments, &answer);
  int32_t fault = 1;
  if (status == napi_ok) napi_get_value_int32(env_, answer, &fault);
  // Left pending, it would be taken for the caller's. Of a worker's end nothing can be taken.
  napi_value thrown = nullptr;
  const bool threw = status == napi_pending_exception &&
                     napi_get_and_clear_last_exception(env_, &thrown) == napi_ok;
  // Who kept a view has nothing in hand: the memory may go away from now on.
  for (const napi_value buffer : reached) napi_detach_arraybuffer(env_, buffer);
  if ((status == napi_ok && fault != 0) || (threw && !closed_)) launch.fault(&launch);
}

}  // namespace gpuex
