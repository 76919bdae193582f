// The vendors' sentences for their status codes: programs print them. Static strings.
#pragma once

namespace gpuex::mock {

inline constexpr char kUnrecognisedError[] = "unrecognized error code";

// Of cudart and the driver, which share numbers and words. Null for a number that has none.
const char* CudaErrorText(int status);
const char* CublasStatusText(int status);

}  // namespace gpuex::mock
