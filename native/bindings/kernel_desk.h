// Kernels of the stand-in that JavaScript runs. A stream's worker brings a launch here and waits; the
// environment's thread does the work when its loop comes to it, or where it waits for a stream itself.
#pragma once

#include <napi.h>

#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "api/mock_api.h"

namespace gpuex {

class KernelDesk : public std::enable_shared_from_this<KernelDesk> {
 public:
  // On the environment's thread, and so are Add, Remove and Close.
  static std::shared_ptr<KernelDesk> Open(Napi::Env env);

  // `kinds`: one letter for each parameter, `p` for a pointer. The callback gets the kernel's name,
  // grid, block, shared bytes, the arguments as they are (16 bytes each at least), and for each
  // parameter an ArrayBuffer of what the pointer reaches, or null; it answers 1 for a fault.
  void Add(const MockApi& mock, const std::string& name, const std::vector<size_t>& bytes,
           const std::string& kinds, const Napi::Function& callback);
  void Remove(const MockApi& mock, const std::string& name);
  // Before the environment is torn down: who waits goes on, and nothing was computed. Kernels whose
  // names cannot be taken back for want of memory compute nothing from now on.
  void Close() noexcept;

  const GpuExceptionsMockHost* host() const { return &host_; }

 private:
  struct Kernel {
    napi_ref callback;
    std::vector<size_t> bytes;
    std::string kinds;
  };
  struct Request {
    const GpuExceptionsMockLaunch* launch;
    bool taken = false;
    bool done = false;
  };
  KernelDesk() = default;
  static void Body(const GpuExceptionsMockLaunch* launch);
  void Run(const GpuExceptionsMockLaunch* launch);
  // Called from C, and within calls of CUDA: nothing may be thrown there.
  void Serve() noexcept;
  // What there is no memory for is a fault of the kernel's.
  void Do(const GpuExceptionsMockLaunch& launch) noexcept;
  void Call(const Kernel& kernel, const GpuExceptionsMockLaunch& launch);

  std::mutex mutex_;
  std::condition_variable moved_;
  std::deque<Request*> requests_;
  bool woken_ = false;
  bool closed_ = false;
  napi_threadsafe_function function_ = nullptr;

  // The environment's thread only.
  napi_env env_ = nullptr;
  std::map<std::string, Kernel> kernels_;
  MockApi mock_;
  GpuExceptionsMockHost host_{};
};

}  // namespace gpuex
