// One call as the log shows it: the function and what it was given. Nothing is made into text, or
// copied, unless the scenario asks for a log.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <new>
#include <string>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

#include "mock/stand_in.h"

namespace gpuex::mock {

// How cudart and the driver name a kernel; the log shows the name that its compiler gave it.
struct HostFunction {
  const void* address;
};
struct DriverFunction {
  const void* handle;
};

class LoggedArgument {
 public:
  // A number, an address, a string that ends with NUL, a kernel, or something with x, y and z.
  template <class Value>
  LoggedArgument(Value value) {  // NOLINT: call sites list plain arguments
    if constexpr (std::is_same_v<Value, HostFunction>) {
      kind_ = kHostFunction;
      address_ = value.address;
    } else if constexpr (std::is_same_v<Value, DriverFunction>) {
      kind_ = kDriverFunction;
      address_ = value.handle;
    } else if constexpr (std::is_same_v<Value, const char*>) {
      kind_ = kText;
      address_ = value;
    } else if constexpr (std::is_pointer_v<Value>) {
      kind_ = kAddress;
      address_ = reinterpret_cast<const void*>(value);
    } else if constexpr (std::is_class_v<Value>) {
      kind_ = kExtent;
      extent_[0] = value.x;
      extent_[1] = value.y;
      extent_[2] = value.z;
    } else if constexpr (std::is_signed_v<Value>) {
      kind_ = kSigned;
      signed_ = value;
    } else {
      kind_ = kUnsigned;
      unsigned_ = value;
    }
  }

  // As a JSON value; addresses are strings of hexadecimal digits, and null where they are.
  std::string Shown(Machine& machine) const;

 private:
  enum Kind {
    kSigned,
    kUnsigned,
    kAddress,
    kText,
    kExtent,
    kHostFunction,
    kDriverFunction,
  };
  Kind kind_;
  union {
    long long signed_;
    unsigned long long unsigned_;
    const void* address_;
    unsigned extent_[3];
  };
};

struct Invocation {
  Function function;
  // In the order of the parameters; they live as long as the expression that makes the call.
  std::initializer_list<LoggedArgument> arguments = {};
};

// What `body` answers; `refused` where the host has no memory or no thread for the work that it puts
// into a stream, since nothing may be thrown out of a function of C.
template <class Body>
int Refusing(int refused, Body body) {
  try {
    return body();
  } catch (const std::bad_alloc&) {
    return refused;
  } catch (const std::system_error&) {
    return refused;
  }
}

// Counts a call, runs it, and writes down how it ended. `run(concerned)` answers the status and
// says which device it was about, in the library's own numbering, -1: none.
template <class Run>
int Logged(const Invocation& invocation, Run run) {
  Machine& counted = StandIn::Current();
  const uint64_t entry = counted.CountCall(invocation.function);
  int concerned = -1;
  const int status = run(concerned);
  if (entry != 0) {
    std::vector<std::string> arguments;
    for (const LoggedArgument& each : invocation.arguments) {
      arguments.push_back(each.Shown(counted));
    }
    counted.log().End(entry, concerned, status, std::move(arguments));
  }
  return status;
}

}  // namespace gpuex::mock
