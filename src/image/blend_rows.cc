#include "image/blend_rows.h"

#include <algorithm>
#include <cmath>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "image/blend_rows.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
// After highway.h.
#include <hwy/contrib/math/math-inl.h>

#include "kernels/isa.h"

HWY_BEFORE_NAMESPACE();
namespace vseal::image {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;
using Floats = hn::ScalableTag<float>;
using Vec = hn::Vec<Floats>;

HWY_INLINE Vec load(const float* p) { return hn::LoadU(Floats(), p); }
HWY_INLINE Vec set(float v) { return hn::Set(Floats(), v); }

// Luminance part of the map, in 0..255 units.
HWY_INLINE Vec luminance_part(Vec la, const HeatmapOptions& options) {
  const auto root = hn::Sqrt(hn::MulAdd(hn::Max(la, set(0)), set(1.0f / 127), set(1e-5f)));
  const auto dark =
      hn::MulAdd(hn::Sub(set(1), root), set(options.low_gain), set(options.low_offset));
  const auto light = hn::MulAdd(hn::Sub(la, set(127)), set(3.0f / 128), set(3));
  return hn::IfThenElse(hn::Le(la, set(127)), dark, light);
}

// Contrast masking, 0.117 * 16 * m^2.4 / (m^2 + 26^2) with g2 = m^2. m^2.4 = exp(1.2 log(m^2)).
HWY_INLINE Vec contrast_part(Vec g2) {
  const Floats d;
  const auto power = hn::Exp(d, hn::Mul(set(1.2f), hn::Log(d, hn::Max(g2, set(1e-12f)))));
  return hn::Div(hn::Mul(set(0.117f * 16), power), hn::Add(g2, set(26.0f * 26)));
}

HWY_INLINE Vec combine(Vec la, Vec cm) {
  const auto both = hn::NegMulAdd(set(0.3f), hn::Min(la, cm), hn::Add(la, cm));
  return hn::Mul(hn::Max(both, set(0)), set(1.0f / 255));
}

// Vertical sums of the box filters, border pixels included.
void box_sums(const HeatRowInput& in, int width, const HeatScratch& scratch) {
  const int lanes = static_cast<int>(hn::Lanes(Floats()));
  const int end = width + kRowBorder;
  int x = -kRowBorder;
  for (; x + lanes <= end; x += lanes) {
    const auto inner =
        hn::Add(hn::Add(load(in.box[1] + x), load(in.box[2] + x)), load(in.box[3] + x));
    const auto outer = hn::Add(load(in.box[0] + x), load(in.box[4] + x));
    hn::StoreU(inner, Floats(), scratch.sums3 + x);
    hn::StoreU(hn::Add(inner, outer), Floats(), scratch.sums + x);
  }
  for (; x < end; ++x) {
    scratch.sums3[x] = in.box[1][x] + in.box[2][x] + in.box[3][x];
    scratch.sums[x] = scratch.sums3[x] + (in.box[0][x] + in.box[4][x]);
  }
}

HWY_INLINE Vec heat_vector(const HeatRowInput& in, int x, const HeatmapOptions& options,
                           const HeatScratch& scratch) {
  const float *s5 = scratch.sums + x, *s3 = scratch.sums3 + x;
  const auto wide =
      hn::Add(hn::Add(load(s5 - 2), load(s5 + 2)), hn::Add(load(s5 - 1), load(s5 + 1)));
  const auto near = hn::Add(hn::Add(load(s3 - 1), load(s3 + 1)), load(s3));
  const auto sum = hn::Add(hn::Add(wide, load(s5)), near);
  const auto la = hn::Mul(hn::NegMulAdd(set(2), load(in.box[2] + x), sum), set(1.0f / 32));

  const float *up = in.sobel[0] + x, *mid = in.sobel[1] + x, *down = in.sobel[2] + x;
  const auto right = hn::MulAdd(set(2), load(mid + 1), hn::Add(load(up + 1), load(down + 1)));
  const auto left = hn::MulAdd(set(2), load(mid - 1), hn::Add(load(up - 1), load(down - 1)));
  const auto below = hn::MulAdd(set(2), load(down), hn::Add(load(down - 1), load(down + 1)));
  const auto above = hn::MulAdd(set(2), load(up), hn::Add(load(up - 1), load(up + 1)));
  const auto gx = hn::Sub(right, left), gy = hn::Sub(below, above);
  const auto g2 = hn::MulAdd(gx, gx, hn::Mul(gy, gy));
  return combine(luminance_part(la, options), contrast_part(g2));
}

// Rows are read up to a vector beyond `width`; their memory is that long (RowPool).
void heat_row_impl(const HeatRowInput& in, int width, const HeatmapOptions& options,
                   const HeatScratch& scratch, float* heat) {
  box_sums(in, width, scratch);
  const int lanes = static_cast<int>(hn::Lanes(Floats()));
  int x = 0;
  for (; x + lanes <= width; x += lanes) {
    hn::StoreU(heat_vector(in, x, options, scratch), Floats(), heat + x);
  }
  if (x == width) return;
  HWY_ALIGN float rest[hn::MaxLanes(Floats())];
  hn::Store(heat_vector(in, x, options, scratch), Floats(), rest);
  std::copy_n(rest, width - x, heat + x);
}

void delta_row_impl(const float* heat, const float* low, const float* high, float weight,
                    float strength, int width, float* out) {
  const int lanes = static_cast<int>(hn::Lanes(Floats()));
  int x = 0;
  for (; x + lanes <= width; x += lanes) {
    const auto l = load(low + x);
    const auto residual = hn::MulAdd(hn::Sub(load(high + x), l), set(weight), l);
    hn::StoreU(hn::Mul(hn::Mul(load(heat + x), set(strength)), residual), Floats(), out + x);
  }
  for (; x < width; ++x) {
    out[x] = heat[x] * strength * (low[x] + (high[x] - low[x]) * weight);
  }
}

void stretch_row_impl(const float* row, const int* first, const float* weight, int width,
                      float* out) {
  const hn::RebindToSigned<Floats> di;
  const int lanes = static_cast<int>(hn::Lanes(Floats()));
  int x = 0;
  for (; x + lanes <= width; x += lanes) {
    const auto index = hn::LoadU(di, first + x);
    const auto low = hn::GatherIndex(Floats(), row, index);
    const auto high = hn::GatherIndex(Floats(), row + 1, index);
    hn::StoreU(hn::MulAdd(hn::Sub(high, low), load(weight + x), low), Floats(), out + x);
  }
  for (; x < width; ++x) {
    const float low = row[first[x]];
    out[x] = low + (row[first[x] + 1] - low) * weight[x];
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace vseal::image
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace vseal::image {

HWY_EXPORT(heat_row_impl);
HWY_EXPORT(delta_row_impl);
HWY_EXPORT(stretch_row_impl);

void heat_row(const HeatRowInput& in, int width, const HeatmapOptions& options,
              const HeatScratch& scratch, float* heat) {
  VSEAL_DISPATCH(heat_row_impl)(in, width, options, scratch, heat);
}

void delta_row(const float* heat, const float* low, const float* high, float weight, float strength,
               int width, float* out) {
  VSEAL_DISPATCH(delta_row_impl)(heat, low, high, weight, strength, width, out);
}

void stretch_row(const float* row, const int* first, const float* weight, int width, float* out) {
  VSEAL_DISPATCH(stretch_row_impl)(row, first, weight, width, out);
}

}  // namespace vseal::image
#endif  // HWY_ONCE
