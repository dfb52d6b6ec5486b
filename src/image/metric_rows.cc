#include "image/metric_rows.h"

#include <cmath>

#include "image/padded_rows.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "image/metric_rows.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/isa.h"

HWY_BEFORE_NAMESPACE();
namespace vseal::image {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;
using Floats = hn::ScalableTag<float>;
using Vec = hn::Vec<Floats>;

constexpr float kC1 = 0.01f * 0.01f, kC2 = 0.03f * 0.03f;
constexpr int kCentre = kSsimWindow / 2;

HWY_INLINE Vec load(const float* p) { return hn::LoadU(Floats(), p); }
HWY_INLINE Vec set(float v) { return hn::Set(Floats(), v); }
HWY_INLINE int lanes() { return static_cast<int>(hn::Lanes(Floats())); }

// A plain loop that the compiler turns into vectors of this target. The square of a difference of
// 16-bit samples fits 32 bits.
template <typename T>
uint64_t squared_difference_of(const T* a, const T* b, size_t count) {
  uint64_t sum = 0;
  for (size_t i = 0; i < count; ++i) {
    const auto d = static_cast<uint32_t>(int32_t{a[i]} - int32_t{b[i]});
    sum += d * d;
  }
  return sum;
}

uint64_t squared_difference_8(const uint8_t* a, const uint8_t* b, size_t count) {
  return squared_difference_of(a, b, count);
}
uint64_t squared_difference_16(const uint16_t* a, const uint16_t* b, size_t count) {
  return squared_difference_of(a, b, count);
}

void to_sum_and_difference_impl(float* a, float* b, int width) {
  for (int x = 0; x < width; x += lanes()) {
    const auto u = load(a + x), v = load(b + x);
    hn::StoreU(hn::Add(hn::Sub(u, set(0.5f)), hn::Sub(v, set(0.5f))), Floats(), a + x);
    hn::StoreU(hn::Sub(u, v), Floats(), b + x);
  }
}

// Vertical halves of the local means of s, d, s^2 and d^2.
void vertical_means(const SsimInput& in, const float* weights, int width, const SsimScratch& out) {
  for (int x = 0; x < width; x += lanes()) {
    auto s_mean = set(0), d_mean = set(0), s_square = set(0), d_square = set(0);
    for (size_t k = 0; k < kSsimWindow; ++k) {
      const auto weight = set(weights[k]);
      const auto s = load(in.sum[k] + x), d = load(in.difference[k] + x);
      const auto ws = hn::Mul(weight, s), wd = hn::Mul(weight, d);
      s_mean = hn::Add(s_mean, ws);
      d_mean = hn::Add(d_mean, wd);
      s_square = hn::MulAdd(ws, s, s_square);
      d_square = hn::MulAdd(wd, d, d_square);
    }
    hn::StoreU(s_mean, Floats(), out[0] + x);
    hn::StoreU(d_mean, Floats(), out[1] + x);
    hn::StoreU(s_square, Floats(), out[2] + x);
    hn::StoreU(d_square, Floats(), out[3] + x);
  }
}

// The horizontal half for the windows that begin at row[0...].
HWY_INLINE Vec horizontal_mean(const float* row, const float* weights) {
  auto sum = hn::Mul(load(row + kCentre), set(weights[kCentre]));
  for (int k = 0; k < kCentre; ++k) {
    sum = hn::MulAdd(hn::Add(load(row + k), load(row + kSsimWindow - 1 - k)), set(weights[k]), sum);
  }
  return sum;
}

// 1 - SSIM from the means m of s and d and of their squares q, where s = a + b - 1, d = a - b. With
// var for variances, SSIM = (1 - l)(1 - c), l = md^2 / (mean(a)^2 + mean(b)^2 + C1) and
// c = var(d) / (var(a) + var(b) + C2). What little the pictures differ stands alone in l and c, so
// nothing cancels.
HWY_INLINE Vec deficit(Vec ms, Vec md, Vec qs, Vec qd) {
  const auto half = set(0.5f), both = hn::Add(ms, set(1));
  const auto md2 = hn::Mul(md, md);
  const auto var_s = hn::Max(hn::NegMulAdd(ms, ms, qs), set(0));
  const auto var_d = hn::Max(hn::Sub(qd, md2), set(0));
  const auto l_base = hn::MulAdd(half, hn::MulAdd(both, both, md2), set(kC1));
  const auto c_base = hn::MulAdd(half, hn::Add(var_s, var_d), set(kC2));
  const auto l = hn::Div(md2, l_base), c = hn::Div(var_d, c_base);
  return hn::NegMulAdd(l, c, hn::Add(l, c));
}

double sum_of(Vec v) {
  HWY_ALIGN float values[hn::MaxLanes(Floats())];
  hn::Store(v, Floats(), values);
  double sum = 0;
  for (int i = 0; i < lanes(); ++i) sum += double{values[i]};
  return sum;
}

double ssim_deficit_row_impl(const SsimInput& in, const float* weights, int width,
                             const SsimScratch& scratch) {
  vertical_means(in, weights, width, scratch);
  const int positions = width - kSsimWindow + 1;
  auto sum = set(0);
  for (int x = 0; x < positions; x += lanes()) {
    const auto row =
        deficit(horizontal_mean(scratch[0] + x, weights), horizontal_mean(scratch[1] + x, weights),
                horizontal_mean(scratch[2] + x, weights), horizontal_mean(scratch[3] + x, weights));
    const auto valid = hn::FirstN(Floats(), static_cast<size_t>(positions - x));
    sum = hn::Add(sum, hn::IfThenElseZero(valid, row));
  }
  return sum_of(sum);
}

}  // namespace HWY_NAMESPACE
}  // namespace vseal::image
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace vseal::image {

HWY_EXPORT(squared_difference_8);
HWY_EXPORT(squared_difference_16);
HWY_EXPORT(to_sum_and_difference_impl);
HWY_EXPORT(ssim_deficit_row_impl);

namespace {

// A Gaussian of sigma 1.5, its sum 1.
std::array<float, kSsimWindow> gaussian() {
  constexpr double kSigma = 1.5;
  constexpr int kMiddle = kSsimWindow / 2;
  std::array<double, kSsimWindow> weights{};
  double total = 0;
  for (int i = 0; i < kSsimWindow; ++i) {
    const double d = i - kMiddle;
    total += weights[static_cast<size_t>(i)] = std::exp(-d * d / (2 * kSigma * kSigma));
  }
  std::array<float, kSsimWindow> out{};
  for (size_t i = 0; i < kSsimWindow; ++i) out[i] = static_cast<float>(weights[i] / total);
  return out;
}

}  // namespace

uint64_t squared_difference(const uint8_t* a, const uint8_t* b, size_t count) {
  return VSEAL_DISPATCH(squared_difference_8)(a, b, count);
}

uint64_t squared_difference(const uint16_t* a, const uint16_t* b, size_t count) {
  return VSEAL_DISPATCH(squared_difference_16)(a, b, count);
}

void to_sum_and_difference(float* a, float* b, int width) {
  VSEAL_DISPATCH(to_sum_and_difference_impl)(a, b, width);
}

double ssim_deficit_row(const SsimInput& in, int width, const SsimScratch& scratch) {
  static const std::array<float, kSsimWindow> kWeights = gaussian();
  return VSEAL_DISPATCH(ssim_deficit_row_impl)(in, kWeights.data(), width, scratch);
}

}  // namespace vseal::image
#endif  // HWY_ONCE
