// The operations of contract.h on Highway vectors; included once for each target.

// The guard flips for each target, as in Highway's own -inl.h files.
#if defined(VSEAL_KERNELS_INT8_STORE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef VSEAL_KERNELS_INT8_STORE_INL_H_
#undef VSEAL_KERNELS_INT8_STORE_INL_H_
#else
#define VSEAL_KERNELS_INT8_STORE_INL_H_
#endif

#include <hwy/highway.h>

#include "kernels/int8/gelu_plain.h"

HWY_BEFORE_NAMESPACE();
namespace vseal::kernels {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// float(x[i] - zero_point) for the lanes of d.
template <class D>
HWY_INLINE hn::Vec<D> load_centred(D d, const int8_t* x, int32_t zero_point) {
  const hn::RebindToSigned<D> d32;
  const hn::Rebind<int8_t, D> d8;
  const auto wide = hn::PromoteTo(d32, hn::LoadU(d8, x));
  return hn::ConvertTo(d, hn::Sub(wide, hn::Set(d32, zero_point)));
}

// x[i]: rows of f32 have no zero point.
template <class D>
HWY_INLINE hn::Vec<D> load_centred(D d, const float* x, int32_t) {
  return hn::LoadU(d, x);
}

// store(v, z) of every lane of D, for one z.
template <class D>
class Storer {
 public:
  Storer(D d, int32_t zero_point)
      : low_(hn::Set(d, static_cast<float>(-128 - zero_point))),
        high_(hn::Set(d, static_cast<float>(127 - zero_point))),
        round_(hn::Set(d, kRound)),
        from_bits_(hn::Set(hn::RebindToSigned<D>(), kRoundBits - zero_point)) {}

  HWY_INLINE void store(hn::Vec<D> v, int8_t* y) const {
    const hn::RebindToSigned<D> d32;
    const hn::Rebind<int8_t, D> d8;
    // A sum of this size has its unit in the last place: the addition rounds, ties to even.
    const auto rounded = hn::Add(hn::Min(hn::Max(v, low_), high_), round_);
    hn::StoreU(hn::DemoteTo(d8, hn::Sub(hn::BitCast(d32, rounded), from_bits_)), d8, y);
  }

 private:
  static constexpr float kRound = 0x1.8p23f;
  static constexpr int32_t kRoundBits = 0x4B400000;  // of kRound
  hn::Vec<D> low_, high_, round_;
  hn::Vec<hn::RebindToSigned<D>> from_bits_;
};

template <class D>
HWY_INLINE void store_lanes(D d, hn::Vec<D> v, int32_t zero_point, int8_t* y) {
  Storer<D>(d, zero_point).store(v, y);
}

// Horner's rule with each product and each sum rounded.
template <class D>
HWY_INLINE hn::Vec<D> plain_polynomial(D d, hn::Vec<D> u, const float (&c)[kGeluTerms]) {
  auto sum = hn::Set(d, c[kGeluTerms - 1]);
  for (size_t i = kGeluTerms - 1; i-- > 0;) sum = hn::Add(hn::Mul(sum, u), hn::Set(d, c[i]));
  return sum;
}

// gelu_plain of every lane.
template <class D>
HWY_INLINE hn::Vec<D> gelu_of(D d, hn::Vec<D> x) {
  const auto t = hn::Min(x, hn::Set(d, kGeluEnd));
  const auto u = hn::Mul(t, t);
  const auto numerator = hn::Mul(t, plain_polynomial(d, u, kGeluP));
  const auto ratio = hn::Div(numerator, plain_polynomial(d, u, kGeluQ));
  const auto y = hn::Mul(x, hn::Add(hn::Set(d, 0.5f), ratio));
  return hn::IfThenZeroElse(hn::Lt(x, hn::Set(d, -kGeluEnd)), y);
}

}  // namespace HWY_NAMESPACE
}  // namespace vseal::kernels
HWY_AFTER_NAMESPACE();

#endif  // per-target guard
