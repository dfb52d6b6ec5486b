// The feedback rule by known values.
#include "watermark/bit_weights.h"

#include <gtest/gtest.h>

#include <cmath>

namespace vseal::watermark {
namespace {

const std::vector<float> kMessage = {1, -1, 1, -1};

std::vector<float> copy(std::span<const float> values) { return {values.begin(), values.end()}; }

TEST(BitWeights, StartAtOne) {
  BitWeights weights;
  weights.reset(kMessage);
  EXPECT_EQ(copy(weights.weighted()), kMessage);
}

// Margins 2, 1, 1, 0 of mean 1: w = 0.4, 1, 1, 1.6 before the rms of sqrt(1.18).
TEST(BitWeights, TheFirstPushFollowsTheFormula) {
  BitWeights weights;
  weights.reset(kMessage);
  weights.push(std::vector<float>{2, -1, 1, 0});
  const float rms = std::sqrt((0.16f + 1 + 1 + 2.56f) / 4);
  const std::vector<float> expected = {0.4f / rms, -1 / rms, 1 / rms, -1.6f / rms};
  for (size_t i = 0; i < 4; ++i) EXPECT_NEAR(weights.weighted()[i], expected[i], 1e-6) << i;
}

// The second adds 0.3 (1 - q / mean q) to what is there.
TEST(BitWeights, LaterPushesCumulate) {
  BitWeights weights;
  weights.reset(kMessage);
  weights.push(std::vector<float>{2, -1, 1, 0});
  const std::vector<float> before = copy(weights.weighted());
  weights.push(std::vector<float>{2, -1, 1, 0});
  std::vector<float> expected;
  float squares = 0;
  for (size_t i = 0; i < 4; ++i) {
    const float moves[] = {-0.3f, 0, 0, 0.3f};
    expected.push_back(std::abs(before[i]) + moves[i]);
    squares += expected[i] * expected[i];
  }
  const float rms = std::sqrt(squares / 4);
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_NEAR(weights.weighted()[i], kMessage[i] * expected[i] / rms, 1e-6) << i;
  }
}

// A bit that reads wrongly never changes its sign, however strongly, nor does one read too well.
TEST(BitWeights, WeightsNeverChangeSignAndKeepTheirMeanSquare) {
  BitWeights weights;
  weights.reset(kMessage);
  for (int pass = 0; pass < 5; ++pass) {
    weights.push(std::vector<float>{40, 3, -2, -1});
    double squares = 0;
    for (size_t i = 0; i < 4; ++i) {
      EXPECT_GE(weights.weighted()[i] * kMessage[i], 0) << i;
      squares += std::pow(weights.weighted()[i], 2);
    }
    EXPECT_NEAR(squares, 4, 1e-4);
    EXPECT_EQ(weights.weighted()[0], 0) << "far above the mean";
  }
}

TEST(BitWeights, ADetectorThatSeesNothingLeavesFiniteWeights) {
  BitWeights weights;
  weights.reset(kMessage);
  weights.push(std::vector<float>(4, 0.0f));
  for (const float w : weights.weighted()) EXPECT_EQ(std::abs(w), 1.0f);
  weights.push(std::vector<float>{1, 1, 1, 1});  // margins of mean 0
  for (const float w : weights.weighted()) EXPECT_TRUE(std::isfinite(w));
}

TEST(BitWeights, ResetForgets) {
  BitWeights weights, fresh;
  weights.reset(kMessage);
  weights.push(std::vector<float>{5, -1, 1, 0});
  weights.reset(kMessage);
  fresh.reset(kMessage);
  weights.push(std::vector<float>{2, -1, 1, 0});
  fresh.push(std::vector<float>{2, -1, 1, 0});
  EXPECT_EQ(copy(weights.weighted()), copy(fresh.weighted()));
}

}  // namespace
}  // namespace vseal::watermark
