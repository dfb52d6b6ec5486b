#include <algorithm>
#include <cmath>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/normalize/row_norms.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/isa.h"
#include "kernels/normalize/row_norms.h"

HWY_BEFORE_NAMESPACE();
namespace vseal::kernels {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Sum over a row of op(vector) plus op on single values for the rest.
template <class Vector, class Scalar>
float row_sum(const float* row, int c, const Vector& vector_op, const Scalar& scalar_op) {
  const hn::ScalableTag<float> d;
  const int lanes = static_cast<int>(hn::Lanes(d));
  auto sum = hn::Zero(d);
  int i = 0;
  for (; i + lanes <= c; i += lanes) sum = hn::Add(sum, vector_op(hn::LoadU(d, row + i)));
  float total = hn::GetLane(hn::SumOfLanes(d, sum));
  for (; i < c; ++i) total += scalar_op(row[i]);
  return total;
}

void layer_norm_row(const float* row, int c, const float* gamma, const float* beta, float epsilon,
                    float* y) {
  const hn::ScalableTag<float> d;
  const int lanes = static_cast<int>(hn::Lanes(d));
  const float mean = row_sum(
                         row, c, [](auto v) { return v; }, [](float v) { return v; }) /
                     c;
  const auto vmean = hn::Set(d, mean);
  const float variance = row_sum(
                             row, c,
                             [&](auto v) {
                               const auto off = hn::Sub(v, vmean);
                               return hn::Mul(off, off);
                             },
                             [&](float v) { return (v - mean) * (v - mean); }) /
                         c;
  const float scale = 1.0f / std::sqrt(variance + epsilon);
  const auto vscale = hn::Set(d, scale);
  int i = 0;
  for (; i + lanes <= c; i += lanes) {
    const auto off = hn::Mul(hn::Sub(hn::LoadU(d, row + i), vmean), vscale);
    hn::StoreU(hn::MulAdd(off, hn::LoadU(d, gamma + i), hn::LoadU(d, beta + i)), d, y + i);
  }
  for (; i < c; ++i) y[i] = (row[i] - mean) * scale * gamma[i] + beta[i];
}

void layer_norm_rows(const float* x, size_t begin, size_t end, int c, const float* gamma,
                     const float* beta, float epsilon, float* y) {
  for (size_t r = begin; r < end; ++r) {
    layer_norm_row(x + r * static_cast<size_t>(c), c, gamma, beta, epsilon,
                   y + r * static_cast<size_t>(c));
  }
}

void rms_norm_row(const float* row, int c, const float* gamma, float* y) {
  const hn::ScalableTag<float> d;
  const int lanes = static_cast<int>(hn::Lanes(d));
  const float squares = row_sum(
      row, c, [](auto v) { return hn::Mul(v, v); }, [](float v) { return v * v; });
  const float scale = std::sqrt(static_cast<float>(c)) / std::max(std::sqrt(squares), 1e-12f);
  const auto vscale = hn::Set(d, scale);
  int i = 0;
  for (; i + lanes <= c; i += lanes) {
    const auto scaled = hn::Mul(hn::LoadU(d, row + i), vscale);
    hn::StoreU(hn::Mul(scaled, hn::LoadU(d, gamma + i)), d, y + i);
  }
  for (; i < c; ++i) y[i] = row[i] * scale * gamma[i];
}

void rms_norm_rows(const float* x, size_t begin, size_t end, int c, const float* gamma, float* y) {
  for (size_t r = begin; r < end; ++r) {
    rms_norm_row(x + r * static_cast<size_t>(c), c, gamma, y + r * static_cast<size_t>(c));
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace vseal::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace vseal::kernels {

HWY_EXPORT(layer_norm_rows);
HWY_EXPORT(rms_norm_rows);

namespace {
constexpr size_t kRowsPerTask = 64;
}

void layer_norm_f32(const float* x, int64_t rows, int c, const float* gamma, const float* beta,
                    float epsilon, float* y, ThreadPool& pool) {
  const auto normalize = VSEAL_DISPATCH(layer_norm_rows);
  pool.parallel_for(static_cast<size_t>(rows), kRowsPerTask, [&](size_t begin, size_t end) {
    normalize(x, begin, end, c, gamma, beta, epsilon, y);
  });
}

void channel_rms_norm_f32(const float* x, int64_t rows, int c, const float* gamma, float* y,
                          ThreadPool& pool) {
  const auto normalize = VSEAL_DISPATCH(rms_norm_rows);
  pool.parallel_for(static_cast<size_t>(rows), kRowsPerTask,
                    [&](size_t begin, size_t end) { normalize(x, begin, end, c, gamma, y); });
}

}  // namespace vseal::kernels
#endif  // HWY_ONCE
