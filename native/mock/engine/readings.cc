#include "mock/engine/readings.h"

#include "mock/engine/board.h"

namespace gpuex::mock {
namespace {

constexpr uint64_t kGpuIdle = 1;  // nvmlClocksEventReasonGpuIdle
constexpr int kIdleTemperature = 34;
constexpr unsigned kIdleFanPercent = 30;

}  // namespace

DeviceReadings IdleReadings(const Board& board) {
  DeviceReadings readings;
  readings.temperature_c = kIdleTemperature;
  readings.power_mw = board.power_idle_w * 1000;
  readings.power_limit_mw = board.power_limit_w * 1000;
  // Idle boards keep their memory clock (data centre) and drop the others.
  const unsigned idle_mhz = board.max_graphics_mhz / 6 / 15 * 15;
  readings.clocks_mhz = {idle_mhz, idle_mhz, board.max_memory_mhz, idle_mhz * 3 / 2};
  readings.throttle_reasons = kGpuIdle;
  readings.ecc_enabled = board.has(board_flags::ecc);
  readings.fan_percent = board.has(board_flags::fan) ? kIdleFanPercent : 0;
  return readings;
}

}  // namespace gpuex::mock
