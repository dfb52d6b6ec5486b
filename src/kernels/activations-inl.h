// Activations on Highway vectors; included once for each target.
// Errors in units of 2^-23, all targets: tanh and SiLU 4 relative to the result; GELU 4 relative
// to x (the normal distribution function is within 3e-7).

// The guard flips for each target, as in Highway's own -inl.h files.
#if defined(VSEAL_KERNELS_ACTIVATIONS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef VSEAL_KERNELS_ACTIVATIONS_INL_H_
#undef VSEAL_KERNELS_ACTIVATIONS_INL_H_
#else
#define VSEAL_KERNELS_ACTIVATIONS_INL_H_
#endif

#include <hwy/contrib/math/math-inl.h>
#include <hwy/highway.h>

#include "kernels/activation.h"

HWY_BEFORE_NAMESPACE();
namespace vseal::kernels {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// c[0] + c[1] u + ... by Horner's rule.
template <class D, size_t kCount>
HWY_INLINE hn::Vec<D> polynomial(D d, hn::Vec<D> u, const float (&c)[kCount]) {
  hn::Vec<D> sum = hn::Set(d, c[kCount - 1]);
  for (size_t i = kCount - 1; i-- > 0;) sum = hn::MulAdd(sum, u, hn::Set(d, c[i]));
  return sum;
}

// Phi(x) = 1/2 + x P(x^2) / Q(x^2), a minimax fit on |x| <= 5.6 with error 1e-8; beyond, Phi is 0
// or 1 to within half a unit.
template <class D>
HWY_INLINE hn::Vec<D> gelu(D d, hn::Vec<D> x) {
  constexpr float kEnd = 5.6f;
  constexpr float kP[] = {0.398942222f,    0.034376117f,   0.00470725903f,
                          0.000173850671f, 6.35651776e-6f, 2.214523e-8f};
  constexpr float kQ[] = {1.0f,           0.25283386f,    0.0289400909f,
                          0.00191297799f, 7.51018283e-5f, 1.18020845e-6f};
  const auto t = hn::Min(hn::Max(x, hn::Set(d, -kEnd)), hn::Set(d, kEnd));
  const auto u = hn::Mul(t, t);
  const auto ratio = hn::Div(hn::Mul(t, polynomial(d, u, kP)), polynomial(d, u, kQ));
  const auto y = hn::Mul(x, hn::Add(hn::Set(d, 0.5f), ratio));
  return hn::IfThenZeroElse(hn::Lt(x, hn::Set(d, -kEnd)), y);
}

template <class D>
HWY_INLINE hn::Vec<D> silu(D d, hn::Vec<D> x) {
  // exp(88) is finite; beyond it the quotient is 0 to within 1e-36.
  const auto exponent = hn::Min(hn::Neg(x), hn::Set(d, 88.0f));
  return hn::Div(x, hn::Add(hn::Set(d, 1.0f), hn::Exp(d, exponent)));
}

template <Activation kActivation, class D>
HWY_INLINE hn::Vec<D> activate(D d, hn::Vec<D> x) {
  if constexpr (kActivation == Activation::kRelu) return hn::Max(x, hn::Zero(d));
  if constexpr (kActivation == Activation::kTanh) return hn::Tanh(d, x);
  if constexpr (kActivation == Activation::kGelu) return gelu(d, x);
  if constexpr (kActivation == Activation::kSilu) return silu(d, x);
  return x;
}

}  // namespace HWY_NAMESPACE
}  // namespace vseal::kernels
HWY_AFTER_NAMESPACE();

#endif  // per-target guard
