// 3x3 convolution by Winograd's minimal filtering, F(4x4, 3x3): four times fewer multiplications.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/conv2d/packed.h"

namespace vseal::kernels {

inline constexpr int kWinogradOutput = 4;  // side of a tile of results
inline constexpr int kWinogradInput = 6;   // side of the input patch behind it
inline constexpr int kWinogradPlaces = kWinogradInput * kWinogradInput;

// How a convolution is cut up. Tiles of 4x4 results are counted over [n, tiles_y, tiles_x]; bands
// of tiles run one after the other, the tasks (tile block, panel group) of a band in parallel.
// One thread transforms a band's inputs once for all groups. Of several threads, each task does so
// for itself, and all tiles are one band: inputs that another core wrote cost more to fetch than to
// make again. Either way every value comes from the same operations in the same order.
struct WinogradPlan {
  static constexpr int kBlockTiles = 64;
  static constexpr int kBlockChannels = 64;
  static constexpr int kGroupPanels = 3;

  WinogradPlan(const Conv2dShape& shape, int threads);

  int64_t tiles_y, tiles_x, tiles;
  int64_t band_tiles;
  int64_t channel_blocks;
  int64_t panels, groups;
  bool shares_inputs;  // within a band

  // Scratch, in floats. A line between places keeps the 36 streams of a transform out of each
  // other's cache set.
  int64_t input_place() const {
    return (shares_inputs ? band_tiles : kBlockTiles) * kBlockChannels + 16;
  }
  int64_t input_block() const { return kWinogradPlaces * input_place(); }
  int64_t shared_floats() const { return shares_inputs ? channel_blocks * input_block() : 0; }
  int64_t task_floats() const {
    return kWinogradPlaces * (kWeightPlace + kSumPlace) + (shares_inputs ? 0 : input_block());
  }
  static constexpr int64_t kWeightPlace = kGroupPanels * kBlockChannels * 16 + 16;
  static constexpr int64_t kSumPlace = kGroupPanels * (kBlockTiles + 16) * 16 + 16;
};

// Where the 6x6 inputs of a tile are; those beyond the borders point at zeros.
struct WinogradPatch {
  WinogradPatch(const Conv2dShape& shape, const Conv2dArguments& arguments,
                const WinogradPlan& plan, int64_t tile);
  const float* at[kWinogradInput][kWinogradInput];
};

}  // namespace vseal::kernels
