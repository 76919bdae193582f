#include "mock/control_file.h"

#include <sys/stat.h>

#include <atomic>
#include <cstdlib>
#include <mutex>
#include <string>

#include "mock/control_verbs.h"
#include "mock/engine/machine.h"
#include "mock/read_file.h"
#include "mock/scenario/json.h"
#include "mock/scenario/object_reader.h"
#include "mock/stand_in.h"

namespace gpuex::mock {
namespace {

constexpr char kVariable[] = "GPU_EXCEPTIONS_MOCK_CONTROL";

// What tells one state of the file from the next.
struct Stamp {
  long long inode = 0;
  long long size = -1;
  long long seconds = 0;
  long long nanoseconds = 0;
  bool operator==(const Stamp& other) const {
    return inode == other.inode && size == other.size && seconds == other.seconds &&
           nanoseconds == other.nanoseconds;
  }
};

struct Watch {
  std::mutex mutex;
  std::string path;
  Stamp seen;
  size_t applied = 0;
};

std::atomic<Watch*> the_watch{nullptr};

// False: there is no file yet.
bool Look(const std::string& path, Stamp* stamp) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) return false;
  stamp->inode = static_cast<long long>(status.st_ino);
  stamp->size = static_cast<long long>(status.st_size);
  stamp->seconds = static_cast<long long>(status.st_mtime);
#if defined(__linux__)
  stamp->nanoseconds = status.st_mtim.tv_nsec;
#endif
  return true;
}

struct Command {
  std::string verb;
  std::string argument;
  bool has_verb = false;
};

bool ReadCommand(const json::Value& value, const std::string& path, Command& command,
                 Complaint& complaint) {
  const bool read = ReadObject<Command>(
      value, path, "a command",
      {
          {"verb",
           [](const json::Value& v, const std::string& p, Command& c, Complaint& why) {
             c.has_verb = true;
             return ReadText(v, p, 40, c.verb, why);
           }},
          {"argument",
           [](const json::Value& v, const std::string&, Command& c, Complaint&) {
             c.argument = json::Text(v);
             return true;
           }},
      },
      command, complaint);
  return read && (command.has_verb || complaint.Say(Child(path, "verb"), "is missing"));
}

struct File {
  const json::Value* commands = nullptr;
};

// Carries out what is new. False with the reason.
bool Apply(Watch& watch, std::string* error) {
  std::string text;
  json::Value value;
  if (!ReadFile(watch.path.c_str(), "control file", &text, error)) return false;
  if (!json::Parse(text, &value, error)) return false;
  Complaint complaint;
  File file;
  const bool read = ReadObject<File>(
      value, "the control file", "the control file",
      {{"commands",
        [](const json::Value& v, const std::string& p, File& f, Complaint& c) {
          f.commands = &v;
          return v.kind == json::Value::Kind::kArray || MustBe(c, p, "a list of commands", v);
        }}},
      file, complaint);
  if (!read) {
    *error = complaint.text;
    return false;
  }
  const size_t count = file.commands == nullptr ? 0 : file.commands->items.size();
  if (count < watch.applied) {
    *error = "the control file lost commands that were carried out already; it may only grow";
    return false;
  }
  while (watch.applied < count) {
    const size_t at = watch.applied++;
    Command command;
    if (!ReadCommand(file.commands->items[at], Child("commands", at), command, complaint)) {
      *error = complaint.text;
      return false;
    }
    std::string answer;
    if (!RunVerb(command.verb, command.argument, &answer)) {
      *error = Child("commands", at) + ": " + answer;
      return false;
    }
  }
  return true;
}

}  // namespace

void BeginToWatchControlFile() {
  const char* path = std::getenv(kVariable);
  if (path == nullptr || *path == '\0' || the_watch.load() != nullptr) return;
  auto* watch = new Watch;  // for the life of the process, as the machines
  watch->path = path;
  the_watch.store(watch, std::memory_order_release);
}

void LookAtControlFile(Machine& machine) {
  Watch* watch = the_watch.load(std::memory_order_acquire);
  if (watch == nullptr || machine.broken()) return;
  // Another thread that looks at this moment looks for all.
  std::unique_lock<std::mutex> lock(watch->mutex, std::try_to_lock);
  if (!lock.owns_lock()) return;
  Stamp stamp;
  if (!Look(watch->path, &stamp) || stamp == watch->seen) return;
  watch->seen = stamp;
  std::string error;
  if (!Apply(*watch, &error)) StandIn::Break(std::string(kVariable) + ": " + error);
}

}  // namespace gpuex::mock
