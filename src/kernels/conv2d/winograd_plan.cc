// The part of Winograd's convolution that is the same for every instruction set.
#include <algorithm>

#include "kernels/conv2d/tile.h"
#include "kernels/conv2d/winograd.h"

namespace vseal::kernels {
namespace {

int64_t ceil_divide(int64_t a, int64_t b) { return (a + b - 1) / b; }

// Transformed inputs of a band stay in a third level cache.
constexpr int64_t kBandFloats = int64_t{1} << 20;

}  // namespace

WinogradPlan::WinogradPlan(const Conv2dShape& s, int threads)
    : tiles_y(ceil_divide(s.out_h(), kWinogradOutput)),
      tiles_x(ceil_divide(s.out_w(), kWinogradOutput)),
      tiles(s.n * tiles_y * tiles_x),
      channel_blocks(ceil_divide(s.ic, kBlockChannels)),
      panels(panel_count(s)),
      groups(ceil_divide(panels, kGroupPanels)),
      shares_inputs(threads == 1 && groups > 1) {
  const int64_t tile_floats = kWinogradPlaces * channel_blocks * kBlockChannels;
  const int64_t blocks = std::max<int64_t>(1, kBandFloats / tile_floats / kBlockTiles);
  band_tiles = shares_inputs ? std::min(tiles, blocks * kBlockTiles) : tiles;
}

bool is_winograd_shape(const Conv2dShape& s) { return s.kh == 3 && s.kw == 3 && s.stride == 1; }

WinogradPatch::WinogradPatch(const Conv2dShape& s, const Conv2dArguments& a,
                             const WinogradPlan& plan, int64_t tile) {
  const int64_t stride = a.x_stride == 0 ? s.ic : a.x_stride;
  const float* zeros = zeros_after_weights(s, a.packed);
  const int64_t image = tile / plan.tiles_x / plan.tiles_y;
  const int64_t top = tile / plan.tiles_x % plan.tiles_y * kWinogradOutput - s.pad;
  const int64_t left = tile % plan.tiles_x * kWinogradOutput - s.pad;
  const bool reflect = s.padding == Padding::kReflect;
  for (int r = 0; r < kWinogradInput; ++r) {
    const int64_t iy = reflect ? reflected(top + r, s.h) : top + r;
    for (int c = 0; c < kWinogradInput; ++c) {
      const int64_t ix = reflect ? reflected(left + c, s.w) : left + c;
      const bool exists = iy >= 0 && iy < s.h && ix >= 0 && ix < s.w;
      at[r][c] = exists ? a.x + ((image * s.h + iy) * s.w + ix) * stride : zeros;
    }
  }
}

}  // namespace vseal::kernels
