// Programs as users write them, compiled by NVIDIA's nvcc. Where the stand-in runs them, the kernels
// have host implementations; on a GPU they run themselves, and the output is the same.
#include <cstdio>
#include <cstring>
#include <thread>

#include "mock/kernel.h"

__global__ void vectorAdd(const float* a, const float* b, float* sum, int count) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < count) sum[i] = a[i] + b[i];
}

__global__ void writeAt(int* where, long long index) { where[index] = 1; }

namespace onHost {

using gpu_exceptions_mock::Argument;
using gpu_exceptions_mock::Span;

void VectorAdd(const GpuExceptionsMockLaunch* launch) {
  Span<const float> a(launch, Argument<const float*>(launch, 0));
  Span<const float> b(launch, Argument<const float*>(launch, 1));
  Span<float> sum(launch, Argument<float*>(launch, 2));
  const size_t count = static_cast<size_t>(Argument<int>(launch, 3));
  const size_t threads = size_t{launch->grid[0]} * launch->block[0];
  for (size_t i = 0; i < threads && i < count; ++i) sum[i] = a[i] + b[i];
}

void WriteAt(const GpuExceptionsMockLaunch* launch) {
  Span<int> where(launch, Argument<int*>(launch, 0));
  where[static_cast<size_t>(Argument<long long>(launch, 1))] = 1;
}

void Register() {
  const size_t add[] = {8, 8, 8, 4};
  const size_t write[] = {8, 8};
  gpuExceptionsMockKernel("vectorAdd", VectorAdd, add, 4);
  gpuExceptionsMockKernel("writeAt", WriteAt, write, 2);
}

}  // namespace onHost

static void say(const char* what, cudaError_t error) {
  std::printf("%s: %d %s (%s)\n", what, error, cudaGetErrorName(error), cudaGetErrorString(error));
}

static void deviceQuery() {
  int count = 0;
  say("cudaGetDeviceCount", cudaGetDeviceCount(&count));
  for (int i = 0; i < count; ++i) {
    cudaDeviceProp prop;
    cudaGetDeviceProperties(&prop, i);
    char bus[32];
    cudaDeviceGetPCIBusId(bus, sizeof bus, i);
    std::printf("%d: %s, %d.%d, %zu bytes, %d SMs, warp %d, integrated %d, bus %s, optin %zu\n", i,
                prop.name, prop.major, prop.minor, prop.totalGlobalMem, prop.multiProcessorCount,
                prop.warpSize, prop.integrated, bus, prop.sharedMemPerBlockOptin);
  }
}

static void addVectors(cudaStream_t stream, float first) {
  const int count = 1000;
  float *a, *b, *sum;
  cudaMalloc(&a, count * sizeof(float));
  cudaMalloc(&b, count * sizeof(float));
  cudaMalloc(&sum, count * sizeof(float));
  float* host = nullptr;
  cudaMallocHost(&host, count * sizeof(float));
  for (int i = 0; i < count; ++i) host[i] = first + i;
  cudaMemcpyAsync(a, host, count * sizeof(float), cudaMemcpyHostToDevice, stream);
  cudaMemcpyAsync(b, host, count * sizeof(float), cudaMemcpyHostToDevice, stream);
  vectorAdd<<<(count + 255) / 256, 256, 0, stream>>>(a, b, sum, count);
  say("launch", cudaGetLastError());
  cudaMemcpyAsync(host, sum, count * sizeof(float), cudaMemcpyDeviceToHost, stream);
  say("synchronize", cudaStreamSynchronize(stream));
  std::printf("sum %g ... %g\n", host[0], host[count - 1]);
  cudaFree(a);
  cudaFree(b);
  cudaFree(sum);
  cudaFreeHost(host);
}

static void twoStreams() {
  cudaStream_t streams[2];
  for (auto& stream : streams) cudaStreamCreate(&stream);
  addVectors(streams[0], 1);
  addVectors(streams[1], 100);
  for (auto& stream : streams) say("destroy", cudaStreamDestroy(stream));
}

static void outOfMemory() {
  size_t before, after, total;
  cudaMemGetInfo(&before, &total);
  void* block = nullptr;
  say("too much", cudaMalloc(&block, total * 2));
  say("last error", cudaGetLastError());
  say("enough", cudaMalloc(&block, 1 << 20));
  cudaFree(block);
  cudaMemGetInfo(&after, &total);
  std::printf("memory is back: %d\n", before == after);
}

static void illegalAccess() {
  int* block = nullptr;
  cudaMalloc(&block, 1024);
  writeAt<<<1, 1>>>(block, 3);
  say("inside", cudaDeviceSynchronize());
  writeAt<<<1, 1>>>(block, 1LL << 40);
  say("outside", cudaDeviceSynchronize());
  say("last error", cudaGetLastError());
  say("and again", cudaGetLastError());
  void* more = nullptr;
  say("cudaMalloc", cudaMalloc(&more, 16));
}

static void lastErrorPerThread() {
  say("cudaSetDevice", cudaSetDevice(99));
  std::thread([] { say("other thread", cudaGetLastError()); }).join();
  say("peek", cudaPeekAtLastError());
  say("get", cudaGetLastError());
  say("get", cudaGetLastError());
  vectorAdd<<<1, 2048>>>(nullptr, nullptr, nullptr, 0);
  say("too many threads", cudaGetLastError());
}

int main(int, char** argv) {
  onHost::Register();
  const char* part = argv[1];
  if (std::strcmp(part, "device-query") == 0) deviceQuery();
  if (std::strcmp(part, "vector-add") == 0) addVectors(nullptr, 1);
  if (std::strcmp(part, "two-streams") == 0) twoStreams();
  if (std::strcmp(part, "out-of-memory") == 0) outOfMemory();
  if (std::strcmp(part, "illegal-access") == 0) illegalAccess();
  if (std::strcmp(part, "last-error") == 0) lastErrorPerThread();
  return 0;
}
