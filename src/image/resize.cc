#include "image/resize.h"

#include <algorithm>
#include <vector>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "image/resize.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "image/color.h"
#include "image/orientation.h"
#include "image/padded_rows.h"
#include "image/sample_rows.h"
#include "kernels/isa.h"

HWY_BEFORE_NAMESPACE();
namespace vseal::image {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// The sum of all lanes, halves onto halves.
template <typename D>
HWY_INLINE float sum_of_halves([[maybe_unused]] D d, hn::Vec<D> v) {
#if HWY_TARGET != HWY_SCALAR  // which has no halves
  if constexpr (hn::MaxLanes(d) > 1) {
    const hn::Half<D> half;
    return sum_of_halves(half, hn::Add(hn::LowerHalf(half, v), hn::UpperHalf(half, v)));
  }
#endif
  return hn::GetLane(v);
}

// out[o] = scale * (dot product of window o with the row) + offset. The filter's places are filled
// up to kRowMargin, and the row goes on as far. Place i is added to sum i % kRowMargin, and the
// sums in halves onto halves, so that vectors of any length give the same bits.
void filter_row(const float* row, const ResizeFilter& filter, float scale, float offset,
                float* out) {
  const hn::CappedTag<float, kRowMargin> d;
  constexpr int kLanes = static_cast<int>(hn::MaxLanes(d)), kVectors = kRowMargin / kLanes;
  for (size_t o = 0; o < filter.first.size(); ++o) {
    const float* window = row + filter.first[o];
    const float* weights = filter.weights.data() + o * static_cast<size_t>(filter.taps);
    const auto product = [&](int i) HWY_ATTR {
      return hn::Mul(hn::LoadU(d, window + i), hn::LoadU(d, weights + i));
    };
    hn::Vec<decltype(d)> sums[kVectors];
    for (int v = 0; v < kVectors; ++v) sums[v] = product(v * kLanes);
    for (int i = kRowMargin; i < filter.count[o]; i += kRowMargin) {
      for (int v = 0; v < kVectors; ++v) sums[v] = hn::Add(product(i + v * kLanes), sums[v]);
    }
    for (int half = kVectors / 2; half > 0; half /= 2) {
      for (int v = 0; v < half; ++v) sums[v] = hn::Add(sums[v], sums[v + half]);
    }
    out[o] = sum_of_halves(d, sums[0]) * scale + offset;
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace vseal::image
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace vseal::image {

HWY_EXPORT(filter_row);

namespace {

constexpr size_t kRowsPerChunk = 8;

// The same filter, its places a multiple of kRowMargin.
ResizeFilter filled_up(const ResizeFilter& filter) {
  ResizeFilter filled = filter;
  filled.taps = (filter.taps + kRowMargin - 1) / kRowMargin * kRowMargin;
  const size_t outputs = filter.first.size(), taps = static_cast<size_t>(filter.taps);
  filled.weights.assign(outputs * static_cast<size_t>(filled.taps), 0.0f);
  for (size_t o = 0; o < outputs; ++o) {
    std::copy_n(filter.weights.data() + o * taps, filter.count[o],
                filled.weights.data() + o * static_cast<size_t>(filled.taps));
  }
  return filled;
}

// Rows [begin, end) of the small picture, in coded orientation. `horizontal` is filled up.
void resize_rows(const FrameView& frame, const ResizeFilter& vertical,
                 const ResizeFilter& horizontal, size_t begin, size_t end, float* out) {
  const SampleScale luma = luma_scale(frame);
  std::vector<float> row(static_cast<size_t>(frame.width()) + kRowMargin);
  for (size_t o = begin; o < end; ++o) {
    const float* weights = vertical.weights.data() + o * static_cast<size_t>(vertical.taps);
    mix_luma_rows(frame, vertical.first[o], {weights, static_cast<size_t>(vertical.count[o])},
                  row.data());
    VSEAL_DISPATCH(filter_row)
    (row.data(), horizontal, 1.0f / luma.scale, -luma.offset / luma.scale,
     out + o * horizontal.first.size());
  }
}

// Luma of `frame` in display orientation, sizes as displayed. The arguments are sound.
void resize_checked(const FrameView& frame, int width, int height, Resampling resampling,
                    std::span<float> out, ThreadPool* pool) {
  const bool swap = swaps_axes(frame.orientation);
  const int coded_width = swap ? height : width, coded_height = swap ? width : height;
  const ResizeFilter vertical = make_resize_filter(frame.height(), coded_height, resampling);
  const ResizeFilter horizontal =
      filled_up(make_resize_filter(frame.width(), coded_width, resampling));
  const bool turn = frame.orientation != Orientation::kNormal;
  std::vector<float> coded(turn ? out.size() : 0);
  float* target = turn ? coded.data() : out.data();
  const auto rows = [&](size_t begin, size_t end) {
    resize_rows(frame, vertical, horizontal, begin, end, target);
  };
  if (pool != nullptr) {
    pool->parallel_for(static_cast<size_t>(coded_height), kRowsPerChunk, rows);
  } else {
    rows(0, static_cast<size_t>(coded_height));
  }
  if (turn) to_display(coded, coded_width, coded_height, frame.orientation, out);
}

Status check_output(int width, int height, int channels, size_t size) {
  if (width >= 1 && height >= 1 && size == static_cast<size_t>(width) * height * channels) {
    return {};
  }
  return invalid_argument("[resize] out: expected " + std::to_string(width) + "x" +
                          std::to_string(height) + "x" + std::to_string(channels) +
                          " values, got " + std::to_string(size));
}

// Shares of max_value become luma in 0..1 and chroma in -0.5..0.5.
void from_sample_shares(const FrameView& frame, std::span<float> pixels) {
  const float max = static_cast<float>(frame.planes[0].max_value());
  const SampleScale luma = luma_scale(frame);
  const SampleScale chroma = chroma_scale(frame);
  for (size_t i = 0; i + 2 < pixels.size(); i += 3) {
    pixels[i] = (pixels[i] * max - luma.offset) / luma.scale;
    pixels[i + 1] = (pixels[i + 1] * max - chroma.offset) / chroma.scale;
    pixels[i + 2] = (pixels[i + 2] * max - chroma.offset) / chroma.scale;
  }
}

}  // namespace

Status resize_luma(const FrameView& frame, int width, int height, std::span<float> out,
                   ThreadPool* pool, Resampling resampling) {
  VSEAL_RETURN_IF_ERROR(check_frame("resize", frame));
  VSEAL_RETURN_IF_ERROR(check_output(width, height, 1, out.size()));
  resize_checked(frame, width, height, resampling, out, pool);
  return {};
}

Status resize_rgb(const FrameView& frame, int width, int height, std::span<float> out,
                  ThreadPool* pool, Resampling resampling) {
  VSEAL_RETURN_IF_ERROR(check_frame("resize", frame));
  VSEAL_RETURN_IF_ERROR(check_output(width, height, 3, out.size()));
  const bool ycbcr = frame.model == ColorModel::kYCbCr;
  if (ycbcr) VSEAL_RETURN_IF_ERROR(check_chroma("resize", frame));
  std::vector<float> channel(out.size() / 3);
  const int planes = frame.model == ColorModel::kGrey ? 1 : 3;
  for (int c = 0; c < 3; ++c) {
    if (c < planes) {
      const FrameView grey = planes == 1 ? frame : plane_as_grey(frame, c);
      resize_checked(grey, width, height, resampling, channel, pool);
    }
    for (size_t i = 0; i < channel.size(); ++i) out[3 * i + static_cast<size_t>(c)] = channel[i];
  }
  if (ycbcr) {
    from_sample_shares(frame, out);
    to_rgb(out, frame.matrix);
  }
  return {};
}

}  // namespace vseal::image
#endif  // HWY_ONCE
