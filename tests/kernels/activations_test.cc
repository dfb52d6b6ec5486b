// The activations' accuracy, as activations-inl.h states it, on every instruction set.
#include <gmock/gmock.h>

#include <cmath>
#include <functional>
#include <vector>

#include "kernels/isa.h"
#include "kernels/linear/packed.h"

namespace vseal::kernels {
namespace {

constexpr double kUnit = 0x1p-23;
constexpr int kSteps = 4001;

// x and act(x) over [-span, span]: a linear layer of one weight, which is 1.
struct Curve {
  std::vector<float> x = std::vector<float>(kSteps), y = x;
};

Curve trace(Activation activation, float span) {
  const LinearShape shape{kSteps, 1, 1};
  const float one[] = {1.0f};
  const auto packed = pack_linear(shape, one);
  Curve curve;
  for (int i = 0; i < kSteps; ++i) {
    curve.x[static_cast<size_t>(i)] = span * (static_cast<float>(i) * (2.0f / (kSteps - 1)) - 1.0f);
  }
  ThreadPool pool(1);
  linear_f32(shape, {curve.x.data(), packed->data(), nullptr, nullptr, curve.y.data(), activation},
             pool);
  return curve;
}

class Activations : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override { ASSERT_TRUE(force_isa(GetParam()).ok()); }
  void TearDown() override { ASSERT_TRUE(force_isa("auto").ok()); }

  // Requires |y - exact(x)| <= 4 units of scale(x, exact) for spans from tiny to far out.
  static void expect_close(Activation activation, const std::function<double(double)>& exact,
                           const std::function<double(double, double)>& scale) {
    for (const float span : {1e-4f, 0.1f, 1.0f, 6.0f, 20.0f, 80.0f}) {
      const Curve curve = trace(activation, span);
      for (size_t i = 0; i < kSteps; ++i) {
        const double x = double{curve.x[i]}, expected = exact(x);
        ASSERT_NEAR(curve.y[i], expected, 4 * kUnit * scale(x, expected) + 1e-38) << "x = " << x;
      }
    }
  }
};

double result_size(double, double expected) { return std::abs(expected); }
double argument_size(double x, double) { return std::abs(x); }

TEST_P(Activations, Tanh) {
  expect_close(
      Activation::kTanh, [](double x) { return std::tanh(x); }, result_size);
}

TEST_P(Activations, Silu) {
  expect_close(
      Activation::kSilu, [](double x) { return x / (1 + std::exp(-x)); }, result_size);
}

TEST_P(Activations, Gelu) {
  expect_close(
      Activation::kGelu, [](double x) { return 0.5 * x * std::erfc(-x * std::sqrt(0.5)); },
      argument_size);
}

TEST_P(Activations, FarArgumentsSaturate) {
  for (const float far : {1e3f, 1e30f}) {
    for (const Activation a : {Activation::kGelu, Activation::kSilu, Activation::kRelu}) {
      const Curve curve = trace(a, far);
      EXPECT_NEAR(curve.y.front(), 0.0, 1e-30 * double{far});
      EXPECT_EQ(curve.y.back(), curve.x.back());
    }
    EXPECT_EQ(trace(Activation::kTanh, far).y.front(), -1.0f);
  }
}

INSTANTIATE_TEST_SUITE_P(All, Activations, testing::ValuesIn(available_isas()),
                         [](const auto& test) { return test.param; });

}  // namespace
}  // namespace vseal::kernels
