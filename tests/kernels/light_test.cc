// The kernels around the convolutions against their references, on every instruction set, at odd
// sizes, between canaries.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "kernels/elementwise/contract.h"
#include "kernels/elementwise/elementwise.h"
#include "kernels/guarded.h"
#include "kernels/isa.h"
#include "kernels/normalize/column_norms.h"
#include "kernels/normalize/contract.h"
#include "kernels/normalize/row_norms.h"
#include "kernels/rearrange/rearrange.h"
#include "kernels/resample/contract.h"
#include "kernels/resample/fold_mean.h"
#include "kernels/resample/resize_bilinear.h"

namespace vseal::kernels {
namespace {

constexpr int kChannels[] = {1, 3, 17, 96};

class Light : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override { ASSERT_TRUE(force_isa(GetParam()).ok()); }
  void TearDown() override { ASSERT_TRUE(force_isa("auto").ok()); }

  // Runs both into guarded outputs of `size` and compares them.
  template <typename Fast, typename Reference>
  static void expect_same(size_t size, double tolerance, const Fast& fast,
                          const Reference& reference) {
    GuardedFloats got(size), expected(size);
    fast(got.data());
    reference(expected.data());
    EXPECT_TRUE(got.intact());
    for (size_t i = 0; i < size; ++i) {
      ASSERT_NEAR(got.span()[i], expected.span()[i], tolerance) << "at " << i << " of " << size;
    }
  }

  ThreadPool pool_{2};
};

TEST_P(Light, Elementwise) {
  for (const int size : {1, 7, 16, 8191, 8193}) {
    const auto a = GuardedFloats::random(size, 1), b = GuardedFloats::random(size, 2);
    expect_same(
        size, 0, [&](float* y) { add_f32(a.data(), b.data(), size, y, pool_); },
        [&](float* y) { reference_add(a.data(), b.data(), size, y); });
    expect_same(
        size, 1e-6, [&](float* y) { affine_f32(a.data(), size, 1.7f, -0.3f, y, pool_); },
        [&](float* y) { reference_affine(a.data(), size, 1.7f, -0.3f, y); });
    for (const Activation f : {Activation::kNone, Activation::kRelu, Activation::kTanh,
                               Activation::kGelu, Activation::kSilu}) {
      expect_same(
          size, 1e-6, [&](float* y) { activate_f32(a.data(), size, f, y, pool_); },
          [&](float* y) { reference_activate(a.data(), size, f, y); });
    }
  }
}

TEST_P(Light, LayerNorm) {
  for (const int c : kChannels) {
    for (const int rows : {1, 5, 130}) {
      const auto x = GuardedFloats::random(rows * c, 3);
      const auto gamma = GuardedFloats::random(c, 4), beta = GuardedFloats::random(c, 5);
      expect_same(
          x.size(), 2e-5,
          [&](float* y) {
            layer_norm_f32(x.data(), rows, c, gamma.data(), beta.data(), 1e-6f, y, pool_);
          },
          [&](float* y) {
            reference_layer_norm(x.data(), rows, c, gamma.data(), beta.data(), 1e-6f, y);
          });
    }
  }
}

TEST_P(Light, ChannelRmsNorm) {
  for (const int c : kChannels) {
    auto x = GuardedFloats::random(130 * c, 12);
    std::ranges::fill(x.span().first(static_cast<size_t>(c)), 0.0f);  // a row without length
    const auto gamma = GuardedFloats::random(c, 13);
    expect_same(
        x.size(), 1e-5,
        [&](float* y) { channel_rms_norm_f32(x.data(), 130, c, gamma.data(), y, pool_); },
        [&](float* y) { reference_channel_rms_norm(x.data(), 130, c, gamma.data(), y); });
  }
}

TEST_P(Light, BatchNorm) {
  for (const int c : kChannels) {
    const auto x = GuardedFloats::random(77 * c, 14), gamma = GuardedFloats::random(c, 15);
    const auto beta = GuardedFloats::random(c, 16), mean = GuardedFloats::random(c, 17);
    auto var = GuardedFloats::random(c, 18);
    for (float& v : var.span()) v = 0.1f + v * v;
    GuardedFloats scratch(batch_norm_scratch_floats(c));
    expect_same(
        x.size(), 1e-5,
        [&](float* y) {
          batch_norm_f32(x.data(), 77, c, gamma.data(), beta.data(), mean.data(), var.data(), 1e-3f,
                         scratch.data(), y, pool_);
        },
        [&](float* y) {
          reference_batch_norm(x.data(), 77, c, gamma.data(), beta.data(), mean.data(), var.data(),
                               1e-3f, y);
        });
    EXPECT_TRUE(scratch.intact());
  }
}

TEST_P(Light, GlobalResponseNorm) {
  for (const int c : kChannels) {
    for (const int rows : {1, 15, 17, 1031}) {  // 1031: 61 blocks, the last of them short
      const auto x = GuardedFloats::random(2 * rows * c, 19);
      const auto gamma = GuardedFloats::random(c, 20), beta = GuardedFloats::random(c, 21);
      const auto factors = GuardedFloats::random(c, 26);
      const float* factor = rows == 15 ? nullptr : factors.data();
      GuardedFloats scratch(global_response_norm_scratch_floats(2, rows, c));
      expect_same(
          x.size(), 1e-5,
          [&](float* y) {
            global_response_norm_f32(x.data(), 2, rows, c, gamma.data(), beta.data(), factor, 1e-6f,
                                     scratch.data(), y, pool_);
          },
          [&](float* y) {
            reference_global_response_norm(x.data(), 2, rows, c, gamma.data(), beta.data(), factor,
                                           1e-6f, y);
          });
      EXPECT_TRUE(scratch.intact());
    }
  }
}

TEST_P(Light, GlobalResponseNormHasTheSameBitsForAnyNumberOfThreads) {
  constexpr int kRows = 500, kC = 21;
  const auto gamma = GuardedFloats::random(kC, 22), beta = GuardedFloats::random(kC, 23);
  const auto x = GuardedFloats::random(kRows * kC, 24);
  GuardedFloats scratch(global_response_norm_scratch_floats(1, kRows, kC));
  std::vector<float> first;
  for (const int threads : {1, 2, 3}) {
    ThreadPool pool(threads);
    GuardedFloats y = x;  // in place
    global_response_norm_f32(y.data(), 1, kRows, kC, gamma.data(), beta.data(), nullptr, 1e-6f,
                             scratch.data(), y.data(), pool);
    if (first.empty()) first.assign(y.span().begin(), y.span().end());
    EXPECT_TRUE(std::ranges::equal(y.span(), first)) << threads << " threads";
  }
}

TEST_P(Light, BorderMap) {
  for (const int c : kChannels) {
    for (const auto& [h, w] : {std::pair{2, 2}, {3, 2}, {2, 5}, {9, 7}}) {
      const auto v = GuardedFloats::random(9 * c, 25);
      expect_same(
          static_cast<size_t>(h * w * c), 0,
          [&, h = h, w = w](float* y) { border_map_f32(v.data(), h, w, c, y, pool_); },
          [&, h = h, w = w](float* y) { reference_border_map(v.data(), h, w, c, y); });
    }
  }
}

TEST_P(Light, ResizeBilinear) {
  for (const int c : kChannels) {
    for (const auto& [h, w, oh, ow] :
         {std::array{1, 1, 2, 2}, {5, 3, 10, 6}, {7, 9, 4, 20}, {6, 5, 6, 5}}) {
      const auto x = GuardedFloats::random(2 * h * w * c, 6);
      expect_same(
          static_cast<size_t>(2 * oh * ow * c), 1e-6,
          [&, h = h, w = w, oh = oh, ow = ow](float* y) {
            resize_bilinear_f32(x.data(), 2, h, w, c, oh, ow, y, pool_);
          },
          [&, h = h, w = w, oh = oh, ow = ow](float* y) {
            reference_resize_bilinear(x.data(), 2, h, w, c, oh, ow, y);
          });
    }
  }
}

TEST_P(Light, FoldMean) {
  for (const int c : kChannels) {
    for (const auto& [th, tw] : {std::pair{1, 1}, {4, 3}, {12, 6}}) {
      const auto x = GuardedFloats::random(2 * 12 * 6 * c, 7);
      expect_same(
          static_cast<size_t>(2 * th * tw * c), 1e-6,
          [&, th = th, tw = tw](float* y) {
            fold_mean_f32(x.data(), 2, 12, 6, c, th, tw, y, pool_);
          },
          [&, th = th, tw = tw](float* y) {
            reference_fold_mean(x.data(), 2, 12, 6, c, th, tw, y);
          });
    }
  }
}

TEST_P(Light, Shuffles) {
  for (const int c : {1, 3, 5}) {
    for (const int block : {1, 2, 8}) {
      const int h = 3 * block, w = 5 * block;
      const auto x = GuardedFloats::random(2 * h * w * c, 8);
      expect_same(
          x.size(), 0, [&](float* y) { space_to_depth_f32(x.data(), 2, h, w, c, block, y, pool_); },
          [&](float* y) { reference_space_to_depth(x.data(), 2, h, w, c, block, y); });
      const int deep = c * block * block;
      expect_same(
          x.size(), 0,
          [&](float* y) { depth_to_space_f32(x.data(), 2, 3, 5, deep, block, y, pool_); },
          [&](float* y) { reference_depth_to_space(x.data(), 2, 3, 5, deep, block, y); });
    }
  }
}

TEST_P(Light, ConcatAndTile) {
  constexpr int kPixels = 1031;
  const auto a = GuardedFloats::random(kPixels * 3, 9), b = GuardedFloats::random(kPixels, 10);
  const ConcatInput inputs[] = {{a.data(), 3}, {b.data(), 1}, {a.data(), 3}};
  expect_same(
      kPixels * 7, 0, [&](float* y) { concat_f32(inputs, kPixels, y, pool_); },
      [&](float* y) { reference_concat(inputs, kPixels, y); });
  const auto x = GuardedFloats::random(2 * 5 * 3 * 7, 11);
  expect_same(
      x.size() * 6, 0, [&](float* y) { tile_f32(x.data(), 2, 5, 3, 7, 2, 3, y, pool_); },
      [&](float* y) { reference_tile(x.data(), 2, 5, 3, 7, 2, 3, y); });
}

INSTANTIATE_TEST_SUITE_P(Isa, Light, testing::ValuesIn(available_isas()),
                         [](const auto& isa) { return isa.param; });

}  // namespace
}  // namespace vseal::kernels
