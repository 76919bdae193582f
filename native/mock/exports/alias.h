// What every export layer says at its end, for each function of its list.
#pragma once

#include <type_traits>

// It is here, with the signature that callers use.
#define GPUEX_MOCK_CHECK(presence, result, name, parameters) \
  static_assert(std::is_same_v<decltype(&name), result(*) parameters>);

// The second name of every exported function. The libraries with NVIDIA's names (native/mock/exports)
// jump to it: they cannot use the first one, because they carry it themselves.
#if defined(__linux__)
#define GPUEX_MOCK_ALIAS(presence, result, name, parameters) \
  extern "C" __attribute__((visibility("default"), alias(#name))) decltype(name) gpuex_##name;
#else
#define GPUEX_MOCK_ALIAS(presence, result, name, parameters)
#endif
