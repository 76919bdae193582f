#include "mock/scenario/nearest.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace gpuex::mock {
namespace {

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// Levenshtein's distance with neighbours swapped as one edit. A difference in case alone counts
// less than any other, so that it decides only between candidates that are otherwise equal; and what
// is missing at the end counts less, because words are rather left unfinished than made up.
size_t Distance(std::string_view a, std::string_view b) {
  constexpr size_t kEdit = 16;
  constexpr size_t kUnfinished = 4;
  std::vector<size_t> before(b.size() + 1);
  std::vector<size_t> last(b.size() + 1);
  std::vector<size_t> now(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) last[j] = j * kEdit;
  for (size_t i = 1; i <= a.size(); ++i) {
    now[0] = i * kEdit;
    const size_t insert = i == a.size() ? kUnfinished : kEdit;
    for (size_t j = 1; j <= b.size(); ++j) {
      const bool same = Lower(a[i - 1]) == Lower(b[j - 1]);
      const size_t change = a[i - 1] == b[j - 1] ? 0 : same ? 1 : kEdit;
      now[j] = std::min({last[j] + kEdit, now[j - 1] + insert, last[j - 1] + change});
      if (i > 1 && j > 1 && Lower(a[i - 1]) == Lower(b[j - 2]) &&
          Lower(a[i - 2]) == Lower(b[j - 1])) {
        now[j] = std::min(now[j], before[j - 2] + kEdit);
      }
    }
    std::swap(before, last);
    std::swap(last, now);
  }
  return last[b.size()];
}

}  // namespace

std::string Nearest(std::string_view given, const std::vector<std::string_view>& candidates) {
  // Nobody mistypes by more; and the work stays small for a hostile megabyte.
  given = given.substr(0, 128);
  size_t best = std::numeric_limits<size_t>::max();
  std::string_view nearest;
  for (std::string_view candidate : candidates) {
    const size_t distance = Distance(given, candidate);
    if (distance < best) {
      best = distance;
      nearest = candidate;
    }
  }
  return std::string(nearest);
}

}  // namespace gpuex::mock
