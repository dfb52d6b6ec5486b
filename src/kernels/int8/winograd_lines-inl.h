// One-dimensional steps of kernels/int8/winograd.h; included once for each target.

// The guard flips for each target, as in Highway's own -inl.h files.
#if defined(VSEAL_KERNELS_INT8_WINOGRAD_LINES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef VSEAL_KERNELS_INT8_WINOGRAD_LINES_INL_H_
#undef VSEAL_KERNELS_INT8_WINOGRAD_LINES_INL_H_
#else
#define VSEAL_KERNELS_INT8_WINOGRAD_LINES_INL_H_
#endif

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace vseal::kernels {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// y = B x.
template <class V>
HWY_INLINE void input_line(const V* HWY_RESTRICT x, V* HWY_RESTRICT y) {
  const V x1 = hn::ShiftLeft<2>(x[1]), x2 = hn::ShiftLeft<2>(x[2]);
  const V even = hn::Sub(x[4], x2), odd = hn::Sub(x[3], x1);
  const V step = hn::Sub(x[4], x[2]), slope = hn::ShiftLeft<1>(hn::Sub(x[3], x[1]));
  y[0] = hn::Add(hn::Sub(hn::ShiftLeft<2>(hn::Sub(x[0], x[2])), x[2]), x[4]);
  y[1] = hn::Add(even, odd);
  y[2] = hn::Sub(even, odd);
  y[3] = hn::Add(step, slope);
  y[4] = hn::Sub(step, slope);
  y[5] = hn::Add(hn::Sub(x1, hn::Add(hn::ShiftLeft<2>(x[3]), x[3])), x[5]);
}

// y = G w.
template <class V>
HWY_INLINE void weight_line(const V* HWY_RESTRICT w, V* HWY_RESTRICT y) {
  const V ends = hn::ShiftLeft<2>(hn::Add(w[0], w[2])), middle = hn::ShiftLeft<2>(w[1]);
  const V even = hn::Add(w[0], hn::ShiftLeft<2>(w[2])), odd = hn::ShiftLeft<1>(w[1]);
  y[0] = hn::Add(hn::ShiftLeft<2>(w[0]), hn::ShiftLeft<1>(w[0]));
  y[1] = hn::Sub(hn::Xor(w[0], w[0]), hn::Add(ends, middle));
  y[2] = hn::Sub(middle, ends);
  y[3] = hn::Add(even, odd);
  y[4] = hn::Sub(even, odd);
  y[5] = hn::Add(hn::ShiftLeft<3>(w[2]), hn::ShiftLeft<2>(w[2]));
}

// y = A m.
template <class V>
HWY_INLINE void output_line(const V* HWY_RESTRICT m, V* HWY_RESTRICT y) {
  const V sum = hn::Add(m[1], m[2]), difference = hn::Sub(m[1], m[2]);
  const V far_sum = hn::Add(m[3], m[4]), far_difference = hn::Sub(m[3], m[4]);
  y[0] = hn::Add(m[0], hn::Add(sum, far_sum));
  y[1] = hn::Add(difference, hn::ShiftLeft<1>(far_difference));
  y[2] = hn::Add(sum, hn::ShiftLeft<2>(far_sum));
  y[3] = hn::Add(hn::Add(difference, hn::ShiftLeft<3>(far_difference)), hn::ShiftLeft<1>(m[5]));
}

}  // namespace HWY_NAMESPACE
}  // namespace vseal::kernels
HWY_AFTER_NAMESPACE();

#endif  // per-target guard
