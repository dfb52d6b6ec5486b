// Winograd's transforms of one line, included once for each target. The interpolation points are 0,
// +-sqrt(1/2), +-sqrt(2) and infinity: their rounding error is a third of that of the usual 0, +-1,
// +-2 and infinity, and about twice the direct sum's.

// The guard flips for each target, as in Highway's own -inl.h files.
#if defined(VSEAL_KERNELS_CONV2D_WINOGRAD_LINES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef VSEAL_KERNELS_CONV2D_WINOGRAD_LINES_INL_H_
#undef VSEAL_KERNELS_CONV2D_WINOGRAD_LINES_INL_H_
#else
#define VSEAL_KERNELS_CONV2D_WINOGRAD_LINES_INL_H_
#endif

#include <hwy/highway.h>

#include "kernels/conv2d/microkernel-inl.h"
#include "kernels/conv2d/winograd.h"

HWY_BEFORE_NAMESPACE();
namespace vseal::kernels {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

constexpr float kA = 0.707106781f;  // sqrt(1/2)
constexpr float kB = 1.414213562f;  // sqrt(2)

// r = B^T d
HWY_INLINE void transform_input(const V (&d)[kWinogradInput], V (&r)[kWinogradInput]) {
  const D t;
  const V a = hn::Set(t, kA), b = hn::Set(t, kB), ends = hn::Set(t, 2.5f);
  const V even_a = hn::NegMulAdd(hn::Set(t, 2.0f), d[2], d[4]);
  const V odd_a = hn::NegMulAdd(hn::Set(t, 2.0f), d[1], d[3]);
  const V even_b = hn::NegMulAdd(hn::Set(t, 0.5f), d[2], d[4]);
  const V odd_b = hn::NegMulAdd(hn::Set(t, 0.5f), d[1], d[3]);
  r[0] = hn::NegMulAdd(ends, d[2], hn::Add(d[0], d[4]));
  r[1] = hn::MulAdd(a, odd_a, even_a);
  r[2] = hn::NegMulAdd(a, odd_a, even_a);
  r[3] = hn::MulAdd(b, odd_b, even_b);
  r[4] = hn::NegMulAdd(b, odd_b, even_b);
  r[5] = hn::NegMulAdd(ends, d[3], hn::Add(d[1], d[5]));
}

// r = G g
HWY_INLINE void transform_weight(const V (&g)[3], V (&r)[kWinogradInput]) {
  const D t;
  const V even_a = hn::Mul(hn::Set(t, -2.0f / 3), hn::MulAdd(hn::Set(t, 0.5f), g[2], g[0]));
  const V odd_a = hn::Mul(hn::Set(t, kA * (-2.0f / 3)), g[1]);
  const V even_b = hn::Mul(hn::Set(t, 1.0f / 6), hn::MulAdd(hn::Set(t, 2.0f), g[2], g[0]));
  const V odd_b = hn::Mul(hn::Set(t, kB * (1.0f / 6)), g[1]);
  r[0] = g[0];
  r[1] = hn::Add(even_a, odd_a);
  r[2] = hn::Sub(even_a, odd_a);
  r[3] = hn::Add(even_b, odd_b);
  r[4] = hn::Sub(even_b, odd_b);
  r[5] = g[2];
}

// r = A^T m
HWY_INLINE void transform_output(const V (&m)[kWinogradInput], V (&r)[kWinogradOutput]) {
  const D t;
  const V even_a = hn::Add(m[1], m[2]), odd_a = hn::Sub(m[1], m[2]);
  const V even_b = hn::Add(m[3], m[4]), odd_b = hn::Sub(m[3], m[4]);
  r[0] = hn::Add(m[0], hn::Add(even_a, even_b));
  r[1] = hn::MulAdd(hn::Set(t, kA), odd_a, hn::Mul(hn::Set(t, kB), odd_b));
  r[2] = hn::MulAdd(hn::Set(t, 0.5f), even_a, hn::Mul(hn::Set(t, 2.0f), even_b));
  r[3] = hn::MulAdd(hn::Set(t, kA / 2), odd_a, hn::MulAdd(hn::Set(t, 2 * kB), odd_b, m[5]));
}

}  // namespace HWY_NAMESPACE
}  // namespace vseal::kernels
HWY_AFTER_NAMESPACE();

#endif  // per-target guard
