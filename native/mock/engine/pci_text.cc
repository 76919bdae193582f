#include "mock/engine/pci_text.h"

#include <cstdio>

namespace gpuex::mock {
namespace {

// Reads 1 to `max_digits` hexadecimal digits off the front.
bool TakeHex(std::string_view* text, size_t max_digits, unsigned* value) {
  size_t digits = 0;
  unsigned result = 0;
  while (digits < text->size() && digits <= max_digits) {
    const char c = (*text)[digits];
    unsigned digit = 0;
    if (c >= '0' && c <= '9') {
      digit = static_cast<unsigned>(c - '0');
    } else if (c >= 'a' && c <= 'f') {
      digit = static_cast<unsigned>(c - 'a' + 10);
    } else if (c >= 'A' && c <= 'F') {
      digit = static_cast<unsigned>(c - 'A' + 10);
    } else {
      break;
    }
    result = result * 16 + digit;
    ++digits;
  }
  if (digits == 0 || digits > max_digits) return false;
  text->remove_prefix(digits);
  *value = result;
  return true;
}

bool TakeChar(std::string_view* text, char c) {
  if (text->empty() || text->front() != c) return false;
  text->remove_prefix(1);
  return true;
}

}  // namespace

std::string PciText(const PciAddress& address, int domain_digits) {
  char text[40];
  std::snprintf(text, sizeof text, "%0*X:%02X:%02X.%X", domain_digits, address.domain, address.bus,
                address.device, address.function);
  return text;
}

bool ParsePci(std::string_view text, PciAddress* address) {
  PciAddress parsed;
  unsigned first = 0;
  unsigned second = 0;
  if (!TakeHex(&text, 8, &first) || !TakeChar(&text, ':')) return false;
  if (!TakeHex(&text, 2, &second)) return false;
  if (TakeChar(&text, ':')) {
    parsed.domain = first;
    parsed.bus = second;
    if (!TakeHex(&text, 2, &parsed.device)) return false;
  } else {
    parsed.bus = first;
    parsed.device = second;
  }
  if (TakeChar(&text, '.') && !TakeHex(&text, 1, &parsed.function)) return false;
  if (!text.empty() || parsed.bus > 0xff || parsed.device > 0x1f || parsed.function > 7) {
    return false;
  }
  *address = parsed;
  return true;
}

}  // namespace gpuex::mock
