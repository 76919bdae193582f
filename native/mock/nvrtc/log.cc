#include "mock/nvrtc/log.h"

namespace gpuex::mock::nvrtc {

SourceFile MakeSource(std::string_view name, std::string_view text) {
  SourceFile file{std::string(name), {}};
  while (!text.empty()) {
    const size_t end = text.find('\n');
    file.lines.emplace_back(text.substr(0, end));
    if (!file.lines.back().empty() && file.lines.back().back() == '\r') file.lines.back().pop_back();
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return file;
}

void Log::Show(const Place& place) {
  const auto line = static_cast<size_t>(place.line) - 1;
  if (line < place.file->lines.size()) text_ += "  " + place.file->lines[line] + '\n';
  text_ += "  " + std::string(static_cast<size_t>(place.column), ' ') + "^\n";
}

void Log::Report(const Place& place, const std::string& kind, const std::string& text) {
  if (terminated_) return;
  text_ += place.file->name + '(' + std::to_string(place.line) + "): " + kind + ": " + text + '\n';
  Show(place);
  text_ += '\n';
  errors_ += 1;
}

void Log::ErrorAtEnd(const std::string& text, const Place* opened, char bracket) {
  if (terminated_) return;
  text_ += "At end of source: error: " + text + '\n';
  errors_ += 1;
  if (opened != nullptr) {
    text_ += opened->file->name + '(' + std::to_string(opened->line) +
             "): note #3196-D: to match this \"" + bracket + "\"\n";
    Show(*opened);
  }
  text_ += '\n';
}

void Log::Warning(const Place& place, int number, const std::string& text) {
  Report(place, "warning #" + std::to_string(number) + "-D", text);
  if (terminated_) return;
  errors_ -= 1;
  if (warned_) return;
  warned_ = true;
  text_ += "Remark: The warnings can be suppressed with \"-diag-suppress <warning-number>\"\n\n";
}

void Log::Catastrophe(const Place& place, const std::string& text) {
  Report(place, "catastrophic error", text);
  terminated_ = true;
}

std::string Log::Text(const std::string& program) const {
  const std::string of = " detected in the compilation of \"" + program + "\".\n";
  if (terminated_) {
    if (errors_ == 1) return text_ + "1 catastrophic error" + of + "Compilation terminated.\n";
    return text_ + std::to_string(errors_ - 1) + (errors_ == 2 ? " error" : " errors") +
           " and 1 catastrophic error" + of + "Compilation terminated.\n";
  }
  if (errors_ == 0) return text_;
  return text_ + std::to_string(errors_) + (errors_ == 1 ? " error" : " errors") + of;
}

}  // namespace gpuex::mock::nvrtc
