#include "engine/arena.h"

#include <gtest/gtest.h>

#include <random>

namespace vseal::engine {
namespace {

TEST(Arena, LiveTensorsNeverOverlap) {
  std::mt19937 random(5);
  for (int round = 0; round < 200; ++round) {
    std::vector<Lifetime> lives(1 + random() % 40);
    size_t sum = 0;
    for (Lifetime& life : lives) {
      const int first = static_cast<int>(random() % 20);
      life = {random() % 300, first, first + static_cast<int>(random() % 8)};
      sum += life.size + 16;
    }
    const ArenaLayout layout = lay_out(lives);
    EXPECT_LE(layout.size, sum);
    for (size_t i = 0; i < lives.size(); ++i) {
      EXPECT_EQ(layout.offsets[i] % 16, 0u);
      EXPECT_LE(layout.offsets[i] + lives[i].size, layout.size);
      for (size_t j = 0; j < i; ++j) {
        const bool together = lives[i].first <= lives[j].last && lives[j].first <= lives[i].last;
        const bool apart = layout.offsets[i] + lives[i].size <= layout.offsets[j] ||
                           layout.offsets[j] + lives[j].size <= layout.offsets[i];
        EXPECT_TRUE(!together || apart) << "round " << round << ": " << i << " and " << j;
      }
    }
  }
}

TEST(Arena, AChainNeedsTwoPlaces) {
  std::vector<Lifetime> lives;
  for (int i = 0; i < 10; ++i) lives.push_back({160, i, i + 1});
  EXPECT_EQ(lay_out(lives).size, 320u);
}

}  // namespace
}  // namespace vseal::engine
