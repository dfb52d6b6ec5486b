// The innermost loops of convolution, included once for each target: a tile of pixels x output
// channels summed in registers, and the end of a pixel (residual, activation, store).

// The guard flips for each target, as in Highway's own -inl.h files.
#if defined(VSEAL_KERNELS_CONV2D_MICROKERNEL_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef VSEAL_KERNELS_CONV2D_MICROKERNEL_INL_H_
#undef VSEAL_KERNELS_CONV2D_MICROKERNEL_INL_H_
#else
#define VSEAL_KERNELS_CONV2D_MICROKERNEL_INL_H_
#endif

#include <hwy/highway.h>

#include <algorithm>

#include "kernels/activations-inl.h"
#include "kernels/conv2d/packed.h"
#include "kernels/conv2d/tile.h"

HWY_BEFORE_NAMESPACE();
namespace vseal::kernels {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::CappedTag<float, kPanel>;
using V = hn::Vec<D>;
constexpr int kLanes = static_cast<int>(hn::MaxLanes(D()));
constexpr int kVectorsPerPanel = kPanel / kLanes;

// Register blocking: sums take tile_pixels * panels * kVectorsPerPanel registers, one vector of
// each panel's weights and one broadcast come on top.
#if HWY_TARGET == HWY_AVX3
constexpr int kMaxPanels = 3;
constexpr int tile_pixels(int panels) { return panels == 3 ? 8 : 12; }
#elif HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_NEON
constexpr int kMaxPanels = 1;
constexpr int tile_pixels(int) { return 6; }
#elif HWY_TARGET == HWY_SCALAR
constexpr int kMaxPanels = 1;
constexpr int tile_pixels(int) { return 1; }
#else
constexpr int kMaxPanels = 1;
constexpr int tile_pixels(int) { return 3; }
#endif

// sums[p][o] = start[p][o] + the products of `source` for kPixels pixels and kPanels panels.
// Rows of `start` are start_step apart (0: the same for every pixel), those of sums are dense.
template <int kPixels, int kPanels>
HWY_NOINLINE void accumulate(const TileSource& source, const float* HWY_RESTRICT weights,
                             int64_t panel_step, const float* start, int64_t start_step,
                             float* sums) {
  constexpr int kVectors = kPanels * kVectorsPerPanel;
  const D d;
  V sum[kPixels][kVectors];
  HWY_UNROLL(16)
  for (int p = 0; p < kPixels; ++p) {
    HWY_UNROLL(16)
    for (int v = 0; v < kVectors; ++v) sum[p][v] = hn::Load(d, start + p * start_step + v * kLanes);
  }
  for (int s = 0; s < source.segments; ++s) {
    const float* x[kPixels];
    HWY_UNROLL(16)
    for (int p = 0; p < kPixels; ++p) x[p] = source.x[s * kPixels + p];
    const float* w = weights + s * source.weight_step * kPanel;
    for (int64_t k = 0; k < source.length; ++k, w += kPanel) {
      V vector[kVectors];
      HWY_UNROLL(16)
      for (int v = 0; v < kVectors; ++v) {
        vector[v] =
            hn::Load(d, w + v / kVectorsPerPanel * panel_step + v % kVectorsPerPanel * kLanes);
      }
      HWY_UNROLL(16)
      for (int p = 0; p < kPixels; ++p) {
        const V value = hn::Set(d, x[p][k]);
        HWY_UNROLL(16)
        for (int v = 0; v < kVectors; ++v) sum[p][v] = hn::MulAdd(value, vector[v], sum[p][v]);
      }
    }
  }
  HWY_UNROLL(16)
  for (int p = 0; p < kPixels; ++p) {
    HWY_UNROLL(16)
    for (int v = 0; v < kVectors; ++v) hn::Store(sum[p][v], d, sums + (p * kVectors + v) * kLanes);
  }
}

// Where the results of a group of panels go: `channels` values of a pixel.
struct Output {
  const float* residual;  // may be null
  int64_t residual_stride;
  float* y;
  int64_t y_stride;
  int channels;
};

inline Output panel_output(const Conv2dShape& s, const Conv2dArguments& a, int64_t first_panel,
                           int64_t panels) {
  const int64_t first = first_panel * kPanel;
  return {a.residual == nullptr ? nullptr : a.residual + first,
          a.residual_stride == 0 ? s.oc : a.residual_stride, a.y + first,
          a.y_stride == 0 ? s.oc : a.y_stride,
          static_cast<int>(std::min<int64_t>(panels * kPanel, s.oc - first))};
}

// y = act(sums + residual) for `pixels` pixels from `pixel` on; rows of sums are `row` apart.
template <Activation kActivation>
void finish_as(const Output& out, const float* sums, int row, int64_t pixel, int pixels) {
  const D d;
  for (int p = 0; p < pixels; ++p, sums += row) {
    float* y = out.y + (pixel + p) * out.y_stride;
    const float* residual =
        out.residual == nullptr ? nullptr : out.residual + (pixel + p) * out.residual_stride;
    int c = 0;
    for (; c + kLanes <= out.channels; c += kLanes) {
      V v = hn::Load(d, sums + c);
      if (residual != nullptr) v = hn::Add(v, hn::LoadU(d, residual + c));
      hn::StoreU(activate<kActivation>(d, v), d, y + c);
    }
    const int rest_count = out.channels - c;
    if (rest_count <= 0) continue;
    alignas(64) float rest[kLanes] = {};
    if (residual != nullptr) std::copy_n(residual + c, rest_count, rest);
    const V v = hn::Add(hn::Load(d, sums + c), hn::Load(d, rest));
    hn::Store(activate<kActivation>(d, v), d, rest);
    std::copy_n(rest, rest_count, y + c);
  }
}

inline void finish(Activation activation, const Output& out, const float* sums, int row,
                   int64_t pixel, int pixels) {
  switch (activation) {
    case Activation::kNone:
      return finish_as<Activation::kNone>(out, sums, row, pixel, pixels);
    case Activation::kRelu:
      return finish_as<Activation::kRelu>(out, sums, row, pixel, pixels);
    case Activation::kTanh:
      return finish_as<Activation::kTanh>(out, sums, row, pixel, pixels);
    case Activation::kGelu:
      return finish_as<Activation::kGelu>(out, sums, row, pixel, pixels);
    case Activation::kSilu:
      return finish_as<Activation::kSilu>(out, sums, row, pixel, pixels);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace vseal::kernels
HWY_AFTER_NAMESPACE();

#endif  // per-target guard
