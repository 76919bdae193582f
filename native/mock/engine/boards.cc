#include "mock/engine/board.h"

namespace gpuex::mock {
namespace {

using namespace board_flags;  // NOLINT: the rows read as words

constexpr Board kBoards[] = {
#define GPUEX_BOARD(profile, name, memory, reserved, capability, architecture, brand, flags, ...) \
  {profile,                      name,          memory, reserved,   capability,                   \
   Architecture::architecture, Brand::brand, flags,  __VA_ARGS__},
#include "mock/engine/boards.def"
#undef GPUEX_BOARD
};

}  // namespace

const Board* FindBoard(std::string_view profile) {
  for (const Board& board : kBoards) {
    if (profile == board.profile) return &board;
  }
  return nullptr;
}

const Board& DefaultBoard() {
  static const Board* const h100 = FindBoard("h100");
  return *h100;
}

std::vector<std::string_view> BoardProfiles() {
  std::vector<std::string_view> names;
  for (const Board& board : kBoards) names.push_back(board.profile);
  return names;
}

}  // namespace gpuex::mock
