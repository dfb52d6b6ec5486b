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
  const int32_t* correction;
  const int32_t* bias;
  const int8_t* residual;
  const float* multiplier;
  int8_t* y_i8;
  float* y_f32;
};

// Lanes [i, i + lanes of d) of a row.
template <Activation kActivation, class D>
HWY_INLINE void finish_lanes(D d, const Row& row, const Epilogue& e, int i) {
  const hn::RebindToSigned<D> d32;
  auto acc = hn::LoadU(d32, row.sums + i);
  if (row.correction != nullptr) acc = hn::Sub(acc, hn::LoadU(d32, row.correction + i));
  if (row.bias != nullptr) acc = hn::Add(acc, hn::LoadU(d32, row.bias + i));
  auto v = hn::Mul(hn::ConvertTo(d, acc), hn::LoadU(d, row.multiplier + i));
  if (row.residual != nullptr) {
    const auto residual = load_centred(d, row.residual + i, e.residual_zero_point);
    v = hn::Add(v, hn::Mul(residual, hn::Set(d, e.residual_multiplier)));
  }
  if constexpr (kActivation == Activation::kRelu) v = hn::Max(v, hn::Zero(d));
  if constexpr (kActivation == Activation::kGelu) v = gelu_of(d, v);
  if (e.post != 1.0f) v = hn::Mul(v, hn::Set(d, e.post));
  if (row.y_f32 != nullptr) {
    hn::StoreU(v, d, row.y_f32 + i);
  } else {
    store_lanes(d, v, e.zero_point, row.y_i8 + i);
  }
}

template <Activation kActivation>
void finish_row(const Row& row, const Epilogue& e, int channels) {
  const hn::ScalableTag<float> d;
  const int lanes = static_cast<int>(hn::Lanes(d));
  int i = 0;
  for (; i + lanes <= channels; i += lanes) finish_lanes<kActivation>(d, row, e, i);
  const hn::CappedTag<float, 1> one;
  for (; i < channels; ++i) finish_lanes<kActivation>(one, row, e, i);
}

void finish_pixel(const Row& row, const Epilogue& e, int channels) {
  if (e.activation == Activation::kGelu) return finish_row<Activation::kGelu>(row, e, channels);
  if (e.activation == Activation::kRelu) return finish_row<Activation::kRelu>(row, e, channels);
  finish_row<Activation::kNone>(row, e, channels);
}

int64_t border_class(int64_t i, int64_t extent) { return i == 0 ? 0 : i == extent - 1 ? 2 : 1; }

int64_t bias_offset(const Conv2dShape& s, BiasLayout layout, int64_t pixel) {
  if (layout == BiasLayout::kVector) return 0;
  if (layout == BiasLayout::kMap) return pixel * s.oc;
  const int64_t oy = pixel / s.out_w() % s.out_h(), ox = pixel % s.out_w();
  return (border_class(oy, s.out_h()) * 3 + border_class(ox, s.out_w())) * s.oc;
}

void finish_all(const Int8Finish& f, const int32_t* sums, int64_t stride, int64_t pixel, int count,
                int first, int channels) {
  const Int8ConvArguments& a = f.arguments;
  for (int p = 0; p < count; ++p, ++pixel) {
    const int64_t at = pixel * f.shape.oc + first;
    const Row row{.sums = sums + p * stride,
                  .correction = f.correction == nullptr ? nullptr : f.correction + first,
                  .bias = a.bias == nullptr
                              ? nullptr
                              : a.bias + bias_offset(f.shape, a.bias_layout, pixel) + first,
                  .residual = a.residual == nullptr ? nullptr : a.residual + at,
                  .multiplier = a.epilogue.multiplier + first,
                  .y_i8 = a.y_i8 == nullptr ? nullptr : a.y_i8 + at,
                  .y_f32 = a.y_f32 == nullptr ? nullptr : a.y_f32 + at};
    finish_pixel(row, a.epilogue, channels);
  }
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
