// Depthwise convolution: a run of pixels x one vector of channels stays in registers.
#include "kernels/depthwise/fast.h"
#include "kernels/isa.h"

// clang-format off: foreach_target.h includes this file again and comes before highway.h.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/depthwise/direct.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
// clang-format on

#include <algorithm>
#include <cstdint>
#include <string>

HWY_BEFORE_NAMESPACE();
namespace vseal::kernels {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

// Pixels of a tile: enough chains of multiply-adds to hide their latency.
constexpr int kPixels = HWY_TARGET == HWY_SCALAR ? 4 : 8;

alignas(64) constexpr float kZeros[16] = {};

// One row of results of one image.
struct Row {
  const DepthwiseShape& shape;
  const DepthwiseArguments& arguments;
  int64_t image, oy;

  int64_t first_ky() const { return std::max<int64_t>(0, shape.pad - oy); }
  int64_t end_ky() const { return std::min<int64_t>(shape.kh, shape.h + shape.pad - oy); }
  const float* input(int64_t ky) const {
    return arguments.x + (image * shape.h + oy + ky - shape.pad) * shape.w * shape.c;
  }
  float* output(int64_t ox) const {
    return arguments.y + ((image * shape.out_h() + oy) * shape.out_w() + ox) * shape.c;
  }
};

template <class D>
HWY_INLINE hn::Vec<D> first_sum(D d, const Row& row, int64_t channel) {
  const float* bias = row.arguments.bias;
  return bias == nullptr ? hn::Zero(d) : hn::LoadU(d, bias + channel);
}

// kPixels results whose taps all lie between the left and the right border.
template <class D>
void run_inside(D d, const Row& row, int64_t channel, int64_t ox) {
  const DepthwiseShape& s = row.shape;
  hn::Vec<D> sum[kPixels];
  HWY_UNROLL(8)
  for (int p = 0; p < kPixels; ++p) sum[p] = first_sum(d, row, channel);
  for (int64_t ky = row.first_ky(); ky < row.end_ky(); ++ky) {
    const float* x = row.input(ky) + (ox - s.pad) * s.c + channel;
    const float* weight = row.arguments.weight + ky * s.kw * s.c + channel;
    for (int64_t kx = 0; kx < s.kw; ++kx, x += s.c, weight += s.c) {
      const auto w = hn::LoadU(d, weight);
      HWY_UNROLL(8)
      for (int p = 0; p < kPixels; ++p) sum[p] = hn::MulAdd(w, hn::LoadU(d, x + p * s.c), sum[p]);
    }
  }
  float* y = row.output(ox) + channel;
  HWY_UNROLL(8)
  for (int p = 0; p < kPixels; ++p) hn::StoreU(sum[p], d, y + p * s.c);
}

// Up to kPixels results; columns beyond the borders read as zeros.
template <class D>
void run_border(D d, const Row& row, int64_t channel, int64_t ox, int64_t pixels) {
  const DepthwiseShape& s = row.shape;
  hn::Vec<D> sum[kPixels];
  HWY_UNROLL(8)
  for (int p = 0; p < kPixels; ++p) sum[p] = first_sum(d, row, channel);
  for (int64_t ky = row.first_ky(); ky < row.end_ky(); ++ky) {
    const float* columns[kPixels + kMaxDepthwiseKernel - 1];
    const float* x = row.input(ky) + channel;
    for (int64_t i = 0; i < kPixels + s.kw - 1; ++i) {
      const int64_t ix = ox - s.pad + i;
      columns[i] = ix >= 0 && ix < s.w ? x + ix * s.c : kZeros;
    }
    const float* weight = row.arguments.weight + ky * s.kw * s.c + channel;
    for (int64_t kx = 0; kx < s.kw; ++kx, weight += s.c) {
      const auto w = hn::LoadU(d, weight);
      HWY_UNROLL(8)
      for (int p = 0; p < kPixels; ++p)
        sum[p] = hn::MulAdd(w, hn::LoadU(d, columns[kx + p]), sum[p]);
    }
  }
  float* y = row.output(ox) + channel;
  for (int64_t p = 0; p < pixels; ++p) hn::StoreU(sum[p], d, y + p * s.c);
}

// A row's results for one vector of channels.
template <class D>
void run_channels(D d, const Row& row, int64_t channel) {
  const DepthwiseShape& s = row.shape;
  const int64_t width = s.out_w();
  for (int64_t ox = 0; ox < width; ox += kPixels) {
    const bool inside =
        ox >= s.pad && ox + kPixels + s.kw - 1 <= s.w + s.pad && ox + kPixels <= width;
    if (inside) {
      run_inside(d, row, channel, ox);
    } else {
      run_border(d, row, channel, ox, std::min<int64_t>(kPixels, width - ox));
    }
  }
}

void run_row(const Row& row) {
  const hn::CappedTag<float, 16> d;
  const int64_t lanes = static_cast<int64_t>(hn::MaxLanes(d));
  const int64_t c = row.shape.c;
  if (c < lanes) {
    for (int64_t channel = 0; channel < c; ++channel) {
      run_channels(hn::CappedTag<float, 1>(), row, channel);
    }
    return;
  }
  // The last vector ends with the last channel and may repeat some of the one before.
  for (int64_t channel = 0; channel < c; channel += lanes) {
    run_channels(d, row, std::min(channel, c - lanes));
  }
}

void depthwise(const DepthwiseShape& shape, const DepthwiseArguments& arguments, ThreadPool& pool) {
  const auto task = [&shape, &arguments](int64_t index) {
    run_row({shape, arguments, index / shape.out_h(), index % shape.out_h()});
  };
  pool.parallel_for(static_cast<size_t>(int64_t{shape.n} * shape.out_h()), 1,
                    [&task](size_t begin, size_t end) {
                      for (size_t i = begin; i < end; ++i) task(static_cast<int64_t>(i));
                    });
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace vseal::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace vseal::kernels {

HWY_EXPORT(depthwise);

void depthwise_f32(const DepthwiseShape& shape, const DepthwiseArguments& arguments,
                   ThreadPool& pool) {
  VSEAL_DISPATCH(depthwise)(shape, arguments, pool);
}

namespace {

Status wrong(const char* what, const std::string& expected, int64_t got) {
  return invalid_argument("[depthwise] " + std::string(what) + ": expected " + expected + ", got " +
                          std::to_string(got));
}

}  // namespace

Status check_depthwise(const DepthwiseShape& s) {
  const struct {
    const char* name;
    int value, max;
  } extents[] = {{"n", s.n, INT32_MAX},
                 {"h", s.h, 1 << 20},
                 {"w", s.w, 1 << 20},
                 {"c", s.c, 1 << 20},
                 {"kh", s.kh, kMaxDepthwiseKernel},
                 {"kw", s.kw, kMaxDepthwiseKernel}};
  for (const auto& extent : extents) {
    if (extent.value < 1 || extent.value > extent.max) {
      return wrong(extent.name, "1 to " + std::to_string(extent.max), extent.value);
    }
  }
  if (s.pad < 0 || s.pad > 1 << 20) return wrong("pad", "0 to 2^20", s.pad);
  if (s.out_h() < 1) return wrong("h + 2 pad", "at least kh", s.h + 2 * s.pad);
  if (s.out_w() < 1) return wrong("w + 2 pad", "at least kw", s.w + 2 * s.pad);
  return {};
}

}  // namespace vseal::kernels
#endif  // HWY_ONCE
