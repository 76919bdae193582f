// How the stand-in is steered. Besides the vendor functions it exports these; their presence is
// also how the addon knows that it talks to a stand-in (`libraries()[i].mock`).
#pragma once

#include <cstddef>

#if defined(_WIN32)
#define GPUEX_MOCK_EXPORT extern "C" __declspec(dllexport)
#else
#define GPUEX_MOCK_EXPORT extern "C" __attribute__((visibility("default")))
#endif

// Version of this control interface; also the marker symbol.
GPUEX_MOCK_EXPORT int gpuExceptionsMockVersion();

// Runs one control verb. `argument` is JSON text (or empty), the answer is JSON text.
//   "configure"  a scenario: replaces devices, ledger, rules and counters; every thread starts afresh
//   "reset"      back to the scenario's beginning
//   "inject"     one rule, or a preset, added behind the others
//   "generation"  two numbers: which configuration answered the calling thread's last call, and which
//                 one is current. Numbers rise with every "configure" and "reset"; 0: no call yet.
//   "state"      devices with their ledgers, contexts, and the number of calls by function
//   "log"        the latest calls with arguments, thread and answer; needs `callLog` in the scenario
//   "advance"    {"ms": …}: moves the clock on
//   "raiseXid"   {"xid": …, "device": NVML index}: an event for whoever registered
//   "changeDevice"  {"device": NVML index, "condition": {…}}: what NVML reads from now on
//   "catalog"    the names of all profiles, presets and functions
// Returns 0, or 1 with the reason (naming the key, the value and the nearest valid one) in `answer`.
// `*needed` receives the full length with the terminating NUL; a short buffer is cut, never overrun.
GPUEX_MOCK_EXPORT int gpuExceptionsMockControl(const char* verb, const char* argument, char* answer,
                                               size_t size, size_t* needed);

// The answer of "generation", for those who ask at every call.
GPUEX_MOCK_EXPORT void gpuExceptionsMockGenerations(unsigned long long* last,
                                                    unsigned long long* next);
