// Integer depthwise convolution: f32 sums of small integers are exact, so they are the integers'.
//
// A padded copy of the input as f32 lets every window be inside; tiles of sums are finished as they
// are made.
#include <algorithm>

#include "kernels/int8/conv_tile.h"
#include "kernels/int8/depthwise_tile.h"
#include "kernels/isa.h"

// clang-format off: foreach_target.h includes this file again and comes before highway.h.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/int8/depthwise.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/int8/store-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace vseal::kernels {
namespace HWY_NAMESPACE {
namespace {

template <class D>
HWY_INLINE void run_channels(D d, const DepthwiseTile& tile, int64_t channel) {
  const hn::RebindToSigned<D> d32;
  hn::Vec<D> sums[kDepthwisePixels];
  HWY_UNROLL(8)
  for (int p = 0; p < kDepthwisePixels; ++p) sums[p] = hn::Zero(d);
  for (int64_t ky = 0; ky < tile.kh; ++ky) {
    const float* x = tile.x + ky * tile.row_step + channel;
    const float* weight = tile.weight + ky * tile.kw * tile.c + channel;
    for (int64_t kx = 0; kx < tile.kw; ++kx, x += tile.c, weight += tile.c) {
      const auto w = hn::LoadU(d, weight);
      HWY_UNROLL(8)
      for (int p = 0; p < kDepthwisePixels; ++p) {
        sums[p] = hn::MulAdd(w, hn::LoadU(d, x + p * tile.c), sums[p]);
      }
    }
  }
  HWY_UNROLL(8)
  for (int p = 0; p < kDepthwisePixels; ++p) {
    hn::StoreU(hn::ConvertTo(d32, sums[p]), d32, tile.sums + p * kDepthwiseChannels + channel);
  }
}

void depthwise_tile(const DepthwiseTile& tile, int64_t channels) {
  const hn::CappedTag<float, 16> d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  int64_t channel = 0;
  for (; channel + lanes <= channels; channel += lanes) run_channels(d, tile, channel);
  for (; channel < channels; ++channel) run_channels(hn::CappedTag<float, 1>(), tile, channel);
}

// (x - zero) as f32.
void centre_row(const int8_t* x, int64_t count, int32_t zero, float* y) {
  const hn::ScalableTag<float> d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  int64_t i = 0;
  for (; i + lanes <= count; i += lanes) hn::StoreU(load_centred(d, x + i, zero), d, y + i);
  for (; i < count; ++i) y[i] = static_cast<float>(x[i] - zero);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace vseal::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace vseal::kernels {

HWY_EXPORT(depthwise_tile);
HWY_EXPORT(centre_row);

namespace {

int64_t aligned(int64_t floats) { return (floats + 15) / 16 * 16; }
// Of the padded copy, with what the last tile of a row reads beyond it.
int64_t copy_floats(const Conv2dShape& s) {
  return (s.n * padded_height(s) * padded_width(s) + kDepthwisePixels) * s.ic;
}

void pad_as_floats(const Conv2dShape& s, const Int8ConvArguments& a, float* copy,
                   ThreadPool& pool) {
  const auto centre = VSEAL_DISPATCH(centre_row);
  const int64_t length = padded_width(s) * s.ic, border = int64_t{s.pad} * s.ic;
  const int64_t rows = s.n * padded_height(s), width = int64_t{s.w} * s.ic;
  pool.parallel_for(static_cast<size_t>(rows), 8, [&](size_t begin, size_t end) {
    for (auto r = static_cast<int64_t>(begin); r < static_cast<int64_t>(end); ++r) {
      const int64_t iy = r % padded_height(s) - s.pad;
      float* out = copy + r * length;
      if (iy < 0 || iy >= s.h) {
        std::fill_n(out, length, 0.0f);
        continue;
      }
      std::fill_n(out, border, 0.0f);
      centre(a.x + (r / padded_height(s) * s.h + iy) * width, width, a.x_zero_point, out + border);
      std::fill_n(out + border + width, border, 0.0f);
    }
  });
  std::fill_n(copy + rows * length, kDepthwisePixels * s.ic, 0.0f);
}

}  // namespace

size_t depthwise_i8_scratch_floats(const Conv2dShape& s) {
  return static_cast<size_t>(aligned(s.oc) + copy_floats(s));
}

void depthwise_i8(const Conv2dShape& s, const Int8ConvArguments& a, const float* weight,
                  float* scratch, ThreadPool& pool) {
  auto* offset = reinterpret_cast<int32_t*>(scratch);
  float* copy = scratch + aligned(s.oc);
  pad_as_floats(s, a, copy, pool);
  fill_offsets(s, a, 0, nullptr, offset);
  const auto run = VSEAL_DISPATCH(depthwise_tile);
  const Int8Finish finish{s, a, offset, bias_per_pixel(a)};
  const auto row = [&](int64_t y) {
    alignas(64) int32_t sums[kDepthwisePixels * kDepthwiseChannels];
    DepthwiseTile tile{.kh = s.kh, .kw = s.kw, .c = s.ic, .sums = sums};
    tile.row_step = padded_width(s) * s.ic;
    const float* x = copy + (y / s.out_h() * padded_height(s) + y % s.out_h()) * tile.row_step;
    for (int first = 0; first < s.oc; first += kDepthwiseChannels) {
      const int channels = std::min(kDepthwiseChannels, s.oc - first);
      tile.weight = weight + first;
      for (int ox = 0; ox < s.out_w(); ox += kDepthwisePixels) {
        tile.x = x + int64_t{ox} * s.ic + first;
        run(tile, channels);
        finish_i8(finish, sums, kDepthwiseChannels, y * s.out_w() + ox,
                  std::min(kDepthwisePixels, s.out_w() - ox), first, channels);
      }
    }
  };
  pool.parallel_for(static_cast<size_t>(int64_t{s.n} * s.out_h()), 1,
                    [&row](size_t begin, size_t end) {
                      for (size_t y = begin; y < end; ++y) row(static_cast<int64_t>(y));
                    });
}

}  // namespace vseal::kernels
#endif  // HWY_ONCE
