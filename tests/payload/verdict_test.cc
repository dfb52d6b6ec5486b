#include "payload/verdict.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

namespace vseal::payload {
namespace {

TEST(BinomialTail, SmallCasesByHand) {
  EXPECT_DOUBLE_EQ(binomial_tail(0, 4), 1.0);
  EXPECT_DOUBLE_EQ(binomial_tail(1, 4), 15.0 / 16);
  EXPECT_DOUBLE_EQ(binomial_tail(2, 4), 11.0 / 16);
  EXPECT_DOUBLE_EQ(binomial_tail(3, 4), 5.0 / 16);
  EXPECT_DOUBLE_EQ(binomial_tail(4, 4), 1.0 / 16);
  EXPECT_DOUBLE_EQ(binomial_tail(5, 4), 0.0);
  EXPECT_DOUBLE_EQ(binomial_tail(3, 5), 0.5);
}

// The matches that a false-positive rate of 1e-6 and 1e-12 asks for.
TEST(BinomialTail, KnownThresholds) {
  EXPECT_LE(binomial_tail(72, 96), 1e-6);
  EXPECT_GT(binomial_tail(71, 96), 1e-6);
  EXPECT_LE(binomial_tail(167, 256), 1e-6);
  EXPECT_GT(binomial_tail(166, 256), 1e-6);
  EXPECT_LE(binomial_tail(625, 1024), 1e-12);
  EXPECT_GT(binomial_tail(624, 1024), 1e-12);
  EXPECT_NEAR(std::log2(binomial_tail(256, 256)), -256, 1e-9);
}

TEST(BinomialTail, StaysExactFarFromTheTail) {
  EXPECT_NEAR(binomial_tail(2048, 4096) + binomial_tail(2049, 4096), 1.0, 1e-9);
  EXPECT_NEAR(binomial_tail(1, 4096), 1.0, 1e-12);
}

TEST(ChanceOfCorrelation, BoundsTheExactTailOfEqualWeights) {
  const int n = 256;
  const std::vector<float> weights(n, 0.5F);
  for (const int matches : {140, 160, 200, 240, 255, 256}) {
    const double exact = std::log2(binomial_tail(matches, n));
    const double bound = log2_chance_of_correlation(weights, 0.5 * (2 * matches - n));
    EXPECT_GE(bound, exact - 1e-6) << matches;
    EXPECT_LE(bound, exact + 7) << matches << ": a Chernoff bound is not that loose";
  }
}

TEST(ChanceOfCorrelation, HoldsForUnequalWeights) {
  std::mt19937_64 random(1);
  std::exponential_distribution<float> exponential;
  std::vector<float> weights(64);
  for (float& w : weights) w = exponential(random);
  const double correlation = 24;
  const int trials = 100000;
  int reached = 0;
  for (int t = 0; t < trials; ++t) {
    uint64_t signs = random();
    double sum = 0;
    for (const float w : weights) {
      sum += signs & 1 ? w : -w;
      signs >>= 1;
    }
    reached += sum >= correlation;
  }
  ASSERT_GT(reached, 100);
  EXPECT_LE(reached, trials * std::exp2(log2_chance_of_correlation(weights, correlation)));
}

TEST(ChanceOfCorrelation, NothingIsNoEvidence) {
  const std::vector<float> weights(16, 1.0F);
  EXPECT_EQ(log2_chance_of_correlation(weights, 0), 0);
  EXPECT_EQ(log2_chance_of_correlation(weights, -3), 0);
  EXPECT_EQ(log2_chance_of_correlation(std::vector<float>(16, 0.0F), 1), 0);
}

}  // namespace
}  // namespace vseal::payload
