// PCI bus ids as text, in the spellings that CUDA and NVML use and accept.
#pragma once

#include <string>
#include <string_view>

#include "mock/engine/scenario.h"

namespace gpuex::mock {

// "0000:3B:00.0"; NVML's long form has 8 digits of domain.
std::string PciText(const PciAddress& address, int domain_digits);

// "[domain:]bus:device[.function]" in hexadecimal, of any case. False: not that form.
bool ParsePci(std::string_view text, PciAddress* address);

}  // namespace gpuex::mock
