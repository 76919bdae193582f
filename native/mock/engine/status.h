// The status numbers that the engine itself decides on. Everything else comes from rules, and its
// meaning from native/errors/codes.
#pragma once

namespace gpuex::mock {

// No vendor status: the machine was replaced while the call was inside it, so the call starts again
// on the new one. Never leaves the library.
inline constexpr int kRestart = -0x7fff0001;

// cudart and the driver give these numbers the same meaning since CUDA 10.1.
namespace cuda_status {
inline constexpr int kSuccess = 0;
inline constexpr int kInvalidValue = 1;
inline constexpr int kOutOfMemory = 2;
inline constexpr int kNotInitialized = 3;
inline constexpr int kInvalidConfiguration = 9;       // cudart only
inline constexpr int kInvalidMemcpyDirection = 21;    // cudart only
inline constexpr int kInsufficientDriver = 35;        // cudart only
inline constexpr int kMissingConfiguration = 52;      // cudart only
inline constexpr int kNoDevice = 100;
inline constexpr int kInvalidDeviceFunction = 98;  // cudart only
inline constexpr int kInvalidDevice = 101;
inline constexpr int kInvalidImage = 200;
inline constexpr int kInvalidContext = 201;
inline constexpr int kNoBinaryForGpu = 209;
inline constexpr int kPeerAccessUnsupported = 217;
inline constexpr int kInvalidPtx = 218;
inline constexpr int kInvalidHandle = 400;
inline constexpr int kCooperativeLaunchTooLarge = 720;
inline constexpr int kNotFound = 500;
inline constexpr int kNotReady = 600;
inline constexpr int kIllegalAddress = 700;
inline constexpr int kPeerAccessAlreadyEnabled = 704;
inline constexpr int kPeerAccessNotEnabled = 705;
inline constexpr int kContextIsDestroyed = 709;
inline constexpr int kHostMemoryAlreadyRegistered = 712;
inline constexpr int kHostMemoryNotRegistered = 713;
inline constexpr int kNotPermitted = 800;
inline constexpr int kNotSupported = 801;
inline constexpr int kUnknown = 999;
}  // namespace cuda_status

namespace nvml_status {
inline constexpr int kSuccess = 0;
inline constexpr int kUninitialized = 1;
inline constexpr int kInvalidArgument = 2;
inline constexpr int kNotSupported = 3;
inline constexpr int kNoPermission = 4;
inline constexpr int kNotFound = 6;
inline constexpr int kInsufficientSize = 7;
inline constexpr int kDriverNotLoaded = 9;
inline constexpr int kTimeout = 10;
inline constexpr int kFunctionNotFound = 13;
inline constexpr int kInsufficientResources = 23;
inline constexpr int kArgumentVersionMismatch = 25;
inline constexpr int kUnknown = 999;
}  // namespace nvml_status

}  // namespace gpuex::mock
