#include <gmock/gmock.h>

#include <cmath>
#include <vector>

#include "kernels/attention/contract.h"
#include "kernels/rearrange/contract.h"

namespace vseal::kernels {
namespace {

using testing::ElementsAre;
using testing::FloatNear;

TEST(ReferenceAttention, OfOnePositionIsItsValue) {
  const std::vector<float> qkv = {1, 2, 3, 4, 5, 6};
  const std::vector<float> table = {7, 8};
  std::vector<float> y(2);
  reference_attention({1, 1, 1, 1, 2, 1, 1}, qkv.data(), table.data(), table.data(), y.data());
  EXPECT_THAT(y, ElementsAre(5, 6));
}

// Two columns, one head of one channel: logits worked out by hand. The relative term takes the
// unscaled query and the row of query minus key.
TEST(ReferenceAttention, AddsRelativePositionsOfTheUnscaledQuery) {
  const std::vector<float> qkv = {2, 1, 10, 3, 5, 20};  // q, k, v of each position
  const std::vector<float> rel_h = {0.25f};
  const std::vector<float> rel_w = {-0.5f, 0.125f, 1.0f};  // query - key = -1, 0, 1
  std::vector<float> y(2);
  reference_attention({1, 1, 2, 1, 1, 1, 2}, qkv.data(), rel_h.data(), rel_w.data(), y.data());
  const auto mix = [](double a, double b) {
    return static_cast<float>((10 * std::exp(a) + 20 * std::exp(b)) / (std::exp(a) + std::exp(b)));
  };
  EXPECT_THAT(y[0], FloatNear(mix(2 + 0.5 + 0.25, 10 + 0.5 - 1), 1e-5f));
  EXPECT_THAT(y[1], FloatNear(mix(3 + 0.75 + 3, 15 + 0.75 + 0.375), 1e-5f));
}

TEST(ReferenceAttention, WindowsAndHeadsDoNotSeeEachOther) {
  // Two windows of one position beside each other, two heads of one channel.
  const std::vector<float> qkv = {9, 9, 9, 9, 1, 2, 9, 9, 9, 9, 3, 4};
  const std::vector<float> table = {1};
  std::vector<float> y(4);
  reference_attention({1, 1, 2, 2, 1, 1, 1}, qkv.data(), table.data(), table.data(), y.data());
  EXPECT_THAT(y, ElementsAre(1, 2, 3, 4));
}

TEST(ReferenceBorderMap, SpreadsNineVectors) {
  const std::vector<float> v = {0, 1, 2, 3, 4, 5, 6, 7, 8};
  std::vector<float> y(4 * 3);
  reference_border_map(v.data(), 4, 3, 1, y.data());
  EXPECT_THAT(y, ElementsAre(0, 1, 2, 3, 4, 5, 3, 4, 5, 6, 7, 8));
  y.resize(2 * 2);
  reference_border_map(v.data(), 2, 2, 1, y.data());
  EXPECT_THAT(y, ElementsAre(0, 2, 6, 8));
}

}  // namespace
}  // namespace vseal::kernels
