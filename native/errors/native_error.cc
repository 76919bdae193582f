#include "errors/native_error.h"

#include <limits>

namespace gpuex {

MemoryReadings MemoryReadings::Unknown(double source) {
  constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();
  return {kUnknown, kUnknown, kUnknown, kUnknown, source};
}

}  // namespace gpuex
