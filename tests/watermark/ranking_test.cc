#include "watermark/ranking.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

namespace vseal::watermark {
namespace {

TEST(Clarity, OfEqualMagnitudesIsTheirLogAndOne) {
  EXPECT_NEAR(clarity(std::vector<float>{2, -2, 2, -2}), std::log(2.0) + 1, 1e-12);
}

TEST(Clarity, IgnoresSignsAndPrefersTwoSidesToNoise) {
  std::mt19937 random(1);
  std::normal_distribution<float> normal;
  std::vector<float> noise(4096), split(4096);
  for (float& x : noise) x = normal(random);
  for (float& x : split) x = (random() % 2 == 0 ? 1.0f : -1.0f) * (0.8f + 0.1f * normal(random));
  EXPECT_NEAR(clarity(noise), std::log(std::sqrt(2 / std::acos(-1.0))) + 1.0 / 3, 0.05);
  EXPECT_GT(clarity(split), clarity(noise) + 0.5);
  std::vector<float> flipped = noise;
  for (size_t i = 0; i < flipped.size(); i += 3) flipped[i] = -flipped[i];
  EXPECT_DOUBLE_EQ(clarity(flipped), clarity(noise));
}

TEST(Clarity, OfSilenceIsLow) { EXPECT_LT(clarity(std::vector<float>(8, 0.0f)), -10); }

TEST(StandingOut, FindsTheOneThatIsTooClearForItsNoise) {
  std::mt19937 random(2);
  std::normal_distribution<double> normal;
  std::vector<Answer> all;
  for (int i = 0; i < 60; ++i) {
    const double noise = 0.5 + 0.5 * (i % 7) / 6;
    all.push_back({1 + std::log(noise) + 0.1 * normal(random), noise});
  }
  // Loud on a small canvas is nothing; the same on a large one is.
  all[13] = {1 + std::log(1.0) + 0.1, 1.0};
  all[42] = {1 + std::log(1.0) + 0.1, 0.5};
  const std::vector<double> scores = standing_out(all);
  EXPECT_EQ(std::ranges::max_element(scores) - scores.begin(), 42);
  EXPECT_GT(scores[42], 5);
  EXPECT_LT(scores[13], 3);
}

TEST(StandingOut, SaysNothingOfAFew) {
  const std::vector<Answer> few = {{1, 1}, {9, 1}};
  EXPECT_EQ(standing_out(few), (std::vector<double>{0, 0}));
}

}  // namespace
}  // namespace vseal::watermark
