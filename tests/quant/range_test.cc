// Histograms, and the ranges that are chosen from them.
#include "quant/range.h"

#include <gmock/gmock.h>

#include <cmath>
#include <random>

namespace vseal::quant {
namespace {

std::vector<float> normal(size_t count, float spread, unsigned seed = 1) {
  std::mt19937 engine(seed);
  std::normal_distribution<float> distribution(0, spread);
  std::vector<float> values(count);
  for (float& v : values) v = distribution(engine);
  return values;
}

// Mean squared error of storing `values` as `type`.
double error_of(const std::vector<float>& values, const graph::ValueType& type) {
  double sum = 0;
  for (const float v : values) {
    const double q = std::clamp(std::nearbyint(v / type.scale) + type.zero_point, -128.0f, 127.0f);
    sum += std::pow((q - type.zero_point) * type.scale - v, 2);
  }
  return sum / static_cast<double>(values.size());
}

TEST(Histogram, CountsWhatItSawToABinWhateverTheOrder) {
  std::vector<float> values = normal(5000, 1.0f);
  values.push_back(100.0f);
  Histogram ascending, descending;
  std::ranges::sort(values);
  ascending.add(values);
  std::ranges::reverse(values);
  descending.add(values);
  int64_t difference = 0;  // of how many lie below
  for (size_t i = 0; i < Histogram::kBins; ++i) {
    difference += ascending.bins()[i] - descending.bins()[i];
    ASSERT_LE(std::abs(difference), 2) << "bin " << i;
  }
  EXPECT_EQ(ascending.max(), 100.0f);
  int64_t counted = 0;
  double mean = 0;
  for (size_t i = 0; i < Histogram::kBins; ++i) {
    counted += ascending.bins()[i];
    mean += static_cast<double>(ascending.bins()[i]) * ascending.centre(i);
  }
  EXPECT_EQ(counted, 5001);
  double expected = 0;
  for (const float v : values) expected += v;
  EXPECT_NEAR(mean / 5001, expected / 5001, 0.04);
}

TEST(Histogram, KeepsZerosAndWhatIsNoNumberApart) {
  Histogram histogram;
  const std::vector<float> values{0, 0, NAN, INFINITY, -2};
  histogram.add(values);
  EXPECT_EQ(histogram.bad(), 2);
  EXPECT_EQ(histogram.count(), 3);
  EXPECT_EQ(histogram.min(), -2);
  EXPECT_EQ(histogram.max(), 0);
}

TEST(Range, ZeroIsStoredExactly) {
  for (const auto& [low, high] : {std::pair{-1.0f, 3.0f}, {0.0f, 0.7f}, {-5.0f, 0.0f}}) {
    const graph::ValueType type = type_of_range(low, high);
    EXPECT_NEAR(type.scale * static_cast<float>(-128 - type.zero_point), low, type.scale);
    EXPECT_NEAR(type.scale * static_cast<float>(127 - type.zero_point), high, type.scale);
  }
  EXPECT_EQ(type_of_range(0, 0.7f).zero_point, -128);
  EXPECT_EQ(type_of_range(0, 0).scale, 1.0f);
}

TEST(Range, LeastErrorBeatsAllThatWasSeenWhenThereAreOutliers) {
  std::vector<float> values = normal(400000, 1.0f);
  values[7] = 60.0f;
  values[8] = -45.0f;
  Histogram histogram;
  histogram.add(values);
  const double all = error_of(values, choose_type(histogram, RangeMethod::kMinMax));
  const double percentile = error_of(values, choose_type(histogram, RangeMethod::kPercentile));
  const double least = error_of(values, choose_type(histogram, RangeMethod::kMse));
  EXPECT_LT(least, 0.7 * all);
  EXPECT_LE(least, percentile * 1.01);
}

TEST(Range, EvenValuesKeepTheirWholeRange) {
  std::vector<float> values;
  for (int i = 0; i <= 1000; ++i) values.push_back(static_cast<float>(i) / 1000);
  Histogram histogram;
  histogram.add(values);
  EXPECT_NEAR(choose_type(histogram, RangeMethod::kMse).scale, 1.0 / 255, 0.03 / 255);
  EXPECT_GT(range_snr_db(histogram, choose_type(histogram, RangeMethod::kMse)), 50);
}

TEST(Range, WeightsThatMatterDecide) {
  std::vector<float> weights = normal(2000, 1.0f);
  weights[0] = 12.0f;
  const float whole = choose_weight_scale(weights, {}, RangeMethod::kMinMax);
  EXPECT_FLOAT_EQ(whole, 12.0f / 127);
  std::vector<float> importance(weights.size(), 1.0f);
  importance[0] = 0;  // nothing ever passes it
  EXPECT_LT(choose_weight_scale(weights, importance, RangeMethod::kMse), 0.5f * whole);
  importance[0] = 1e6f;
  EXPECT_NEAR(choose_weight_scale(weights, importance, RangeMethod::kMse), whole, 0.02f * whole);
  const std::vector<float> zeros(5);
  EXPECT_EQ(choose_weight_scale(zeros, {}, RangeMethod::kMse), 1.0f);
}

}  // namespace
}  // namespace vseal::quant
