// Board profiles: what one model of GPU is. Constant data, one row for each in boards.def.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace gpuex::mock {

// Values as NVML has them (nvmlDeviceArchitecture_t, nvmlBrandType_t).
enum class Architecture : unsigned { turing = 6, ampere = 7, ada = 8, hopper = 9, blackwell = 10 };
enum class Brand : unsigned { unknown = 0, tesla = 2, geforce = 5, nvidia = 14 };

namespace board_flags {
inline constexpr unsigned none = 0;
inline constexpr unsigned ecc = 1;         // has ECC memory, switched on
inline constexpr unsigned mig = 2;         // can be divided into MIG instances
inline constexpr unsigned fabric = 4;      // belongs to an NVSwitch fabric
inline constexpr unsigned fan = 8;         // has a fan of its own
inline constexpr unsigned integrated = 16; // shares the system's memory; NVML answers little
}  // namespace board_flags

struct Board {
  const char* profile;
  const char* name;  // as the driver tells it
  unsigned memory_mib;
  unsigned reserved_mib;  // 0: 1/148 of the memory
  const char* compute_capability;
  Architecture architecture;
  Brand brand;
  unsigned flags;
  unsigned power_limit_w;
  unsigned power_min_w;
  unsigned power_idle_w;
  unsigned max_graphics_mhz;
  unsigned max_memory_mhz;
  unsigned max_video_mhz;
  unsigned cores;
  unsigned bus_width_bits;
  unsigned bar1_mib;
  unsigned pcie_generation;
  unsigned pci_device;  // the chip's number; NVIDIA's 0x10DE goes below it

  bool has(unsigned flag) const { return (flags & flag) != 0; }
  // Ampere data-centre boards and later remap rows; Turing retires pages; neither without ECC.
  bool remaps_rows() const {
    return has(board_flags::ecc) && architecture >= Architecture::ampere;
  }
  bool retires_pages() const {
    return has(board_flags::ecc) && architecture < Architecture::ampere;
  }
};

// Null when there is none of that name.
const Board* FindBoard(std::string_view profile);
const Board& DefaultBoard();
std::vector<std::string_view> BoardProfiles();

}  // namespace gpuex::mock
