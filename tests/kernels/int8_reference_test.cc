// The integer oracle itself: against known values, and against the f32 oracle on what its integers
// stand for.
#include <gmock/gmock.h>

#include <cmath>
#include <random>
#include <vector>

#include "kernels/conv2d/reference.h"
#include "kernels/elementwise/contract.h"
#include "kernels/int8/contract.h"
#include "kernels/int8/store.h"
#include "kernels/normalize/contract.h"
#include "kernels/resample/contract.h"

namespace vseal::kernels {
namespace {

using testing::ElementsAre;

std::vector<int8_t> random_bytes(size_t count, unsigned seed) {
  std::mt19937 engine(seed);
  std::vector<int8_t> bytes(count);
  for (int8_t& b : bytes) b = static_cast<int8_t>(engine());
  return bytes;
}

std::vector<float> reals(const std::vector<int8_t>& q, Quantization type) {
  std::vector<float> out(q.size());
  reference_dequantize(q.data(), static_cast<int64_t>(q.size()), type, out.data());
  return out;
}

// The stored integers are the real values, rounded once.
void expect_rounded(const std::vector<int8_t>& got, const std::vector<float>& real,
                    Quantization type) {
  for (size_t i = 0; i < got.size(); ++i) {
    const double units = std::clamp(double{real[i]} / type.scale + type.zero_point, -128.0, 127.0);
    ASSERT_NEAR(got[i], units, 0.5 + 1e-4) << "value " << i;
  }
}

TEST(Int8Reference, StoringRoundsTiesToEvenAndSaturates) {
  EXPECT_EQ(store_i8(0.5f, 0), 0);
  EXPECT_EQ(store_i8(1.5f, 0), 2);
  EXPECT_EQ(store_i8(-2.5f, 0), -2);
  EXPECT_EQ(store_i8(0.5f, 1), 1) << "ties are even before the zero point";
  EXPECT_EQ(store_i8(1e30f, -5), 127);
  EXPECT_EQ(store_i8(-1e30f, -5), -128);
  EXPECT_EQ(store_i8(NAN, 7), -128);
}

TEST(Int8Reference, BiasesSaturateAndWrapsAreDefined) {
  const float x[] = {1.0f, -1e30f, 1e30f}, inverse[] = {4.0f}, offset[] = {0.125f};
  int32_t y[3];
  reference_quantize_bias(x, 3, 1, inverse, offset, y);
  EXPECT_THAT(y, ElementsAre(4, -(1 << 30), 1 << 30));
  EXPECT_EQ(wrapping_add(INT32_MAX, 1), INT32_MIN);
}

TEST(Int8Reference, GeluIsGelu) {
  for (float x = -9; x < 9; x += 0.01f) {
    EXPECT_NEAR(gelu_plain(x), reference_activation(x, Activation::kGelu),
                1e-6f * std::abs(x) + 1e-7f);
  }
}

class Int8ReferenceConv : public testing::TestWithParam<Conv2dShape> {};

TEST_P(Int8ReferenceConv, IsTheRealConvolutionRounded) {
  const Conv2dShape s = GetParam();
  const auto count = [](int64_t a, int64_t b, int64_t c) { return static_cast<size_t>(a * b * c); };
  const Quantization x{0.02f, -7}, residual{0.05f, 11}, y{0.5f, 4};
  const auto qx = random_bytes(count(s.h, s.w, s.ic), 1);
  const auto qw = random_bytes(count(s.oc, s.kh * s.kw, s.ic), 2);
  const size_t outputs = count(s.out_h(), s.out_w(), s.oc);
  const auto qr = random_bytes(outputs, 3);
  std::vector<float> multiplier, bias, weight;
  std::vector<int32_t> qb;
  for (int o = 0; o < s.oc; ++o) {
    const float scale = 0.001f * static_cast<float>(o + 1);
    multiplier.push_back(x.scale * scale / y.scale);
    qb.push_back(100 * o - 50);
    bias.push_back(static_cast<float>(qb.back()) * x.scale * scale);
    for (int i = 0; i < s.kh * s.kw * s.ic; ++i) {
      weight.push_back(static_cast<float>(qw[weight.size()]) * scale);
    }
  }
  std::vector<int8_t> got(outputs);
  Int8ConvArguments a{.x = qx.data(), .x_zero_point = x.zero_point, .weight = qw.data()};
  a.bias = qb.data();
  a.residual = qr.data();
  a.epilogue = {.multiplier = multiplier.data(),
                .residual_multiplier = residual.scale / y.scale,
                .residual_zero_point = residual.zero_point,
                .activation = Activation::kRelu,
                .zero_point = y.zero_point};
  a.y_i8 = got.data();
  reference_conv2d_i8(s, a);
  std::vector<float> real(outputs);
  reference_conv2d(s, reals(qx, x).data(), weight.data(), bias.data(), reals(qr, residual).data(),
                   Activation::kRelu, real.data());
  expect_rounded(got, real, y);
}

INSTANTIATE_TEST_SUITE_P(
    All, Int8ReferenceConv,
    testing::Values(Conv2dShape{.h = 5, .w = 6, .ic = 7, .oc = 4, .kh = 3, .kw = 3, .pad = 1},
                    Conv2dShape{.h = 5,
                                .w = 4,
                                .ic = 2,
                                .oc = 3,
                                .kh = 3,
                                .kw = 3,
                                .pad = 1,
                                .padding = Padding::kReflect},
                    Conv2dShape{.h = 8, .w = 8, .ic = 3, .oc = 5, .kh = 4, .kw = 4, .stride = 4},
                    Conv2dShape{.h = 3, .w = 3, .ic = 9, .oc = 2}));

// Nine biases for a 3x3 picture are a map of biases.
TEST(Int8Reference, BorderBiasesAreAMap) {
  const Conv2dShape s{.h = 4, .w = 5, .ic = 1, .oc = 1, .kh = 3, .kw = 3, .pad = 1};
  const std::vector<int8_t> x(20, 0), w(9, 1);
  std::vector<int32_t> nine, map;
  for (int i = 0; i < 9; ++i) nine.push_back(i * 10);
  for (int y = 0; y < 4; ++y) {
    for (int ox = 0; ox < 5; ++ox) {
      map.push_back(10 * ((y == 0 ? 0 : y == 3 ? 2 : 1) * 3 + (ox == 0 ? 0 : ox == 4 ? 2 : 1)));
    }
  }
  const float one = 1;
  std::vector<float> a(20), b(20);
  Int8ConvArguments arguments{.x = x.data(), .weight = w.data(), .bias = nine.data()};
  arguments.bias_layout = BiasLayout::kBorders;
  arguments.epilogue.multiplier = &one;
  arguments.y_f32 = a.data();
  reference_conv2d_i8(s, arguments);
  arguments.bias = map.data();
  arguments.bias_layout = BiasLayout::kMap;
  arguments.y_f32 = b.data();
  reference_conv2d_i8(s, arguments);
  EXPECT_EQ(a, b);
  EXPECT_EQ(a[6], 40.0f);
}

TEST(Int8Reference, NormsAreTheRealNormsRounded) {
  constexpr int kRows = 6, kC = 19;
  const Quantization x{0.03f, 9}, y{0.02f, -3};
  const auto q = random_bytes(kRows * kC, 4);
  const auto real = reals(q, x);
  std::vector<float> gamma, beta, factor, g, b, f, want(q.size());
  for (int i = 0; i < kC; ++i) {
    gamma.push_back(0.05f * static_cast<float>(i - 5));
    beta.push_back(0.1f * static_cast<float>(i - 9));
    factor.push_back(0.2f + 0.01f * static_cast<float>(i));
  }
  const auto in_units = [&](const std::vector<float>& v) {
    std::vector<float> units;
    for (const float value : v) units.push_back(value / y.scale);
    return units;
  };
  g = in_units(gamma);
  b = in_units(beta);
  std::vector<int8_t> got(q.size());
  Int8NormArguments a{q.data(),     x.zero_point, g.data(), b.data(), 1e-3 / (0.03 * 0.03),
                      y.zero_point, got.data()};
  reference_layer_norm_i8(kRows, kC, a);
  reference_layer_norm(real.data(), kRows, kC, gamma.data(), beta.data(), 1e-3f, want.data());
  expect_rounded(got, want, y);
  reference_rms_norm_i8(kRows, kC, a);
  reference_channel_rms_norm(real.data(), kRows, kC, gamma.data(), want.data());
  expect_rounded(got, want, y);

  for (size_t i = 0; i < factor.size(); ++i) {
    f.push_back(factor[i] * x.scale / y.scale);
    b[i] = beta[i] * factor[i] / y.scale;
  }
  a.gamma = gamma.data();
  a.epsilon = 1e-6 / 0.03;
  reference_response_norm_i8(2, kRows / 2, kC, a, f.data());
  reference_global_response_norm(real.data(), 2, kRows / 2, kC, gamma.data(), beta.data(),
                                 factor.data(), 1e-6f, want.data());
  expect_rounded(got, want, y);
}

TEST(Int8Reference, ResamplingIsTheRealOneRounded) {
  const Quantization type{0.1f, 20};
  const auto q = random_bytes(2 * 3 * 4 * 5, 5);
  const auto real = reals(q, type);
  std::vector<int8_t> got(2 * 6 * 7 * 5);
  std::vector<float> want(got.size());
  reference_resize_i8(q.data(), 2, 3, 4, 5, 6, 7, type.zero_point, got.data());
  reference_resize_bilinear(real.data(), 2, 3, 4, 5, 6, 7, want.data());
  expect_rounded(got, want, type);

  std::vector<int8_t> means(2 * 3 * 2 * 5);
  want.resize(means.size());
  Int8MeanArguments a{.x = q.data(), .x_zero_point = 20, .multiplier = 0.1f / (2 * 0.05f)};
  a.y_zero_point = -1;
  a.y_i8 = means.data();
  reference_fold_mean_i8(2, 3, 4, 5, 3, 2, a);
  reference_fold_mean(real.data(), 2, 3, 4, 5, 3, 2, want.data());
  expect_rounded(means, want, {0.05f, -1});
}

}  // namespace
}  // namespace vseal::kernels
