// The part of a convolution that is the same for every instruction set: where pixels are read.
#pragma once

#include <cstdint>

#include "kernels/conv2d/packed.h"

namespace vseal::kernels {

// Output channels that lie side by side in packed weights.
inline constexpr int kPanel = 16;
// Output pixels that a microkernel may keep in registers at once.
inline constexpr int kMaxTilePixels = 14;

inline int64_t panel_count(const Conv2dShape& s) { return (int64_t{s.oc} + kPanel - 1) / kPanel; }

// The ic zeros that pack_conv2d puts behind the weights, for padding to point at.
inline const float* zeros_after_weights(const Conv2dShape& s, const float* packed) {
  return packed + panel_count(s) * kPanel * s.kh * s.kw * s.ic;
}

// Index i of a line of `size` mirrored at its ends; outside of the line again where i is more than
// size - 1 beyond an end.
inline int64_t reflected(int64_t i, int64_t size) {
  if (i < 0) return -i;
  return i < size ? i : 2 * (size - 1) - i;
}

// The sums of a tile of output pixels as `segments` runs of `length` products each: product j of
// segment s multiplies x[s * pixels + p][j] for pixel p. Weights advance by `weight_step` products
// from one segment to the next.
struct TileSource {
  int segments = 0;
  int64_t length = 0;
  int64_t weight_step = 0;
  const float* x[kMaxConv2dTaps * kMaxTilePixels];
};

// Finds the input of output pixels, counted over [n, out_h, out_w] row by row.
class TilePointer {
 public:
  // `zeros` holds ic zeros, which padding reads.
  TilePointer(const Conv2dShape& shape, const float* x, int64_t x_stride, const float* zeros);

  // Fills `source` for pixels first .. first + pixels - 1 and input channels [ic0, ic1). Pixels
  // past the last one read what the last one reads.
  void point(int64_t first, int pixels, int ic0, int ic1, TileSource& source) const;

  int64_t pixel_count() const { return pixel_count_; }

 private:
  struct Pixel {
    int64_t image = 0;
    int64_t oy = 0;
    int64_t ox = 0;
  };
  Pixel locate(int64_t index) const;
  bool is_inside_row(const Pixel& first, int pixels) const;
  void point_rows(const Pixel& first, int pixels, TileSource& source) const;
  void point_taps(const Pixel& pixel, int ic0, const float** x, int pixels) const;

  int64_t n_, h_, w_, ic_, kh_, kw_, stride_, pad_, out_h_, out_w_;
  bool reflect_;
  const float* x_;
  int64_t x_stride_;
  const float* zeros_;
  int64_t pixel_count_;
};

}  // namespace vseal::kernels
