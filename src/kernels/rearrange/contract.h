// Moving values without changing them. All tensors are dense [n,h,w,c]; y overlaps no input.
#pragma once

#include <cstdint>
#include <span>

namespace vseal::kernels {

// y[n, oy, ox, (i*block + dy)*block + dx] = x[n, oy*block + dy, ox*block + dx, i]; h and w are
// multiples of block. PyTorch's pixel_unshuffle.
void reference_space_to_depth(const float* x, int n, int h, int w, int c, int block, float* y);

// y[n, iy*block + dy, ix*block + dx, o] = x[n, iy, ix, (o*block + dy)*block + dx]; c is a multiple
// of block^2. PyTorch's pixel_shuffle.
void reference_depth_to_space(const float* x, int n, int h, int w, int c, int block, float* y);

struct ConcatInput {
  const float* data;
  int c;
};

// y[p, :] = the inputs' channels of pixel p one after the other, for pixels = n*h*w.
void reference_concat(std::span<const ConcatInput> inputs, int64_t pixels, float* y);

// y[n, y, x, :] = x[n, y mod h, x mod w, :] for y < h*rows, x < w*columns.
void reference_tile(const float* x, int n, int h, int w, int c, int rows, int columns, float* y);

// y[i, j, :] = vector r(i, h) * 3 + r(j, w) of v [9, c], with r = 0 for the first row or column, 2
// for the last and 1 between; h and w are at least 2.
void reference_border_map(const float* v, int h, int w, int c, float* y);

}  // namespace vseal::kernels
