// Bilinear resize and means over positions. Tensors are dense [n,h,w,c]; y overlaps no input.
#pragma once

#include <cstdint>

namespace vseal::kernels {

// Bilinear, align_corners false, borders clamped, not antialiased: the source of output position o
// is max((o + 0.5) * extent / out_extent - 0.5, 0).
void reference_resize_bilinear(const float* x, int n, int h, int w, int c, int out_h, int out_w,
                               float* y);

// y[n, c] = mean over h and w, in double.
void reference_spatial_mean(const float* x, int n, int h, int w, int c, float* y);

// y[n, ty, tx, c] = mean over the positions that are ty mod tile_h, tx mod tile_w, in double.
// h and w are multiples of tile_h and tile_w.
void reference_fold_mean(const float* x, int n, int h, int w, int c, int tile_h, int tile_w,
                         float* y);

}  // namespace vseal::kernels
