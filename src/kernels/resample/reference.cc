#include <algorithm>

#include "kernels/resample/contract.h"

namespace vseal::kernels {
namespace {

struct Tap {
  int low;
  int high;
  double weight;  // of high
};

Tap tap(int out, int extent, int out_extent) {
  const double source = std::max((out + 0.5) * extent / out_extent - 0.5, 0.0);
  const int low = std::min(static_cast<int>(source), extent - 1);
  return {low, std::min(low + 1, extent - 1), source - low};
}

}  // namespace

void reference_resize_bilinear(const float* x, int n, int h, int w, int c, int out_h, int out_w,
                               float* y) {
  const auto pixel = [&](int p, int iy, int ix) {
    return x + ((static_cast<int64_t>(p) * h + iy) * w + ix) * c;
  };
  for (int p = 0; p < n; ++p) {
    for (int oy = 0; oy < out_h; ++oy) {
      const Tap ty = tap(oy, h, out_h);
      for (int ox = 0; ox < out_w; ++ox) {
        const Tap tx = tap(ox, w, out_w);
        for (int i = 0; i < c; ++i) {
          const double top = pixel(p, ty.low, tx.low)[i] * (1 - tx.weight) +
                             pixel(p, ty.low, tx.high)[i] * tx.weight;
          const double bottom = pixel(p, ty.high, tx.low)[i] * (1 - tx.weight) +
                                pixel(p, ty.high, tx.high)[i] * tx.weight;
          *y++ = static_cast<float>(top * (1 - ty.weight) + bottom * ty.weight);
        }
      }
    }
  }
}

void reference_spatial_mean(const float* x, int n, int h, int w, int c, float* y) {
  reference_fold_mean(x, n, h, w, c, 1, 1, y);
}

void reference_fold_mean(const float* x, int n, int h, int w, int c, int tile_h, int tile_w,
                         float* y) {
  const int64_t count = static_cast<int64_t>(h / tile_h) * (w / tile_w);
  for (int p = 0; p < n; ++p) {
    for (int ty = 0; ty < tile_h; ++ty) {
      for (int tx = 0; tx < tile_w; ++tx) {
        for (int i = 0; i < c; ++i) {
          double sum = 0;
          for (int iy = ty; iy < h; iy += tile_h) {
            for (int ix = tx; ix < w; ix += tile_w) {
              sum += x[((static_cast<int64_t>(p) * h + iy) * w + ix) * c + i];
            }
          }
          *y++ = static_cast<float>(sum / static_cast<double>(count));
        }
      }
    }
  }
}

}  // namespace vseal::kernels
