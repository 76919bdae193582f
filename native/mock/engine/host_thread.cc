#include "mock/engine/host_thread.h"

namespace gpuex::mock {
namespace {

thread_local const GpuExceptionsMockHost* host = nullptr;
thread_local int depth = 0;

}  // namespace

const GpuExceptionsMockHost* HostOfThisThread() { return host; }
void SetHostOfThisThread(const GpuExceptionsMockHost* given) { host = given; }

bool InsideKernel() { return depth > 0; }
InsideKernelScope::InsideKernelScope() { ++depth; }
InsideKernelScope::~InsideKernelScope() { --depth; }

}  // namespace gpuex::mock
