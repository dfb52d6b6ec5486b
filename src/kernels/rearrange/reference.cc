#include <algorithm>

#include "kernels/rearrange/contract.h"

namespace vseal::kernels {
namespace {

// Offset of [n, y, x, c] in a dense tensor of extents (., h, w, channels).
int64_t at(int n, int y, int x, int c, int h, int w, int channels) {
  return ((static_cast<int64_t>(n) * h + y) * w + x) * channels + c;
}

}  // namespace

void reference_space_to_depth(const float* x, int n, int h, int w, int c, int block, float* y) {
  const int oh = h / block, ow = w / block, oc = c * block * block;
  for (int p = 0; p < n; ++p) {
    for (int iy = 0; iy < h; ++iy) {
      for (int ix = 0; ix < w; ++ix) {
        for (int i = 0; i < c; ++i) {
          const int o = (i * block + iy % block) * block + ix % block;
          y[at(p, iy / block, ix / block, o, oh, ow, oc)] = x[at(p, iy, ix, i, h, w, c)];
        }
      }
    }
  }
}

void reference_depth_to_space(const float* x, int n, int h, int w, int c, int block, float* y) {
  const int oh = h * block, ow = w * block, oc = c / (block * block);
  for (int p = 0; p < n; ++p) {
    for (int oy = 0; oy < oh; ++oy) {
      for (int ox = 0; ox < ow; ++ox) {
        for (int o = 0; o < oc; ++o) {
          const int i = (o * block + oy % block) * block + ox % block;
          y[at(p, oy, ox, o, oh, ow, oc)] = x[at(p, oy / block, ox / block, i, h, w, c)];
        }
      }
    }
  }
}

void reference_concat(std::span<const ConcatInput> inputs, int64_t pixels, float* y) {
  for (int64_t p = 0; p < pixels; ++p) {
    for (const ConcatInput& input : inputs) {
      y = std::copy_n(input.data + p * input.c, input.c, y);
    }
  }
}

void reference_tile(const float* x, int n, int h, int w, int c, int rows, int columns, float* y) {
  for (int p = 0; p < n; ++p) {
    for (int oy = 0; oy < h * rows; ++oy) {
      const float* row = x + at(p, oy % h, 0, 0, h, w, c);
      for (int k = 0; k < columns; ++k) y = std::copy_n(row, static_cast<int64_t>(w) * c, y);
    }
  }
}

void reference_border_map(const float* v, int h, int w, int c, float* y) {
  const auto region = [](int i, int extent) { return i == 0 ? 0 : i == extent - 1 ? 2 : 1; };
  for (int i = 0; i < h; ++i) {
    for (int j = 0; j < w; ++j) {
      const float* from = v + static_cast<int64_t>(region(i, h) * 3 + region(j, w)) * c;
      y = std::copy_n(from, c, y);
    }
  }
}

}  // namespace vseal::kernels
