#include <dlfcn.h>
#include <pthread.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <new>

#include "support.h"

namespace {

constexpr unsigned kLongestSeconds = 120;
constexpr int kAlways = -1;
constexpr int kNever = -2;
thread_local int refused = kNever;
const char* stand_in = nullptr;
std::atomic<bool> no_threads{false};

bool AskedHere(void* from) {
  Dl_info asks;
  Dl_info here;
  return dladdr(from, &asks) != 0 && dladdr(reinterpret_cast<void*>(AskedHere), &here) != 0 &&
         asks.dli_fbase == here.dli_fbase;
}

bool Refuses(void* from) {
  if (refused < 0) return refused == kAlways;
  if (!AskedHere(from)) return false;
  if (refused-- > 0) return false;
  refused = kNever;
  return true;
}

void* Allocate(size_t bytes, void* from) {
  void* const memory = Refuses(from) ? nullptr : std::malloc(bytes == 0 ? 1 : bytes);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

void* operator new(size_t bytes) { return Allocate(bytes, __builtin_return_address(0)); }
void* operator new[](size_t bytes) { return Allocate(bytes, __builtin_return_address(0)); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, size_t) noexcept { std::free(memory); }

// The system's, or that of a sanitizer.
extern "C" __attribute__((visibility("default"))) int pthread_create(
    pthread_t* thread, const pthread_attr_t* attributes, void* (*start)(void*),
    void* argument) noexcept {
  if (no_threads) return EAGAIN;
  static const auto next =
      reinterpret_cast<decltype(&pthread_create)>(dlsym(RTLD_NEXT, "pthread_create"));
  return next(thread, attributes, start, argument);
}

namespace ops_tests {

NoThreads::NoThreads() { no_threads = true; }
NoThreads::~NoThreads() { no_threads = false; }

NoMemory::NoMemory() { refused = kAlways; }
NoMemory::NoMemory(int nth) { refused = nth; }
NoMemory::~NoMemory() { refused = kNever; }

void WithEachRefusal(const std::function<void()>& work) {
  for (int nth = 0;; ++nth) {
    bool came = false;
    {
      const NoMemory none(nth);
      try {
        work();
      } catch (const std::bad_alloc&) {
      }
      came = refused == kNever;
    }
    if (!came) return;
  }
}
const char* StandInPath() { return stand_in; }

Machine& Machine::Start(const char* scenario) {
  static Machine* const machine = new Machine();
  Machine& self = *machine;
  self.libraries.UseMock(StandInPath(), scenario, false);
  const gpuex::Environment environment;
  self.calls = {&self.libraries, &self.contexts,
                &self.libraries.Require<gpuex::CudartApi>(environment, "cudaMalloc"),
                self.libraries.Find<gpuex::CudaApi>(environment)};
  for (int device = 0; device < 2; ++device) {
    self.work[device] = std::make_shared<gpuex::DeviceWork>(device, self.calls.cuda);
  }
  self.progress = std::make_shared<gpuex::Progress>([&self] {
    ++self.words;
    return true;
  });
  return self;
}

std::shared_ptr<gpuex::Stream> Machine::NewStream(int device) {
  return gpuex::MakeStream(calls, work[device], progress, true, 0);
}

void Machine::Block(const gpuex::Stream& stream, Gate* gate) const {
  const auto pass = [](void* data) { static_cast<Gate*>(data)->Pass(); };
  CHECK(calls.cudart->cudaLaunchHostFunc(stream.raw, pass, gate) == gpuex::abi::cudart::cudaSuccess);
}

void Machine::Inject(const std::string& rule) { libraries.MockControl("inject", rule); }

int Machine::Calls(const std::string& function) {
  const std::string state = libraries.MockControl("state", "");
  const size_t at = state.find("\"" + function + "\":");
  return at == std::string::npos ? 0 : std::atoi(state.c_str() + at + function.size() + 3);
}

}  // namespace ops_tests

int main(int count, char** arguments) {
  ops_tests::Tests tests = ops_tests::LaneTests();
  tests.merge(ops_tests::StreamTests());
  tests.merge(ops_tests::OutOfResourcesTests());
  tests.merge(ops_tests::UseTests());
  tests.merge(ops_tests::HostMemoryTests());
  if (count == 2 && std::strcmp(arguments[1], "--list") == 0) {
    for (const auto& [name, test] : tests) std::printf("%s\n", name.c_str());
    return 0;
  }
  const auto test = count == 3 ? tests.find(arguments[1]) : tests.end();
  if (test == tests.end()) {
    std::fprintf(stderr, "usage: ops_tests --list | <name of a test> <path of the stand-in>\n");
    return 2;
  }
  stand_in = arguments[2];
  alarm(kLongestSeconds);
  test->second();
  std::fflush(stdout);
  std::exit(0);
}
