// Capturing a stream into a graph forbids many calls to other threads, and one that is made all the same
// spoils the capture: cudaStreamQuery and cudaFree, for two. A thread in the relaxed mode is not
// forbidden anything that concerns other streams (CUDA Driver API, "Stream Management":
// cuThreadExchangeStreamCaptureMode). Not verified on hardware.
#pragma once

#include "api/cuda_api.h"

namespace gpuex {

// Sets the calling thread's mode. `*mode` becomes what it was before. False: the driver refused.
inline bool ExchangeCaptureMode(const CudaApi& cuda, abi::cuda::CUstreamCaptureMode* mode) {
  const auto exchange = cuda.cuThreadExchangeStreamCaptureMode;
  return exchange != nullptr && exchange(mode) == abi::cuda::CUDA_SUCCESS;
}

// For a thread of our own: from now on it spoils nobody's capture. Initialises the driver, which has to
// be before a thread has a mode.
inline void SpoilNoCaptures(const CudaApi& cuda) {
  abi::cuda::CUstreamCaptureMode mode = abi::cuda::CU_STREAM_CAPTURE_MODE_RELAXED;
  if (cuda.Start() == abi::cuda::CUDA_SUCCESS) ExchangeCaptureMode(cuda, &mode);
}

// The same for as long as a scope lasts, in an initialised driver.
class RelaxedCapture {
 public:
  explicit RelaxedCapture(const CudaApi& cuda)
      : cuda_(cuda), mode_(abi::cuda::CU_STREAM_CAPTURE_MODE_RELAXED) {
    active_ = ExchangeCaptureMode(cuda_, &mode_);
  }
  ~RelaxedCapture() {
    if (active_) ExchangeCaptureMode(cuda_, &mode_);
  }
  RelaxedCapture(const RelaxedCapture&) = delete;
  RelaxedCapture& operator=(const RelaxedCapture&) = delete;

 private:
  const CudaApi& cuda_;
  abi::cuda::CUstreamCaptureMode mode_;  // after the exchange: the thread's former mode
  bool active_ = false;
};

}  // namespace gpuex
