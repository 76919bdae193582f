// A compilation's log, in the form that NVRTC 13.0 writes it (observed on the real library).
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace gpuex::mock::nvrtc {

struct SourceFile {
  std::string name;
  std::vector<std::string> lines;
};

SourceFile MakeSource(std::string_view name, std::string_view text);

// Line from 1, column from 0.
struct Place {
  const SourceFile* file = nullptr;
  int line = 0;
  int column = 0;
};

class Log {
 public:
  void Error(const Place& place, const std::string& text) { Report(place, "error", text); }
  // `opened`: what the missing text would have closed.
  void ErrorAtEnd(const std::string& text, const Place* opened = nullptr, char bracket = '{');
  void Warning(const Place& place, int number, const std::string& text);
  // Nothing is read after it.
  void Catastrophe(const Place& place, const std::string& text);

  bool failed() const { return errors_ > 0 || terminated_; }
  bool terminated() const { return terminated_; }
  // With the closing lines.
  std::string Text(const std::string& program) const;

 private:
  void Report(const Place& place, const std::string& kind, const std::string& text);
  void Show(const Place& place);

  std::string text_;
  int errors_ = 0;
  bool terminated_ = false;
  bool warned_ = false;
};

}  // namespace gpuex::mock::nvrtc
