#include <cmath>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/normalize/layer_norm.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/isa.h"
#include "kernels/normalize/layer_norm.h"

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

void normalize_row(const float* row, int c, const float* gamma, const float* beta, float epsilon,
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

void normalize_rows(const float* x, size_t begin, size_t end, int c, const float* gamma,
                    const float* beta, float epsilon, float* y) {
  for (size_t r = begin; r < end; ++r) {
    normalize_row(x + r * static_cast<size_t>(c), c, gamma, beta, epsilon,
                  y + r * static_cast<size_t>(c));
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace vseal::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace vseal::kernels {

HWY_EXPORT(normalize_rows);

void layer_norm_f32(const float* x, int64_t rows, int c, const float* gamma, const float* beta,
                    float epsilon, float* y, ThreadPool& pool) {
  const auto normalize = VSEAL_DISPATCH(normalize_rows);
  pool.parallel_for(static_cast<size_t>(rows), 64, [&](size_t begin, size_t end) {
    normalize(x, begin, end, c, gamma, beta, epsilon, y);
  });
}

}  // namespace vseal::kernels
#endif  // HWY_ONCE
