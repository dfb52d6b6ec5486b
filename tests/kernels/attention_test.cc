// Attention: the reference against values worked out by hand, the fast kernel against the
// reference on every instruction set.
#include "kernels/attention/attention.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/aligned_buffer.h"
#include "kernels/guarded.h"
#include "kernels/isa.h"
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

// n, h, w, heads, head_width, window_h, window_w: odd extents, several blocks of queries, panels
// with and without padding, and the two kinds of layer of VideoSeal 0.0's detector.
constexpr AttentionShape kShapes[] = {
    {1, 1, 1, 1, 1, 1, 1},  {2, 4, 6, 3, 5, 2, 3},    {1, 5, 7, 2, 17, 5, 7},
    {3, 6, 4, 1, 16, 3, 4}, {1, 16, 16, 2, 64, 8, 8}, {1, 16, 16, 1, 64, 16, 16},
};

struct AttentionInputs {
  explicit AttentionInputs(const AttentionShape& s)
      : qkv(GuardedFloats::random(size_t(s.n * s.h * s.w) * 3 * size_t(s.channels()), 1)),
        rel_h(GuardedFloats::random(size_t(2 * s.window_h - 1) * size_t(s.head_width), 2)),
        rel_w(GuardedFloats::random(size_t(2 * s.window_w - 1) * size_t(s.head_width), 3)),
        y_size(qkv.size() / 3) {}

  GuardedFloats run(const AttentionShape& shape, ThreadPool& pool) const {
    auto scratch = AlignedBuffer<float>::allocate(attention_scratch_floats(shape, pool.threads()));
    // What an earlier step left there must not matter.
    std::ranges::fill(scratch->span(), std::nanf(""));
    GuardedFloats y(y_size);
    attention_f32(shape, {qkv.data(), rel_h.data(), rel_w.data(), y.data(), scratch->data()}, pool);
    EXPECT_TRUE(y.intact());
    return y;
  }

  GuardedFloats qkv, rel_h, rel_w;
  size_t y_size;
};

class FastAttention : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override { ASSERT_TRUE(force_isa(GetParam()).ok()); }
  void TearDown() override { ASSERT_TRUE(force_isa("auto").ok()); }
};

TEST_P(FastAttention, MeetsTheReference) {
  ThreadPool pool(2);
  for (const AttentionShape& shape : kShapes) {
    const AttentionInputs inputs(shape);
    const GuardedFloats got = inputs.run(shape, pool);
    GuardedFloats expected(inputs.y_size);
    reference_attention(shape, inputs.qkv.data(), inputs.rel_h.data(), inputs.rel_w.data(),
                        expected.data());
    for (size_t i = 0; i < inputs.y_size; ++i) {
      ASSERT_NEAR(got.span()[i], expected.span()[i], 1e-5) << i << " of " << inputs.y_size;
    }
  }
}

TEST_P(FastAttention, HasTheSameBitsForAnyNumberOfThreads) {
  const AttentionShape shape{1, 6, 6, 2, 19, 6, 6};
  const AttentionInputs inputs(shape);
  ThreadPool one(1);
  const GuardedFloats expected = inputs.run(shape, one);
  for (const int threads : {2, 3}) {
    ThreadPool pool(threads);
    EXPECT_TRUE(std::ranges::equal(inputs.run(shape, pool).span(), expected.span()));
  }
}

// Logits far beyond the range of exp: the largest wins, nothing overflows.
TEST_P(FastAttention, LargeLogitsPickOneKey) {
  const AttentionShape shape{1, 1, 2, 1, 1, 1, 2};
  const std::vector<float> qkv = {1000, 5, 7, -1000, 4, 9};  // q, k, v
  const std::vector<float> zero(3);
  auto scratch = AlignedBuffer<float>::allocate(attention_scratch_floats(shape, 1));
  std::vector<float> y(2);
  ThreadPool pool(1);
  attention_f32(shape, {qkv.data(), zero.data(), zero.data(), y.data(), scratch->data()}, pool);
  EXPECT_THAT(y, ElementsAre(7, 9));
}

INSTANTIATE_TEST_SUITE_P(Isa, FastAttention, testing::ValuesIn(available_isas()),
                         [](const auto& isa) { return isa.param; });

TEST(CheckAttention, RefusesWhatCannotRun) {
  EXPECT_TRUE(check_attention({1, 16, 16, 6, 64, 8, 8}).ok());
  EXPECT_FALSE(check_attention({1, 16, 16, 6, 64, 8, 5}).ok());
  EXPECT_FALSE(check_attention({1, 16, 16, 0, 64, 8, 8}).ok());
  EXPECT_FALSE(check_attention({1, 16, 16, 6, 64, 0, 8}).ok());
  EXPECT_FALSE(check_attention({1, 1 << 20, 1 << 20, 6, 64, 8, 8}).ok());
}

}  // namespace
}  // namespace vseal::kernels
