#include "image/heat_rows.h"

#include "image/padded_rows.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "image/heat_rows.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/isa.h"

HWY_BEFORE_NAMESPACE();
namespace vseal::image {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;
using Floats = hn::ScalableTag<float>;
using Vec = hn::Vec<Floats>;

static_assert(hn::MaxLanes(Floats()) <= kRowMargin);

HWY_INLINE Vec load(const float* p) { return hn::LoadU(Floats(), p); }
HWY_INLINE Vec set(float v) { return hn::Set(Floats(), v); }
HWY_INLINE int lanes() { return static_cast<int>(hn::Lanes(Floats())); }

// One step of r = x^(-1/5) by the series of (1 - h)^(-1/5), h = 1 - x r^5: an error of e in r
// becomes 11 e^3.
HWY_INLINE Vec refine_fifth_root(Vec x, Vec r) {
  const auto r2 = hn::Mul(r, r);
  const auto h = hn::NegMulAdd(hn::Mul(x, r), hn::Mul(r2, r2), set(1));
  return hn::MulAdd(hn::Mul(r, h), hn::MulAdd(h, set(0.12f), set(0.2f)), r);
}

// x^1.2 = x^2 (x^-0.2)^4 for 1e-12 <= x <= 1e12, relative error below 2e-6. The first guess reads
// the bits of x as its logarithm, as the well-known inverse square root does; its constant makes
// the worst error after one step least (0.04 %).
HWY_INLINE Vec power_of_1_2(Vec x) {
  const hn::RebindToSigned<Floats> di;
  const auto log_x = hn::ConvertTo(Floats(), hn::BitCast(di, x));
  const auto log_r = hn::MulAdd(log_x, set(-0.2f), set(1.2f * (127 - 0.05f) * 8388608));
  auto r = hn::BitCast(Floats(), hn::ConvertTo(di, log_r));
  r = refine_fifth_root(x, refine_fifth_root(x, r));
  const auto xr2 = hn::Mul(x, hn::Mul(r, r));
  return hn::Mul(xr2, xr2);
}

// Luminance part of the map, in 0..255 units.
HWY_INLINE Vec luminance_part(Vec la, const HeatmapOptions& options) {
  const auto root = hn::Sqrt(hn::MulAdd(hn::Max(la, set(0)), set(1.0f / 127), set(1e-5f)));
  const auto dark =
      hn::MulAdd(hn::Sub(set(1), root), set(options.low_gain), set(options.low_offset));
  const auto light = hn::MulAdd(hn::Sub(la, set(127)), set(3.0f / 128), set(3));
  return hn::IfThenElse(hn::Le(la, set(127)), dark, light);
}

// Contrast masking, 0.117 * 16 * m^2.4 / (m^2 + 26^2) with g2 = m^2.
HWY_INLINE Vec contrast_part(Vec g2) {
  const auto power = power_of_1_2(hn::Max(g2, set(1e-12f)));
  return hn::Div(hn::Mul(set(0.117f * 16), power), hn::Add(g2, set(26.0f * 26)));
}

HWY_INLINE Vec combine(Vec la, Vec cm) {
  const auto both = hn::NegMulAdd(set(0.3f), hn::Min(la, cm), hn::Add(la, cm));
  return hn::Mul(hn::Max(both, set(0)), set(1.0f / 255));
}

// The vertical halves of all filters, two pixels beyond the frame on both sides.
void vertical_sums(const HeatRowInput& in, int width, const HeatScratch& scratch) {
  const Floats d;
  for (int x = -lanes(); x < width + 2; x += lanes()) {
    const auto middle = load(in.box[2] + x);
    const auto above = load(in.above + x), below = load(in.below + x);
    const auto three = hn::Add(hn::Add(load(in.box[1] + x), load(in.box[3] + x)), middle);
    const auto outer = hn::Add(load(in.box[0] + x), load(in.box[4] + x));
    hn::StoreU(three, d, scratch.sums3 + x);
    hn::StoreU(hn::Add(three, outer), d, scratch.sums5 + x);
    hn::StoreU(hn::MulAdd(set(2), middle, hn::Add(above, below)), d, scratch.smooth + x);
    hn::StoreU(hn::Sub(below, above), d, scratch.slope + x);
  }
}

// A replicated column has the vertical sums of its neighbour; a zero one has zero sums already.
void replicate_columns(int width, float* row) {
  row[-1] = row[0];
  row[width] = row[width - 1];
}

// The horizontal halves, and the map.
HWY_INLINE Vec heat_vector(const float* middle, const HeatmapOptions& options,
                           const HeatScratch& scratch, int x) {
  const float *s5 = scratch.sums5 + x, *s3 = scratch.sums3 + x;
  const float *smooth = scratch.smooth + x, *slope = scratch.slope + x;
  const auto wide =
      hn::Add(hn::Add(load(s5 - 2), load(s5 + 2)), hn::Add(load(s5 - 1), load(s5 + 1)));
  const auto near = hn::Add(hn::Add(load(s3 - 1), load(s3 + 1)), load(s3));
  const auto sum = hn::Add(hn::Add(wide, load(s5)), near);
  const auto la = hn::Mul(hn::NegMulAdd(set(2), load(middle + x), sum), set(1.0f / 32));
  const auto gx = hn::Sub(load(smooth + 1), load(smooth - 1));
  const auto gy = hn::MulAdd(set(2), load(slope), hn::Add(load(slope - 1), load(slope + 1)));
  const auto g2 = hn::MulAdd(gx, gx, hn::Mul(gy, gy));
  return combine(luminance_part(la, options), contrast_part(g2));
}

// Calls store(x, heat of pixels x...) along the row.
template <typename StoreAt>
HWY_INLINE void for_each_vector(const HeatRowInput& in, int width, const HeatmapOptions& options,
                                const HeatScratch& scratch, const StoreAt& store) {
  vertical_sums(in, width, scratch);
  if (options.replicate_sobel_border) {
    replicate_columns(width, scratch.smooth);
    replicate_columns(width, scratch.slope);
  }
  for (int x = 0; x < width; x += lanes()) {
    store(x, heat_vector(in.box[2], options, scratch, x));
  }
}

void heat_row_impl(const HeatRowInput& in, int width, const HeatmapOptions& options,
                   const HeatScratch& scratch, float* heat) {
  for_each_vector(in, width, options, scratch,
                  [&](int x, Vec h) HWY_ATTR { hn::StoreU(h, Floats(), heat + x); });
}

void heat_delta_row_impl(const HeatRowInput& in, int width, const HeatmapOptions& options,
                         const HeatScratch& scratch, const float* low, const float* high,
                         float weight, float* delta) {
  for_each_vector(in, width, options, scratch, [&](int x, Vec h) HWY_ATTR {
    const auto l = load(low + x);
    const auto residual = hn::MulAdd(hn::Sub(load(high + x), l), set(weight), l);
    hn::StoreU(hn::Mul(h, residual), Floats(), delta + x);
  });
}

}  // namespace HWY_NAMESPACE
}  // namespace vseal::image
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace vseal::image {

HWY_EXPORT(heat_row_impl);
HWY_EXPORT(heat_delta_row_impl);

void heat_row(const HeatRowInput& in, int width, const HeatmapOptions& options,
              const HeatScratch& scratch, float* heat) {
  VSEAL_DISPATCH(heat_row_impl)(in, width, options, scratch, heat);
}

void heat_delta_row(const HeatRowInput& in, int width, const HeatmapOptions& options,
                    const HeatScratch& scratch, const float* low, const float* high, float weight,
                    float* delta) {
  VSEAL_DISPATCH(heat_delta_row_impl)(in, width, options, scratch, low, high, weight, delta);
}

}  // namespace vseal::image
#endif  // HWY_ONCE
