#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/resample/resize_bilinear.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/isa.h"
#include "kernels/resample/resize_bilinear.h"

HWY_BEFORE_NAMESPACE();
namespace vseal::kernels {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

struct Tap {
  int low;
  int high;
  float weight;  // of high
};

HWY_INLINE Tap tap(int out, int extent, int out_extent) {
  const double source = std::max((out + 0.5) * extent / out_extent - 0.5, 0.0);
  const int low = std::min(static_cast<int>(source), extent - 1);
  return {low, std::min(low + 1, extent - 1), static_cast<float>(source - low)};
}

// y[i] = lerp(lerp(a, b, wx), lerp(e, f, wx), wy) over c channels.
HWY_INLINE void blend_pixel(const float* a, const float* b, const float* e, const float* f,
                            float wx, float wy, int c, float* y) {
  const hn::ScalableTag<float> d;
  const int lanes = static_cast<int>(hn::Lanes(d));
  const auto vx = hn::Set(d, wx), vy = hn::Set(d, wy);
  int i = 0;
  for (; i + lanes <= c; i += lanes) {
    const auto va = hn::LoadU(d, a + i), ve = hn::LoadU(d, e + i);
    const auto top = hn::MulAdd(hn::Sub(hn::LoadU(d, b + i), va), vx, va);
    const auto bottom = hn::MulAdd(hn::Sub(hn::LoadU(d, f + i), ve), vx, ve);
    hn::StoreU(hn::MulAdd(hn::Sub(bottom, top), vy, top), d, y + i);
  }
  for (; i < c; ++i) {
    const float top = a[i] + (b[i] - a[i]) * wx;
    const float bottom = e[i] + (f[i] - e[i]) * wx;
    y[i] = top + (bottom - top) * wy;
  }
}

// One output row from the two input rows it lies between.
void resize_row(const float* low, const float* high, float wy, int w, int c, int out_w, float* y) {
  for (int ox = 0; ox < out_w; ++ox) {
    const Tap tx = tap(ox, w, out_w);
    blend_pixel(low + tx.low * c, low + tx.high * c, high + tx.low * c, high + tx.high * c,
                tx.weight, wy, c, y + ox * c);
  }
}

void resize_rows(const float* x, size_t begin, size_t end, int h, int w, int c, int out_h,
                 int out_w, float* y) {
  const size_t in_row = static_cast<size_t>(w) * c;
  const size_t out_row = static_cast<size_t>(out_w) * c;
  for (size_t r = begin; r < end; ++r) {
    const float* picture = x + r / out_h * h * in_row;
    const Tap ty = tap(static_cast<int>(r % out_h), h, out_h);
    resize_row(picture + ty.low * in_row, picture + ty.high * in_row, ty.weight, w, c, out_w,
               y + r * out_row);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace vseal::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace vseal::kernels {

HWY_EXPORT(resize_rows);

void resize_bilinear_f32(const float* x, int n, int h, int w, int c, int out_h, int out_w, float* y,
                         ThreadPool& pool) {
  const auto rows = VSEAL_DISPATCH(resize_rows);
  pool.parallel_for(static_cast<size_t>(n) * out_h, 4, [&](size_t begin, size_t end) {
    rows(x, begin, end, h, w, c, out_h, out_w, y);
  });
}

}  // namespace vseal::kernels
#endif  // HWY_ONCE
