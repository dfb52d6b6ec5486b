// From integer sums to outputs on SIMD: the formula of Epilogue in contract.h, lane by lane.
#include "kernels/int8/conv_tile.h"
#include "kernels/isa.h"

// clang-format off: foreach_target.h includes this file again and comes before highway.h.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/int8/epilogue.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/int8/store-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace vseal::kernels {
namespace HWY_NAMESPACE {
namespace {

// What a run of channels of one pixel needs; null where there is none.
struct Row {
  const int32_t* sums;
  const int32_t* offset;
  const int32_t* bias;
  const int8_t* residual;
  const float* multiplier;
  int8_t* y_i8;
  float* y_f32;
};

// How a convolution's rows are finished, as far as it is known before they are.
template <Activation kAct, bool kBias, bool kResidual, bool kFloat>
struct Form {
  static constexpr Activation kActivation = kAct;
  static constexpr bool kHasBias = kBias, kHasResidual = kResidual, kToFloat = kFloat;
};

// An epilogue's numbers as vectors: the compiler cannot keep them in registers by itself, because
// stores of bytes may be to anything.
template <class D>
struct Constants {
  Constants(D d, const Epilogue& e)
      : residual_multiplier(hn::Set(d, e.residual_multiplier)),
        post(hn::Set(d, e.post)),
        residual_zero(hn::Set(hn::RebindToSigned<D>(), e.residual_zero_point)),
        storer(d, e.zero_point) {}
  hn::Vec<D> residual_multiplier, post;
  hn::Vec<hn::RebindToSigned<D>> residual_zero;
  Storer<D> storer;
};

// Lanes [i, i + lanes of d) of a row. Where post is 1, multiplying by it changes no bit.
template <class F, class D>
HWY_INLINE void finish_lanes(D d, const Row& row, const Constants<D>& constants, int i) {
  const hn::RebindToSigned<D> d32;
  const hn::Rebind<int8_t, D> d8;
  auto acc = hn::Add(hn::LoadU(d32, row.sums + i), hn::LoadU(d32, row.offset + i));
  if constexpr (F::kHasBias) acc = hn::Add(acc, hn::LoadU(d32, row.bias + i));
  auto v = hn::Mul(hn::ConvertTo(d, acc), hn::LoadU(d, row.multiplier + i));
  if constexpr (F::kHasResidual) {
    const auto wide = hn::PromoteTo(d32, hn::LoadU(d8, row.residual + i));
    const auto residual = hn::ConvertTo(d, hn::Sub(wide, constants.residual_zero));
    v = hn::Add(v, hn::Mul(residual, constants.residual_multiplier));
  }
  if constexpr (F::kActivation == Activation::kRelu) v = hn::Max(v, hn::Zero(d));
  if constexpr (F::kActivation == Activation::kGelu) v = gelu_of(d, v);
  v = hn::Mul(v, constants.post);
  if constexpr (F::kToFloat) {
    hn::StoreU(v, d, row.y_f32 + i);
  } else {
    constants.storer.store(v, row.y_i8 + i);
  }
}

int64_t border_class(int64_t i, int64_t extent) { return i == 0 ? 0 : i == extent - 1 ? 2 : 1; }

// Of a bias that is not a vector.
int64_t bias_offset(const Conv2dShape& s, BiasLayout layout, int64_t pixel) {
  if (layout == BiasLayout::kMap) return pixel * s.oc;
  const int64_t oy = pixel / s.out_w() % s.out_h(), ox = pixel % s.out_w();
  return (border_class(oy, s.out_h()) * 3 + border_class(ox, s.out_w())) * s.oc;
}

// Sums of a run of pixels and channels.
struct Part {
  const int32_t* sums;
  int64_t stride, pixel;
  int count, first, channels;
};

HWY_INLINE Row row_of(const Int8Finish& f, const Part& part, int p) {
  const Int8ConvArguments& a = f.arguments;
  const int64_t at = (part.pixel + p) * f.shape.oc + part.first;
  Row row{.sums = part.sums + p * part.stride,
          .offset = f.offset + part.first,
          .bias = nullptr,
          .residual = a.residual == nullptr ? nullptr : a.residual + at,
          .multiplier = a.epilogue.multiplier + part.first,
          .y_i8 = a.y_i8 == nullptr ? nullptr : a.y_i8 + at,
          .y_f32 = a.y_f32 == nullptr ? nullptr : a.y_f32 + at};
  if (f.bias != nullptr) {
    row.bias = f.bias + bias_offset(f.shape, a.bias_layout, part.pixel + p) + part.first;
  }
  return row;
}

template <class F>
void finish_part(const Int8Finish& f, const Part& part) {
  using Many = hn::ScalableTag<float>;
  using One = hn::CappedTag<float, 1>;
  const Many d;
  const One one;
  const Constants<Many> constants(d, f.arguments.epilogue);
  const Constants<One> constants_of_one(one, f.arguments.epilogue);
  const int lanes = static_cast<int>(hn::Lanes(d));
  for (int p = 0; p < part.count; ++p) {
    const Row row = row_of(f, part, p);
    int i = 0;
    for (; i + lanes <= part.channels; i += lanes) finish_lanes<F>(d, row, constants, i);
    for (; i < part.channels; ++i) finish_lanes<F>(one, row, constants_of_one, i);
  }
}

template <Activation kAct, bool kBias, bool kResidual>
void choose_output(const Int8Finish& f, const Part& part) {
  if (f.arguments.y_f32 != nullptr) return finish_part<Form<kAct, kBias, kResidual, true>>(f, part);
  finish_part<Form<kAct, kBias, kResidual, false>>(f, part);
}

template <Activation kAct>
void choose_inputs(const Int8Finish& f, const Part& part) {
  const bool residual = f.arguments.residual != nullptr;
  if (f.bias != nullptr) {
    if (residual) return choose_output<kAct, true, true>(f, part);
    return choose_output<kAct, true, false>(f, part);
  }
  if (residual) return choose_output<kAct, false, true>(f, part);
  choose_output<kAct, false, false>(f, part);
}

void finish_all(const Int8Finish& f, const int32_t* sums, int64_t stride, int64_t pixel, int count,
                int first, int channels) {
  const Part part{sums, stride, pixel, count, first, channels};
  const Activation activation = f.arguments.epilogue.activation;
  if (activation == Activation::kGelu) return choose_inputs<Activation::kGelu>(f, part);
  if (activation == Activation::kRelu) return choose_inputs<Activation::kRelu>(f, part);
  choose_inputs<Activation::kNone>(f, part);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace vseal::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace vseal::kernels {

HWY_EXPORT(finish_all);

void finish_i8(const Int8Finish& finish, const int32_t* sums, int64_t stride, int64_t pixel,
               int count, int first, int channels) {
  VSEAL_DISPATCH(finish_all)(finish, sums, stride, pixel, count, first, channels);
}

}  // namespace vseal::kernels
#endif  // HWY_ONCE
