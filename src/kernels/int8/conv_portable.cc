// Tiles of sums in plain loops, for instruction sets without a kernel of their own.
#include <algorithm>

#include "kernels/int8/conv_tile.h"

namespace vseal::kernels {
namespace {

constexpr int kPixels = 4;

int pixels(int) { return kPixels; }

void run(const Int8Tile& tile, int panels) {
  std::fill_n(tile.sums, kPixels * panels * kInt8Panel, 0);
  for (int p = 0; p < kPixels; ++p) {
    for (int panel = 0; panel < panels; ++panel) {
      int32_t* sums = tile.sums + (p * panels + panel) * kInt8Panel;
      const int8_t* w = tile.weights + panel * tile.panel_step;
      for (int64_t row = 0; row < tile.rows; ++row) {
        const auto* x = static_cast<const int16_t*>(tile.x[p]) + row * tile.row_step;
        for (int64_t quad = 0; quad < tile.quads; ++quad, w += kInt8Panel * 4) {
          for (int c = 0; c < kInt8Panel; ++c) {
            for (int k = 0; k < 4; ++k) sums[c] += x[quad * 4 + k] * w[c * 4 + k];
          }
        }
      }
    }
  }
}

}  // namespace

const Int8TileKernel& int8_portable_kernel() {
  static constexpr Int8TileKernel kernel = {PaddedKind::kWords, pixels, run, nullptr, "conv2d_i8"};
  return kernel;
}

}  // namespace vseal::kernels
