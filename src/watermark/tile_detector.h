// Detectors that read a tile which repeats over the picture.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <utility>

#include "base/status.h"
#include "engine/session.h"
#include "graph/graph.h"

namespace vseal::watermark {

// A detector whose last ops are fold_mean (over a tile of T x T cells), reshape and linear: its
// features can be had of any part of a picture, and a shift by whole cells does nothing but roll
// the folded tile. Immutable but for its store of plans; thread-safe.
class TileDetector {
 public:
  // Null when `detector` is not of that kind.
  static Result<std::shared_ptr<const TileDetector>> create(const graph::Graph& detector);

  int tile() const { return tile_; }  // T, in cells
  int cell() const { return cell_; }  // px a side
  int picture_channels() const { return picture_channels_; }
  int feature_channels() const { return feature_channels_; }  // C
  size_t tile_values() const { return static_cast<size_t>(tile_) * tile_ * feature_channels_; }

  // Picture [1, rows * cell, columns * cell, channels] -> features [1, rows, columns, C]. Packs the
  // weights at the first call for a size, and keeps the plans of the last sizes.
  Result<std::shared_ptr<const engine::Plan>> features(int rows, int columns) const;

  // kBatch folded tiles [kBatch, T * T * C] -> logits [kBatch, n]; made at the first call.
  static constexpr int kBatch = 16;
  Result<std::shared_ptr<const engine::Plan>> head() const;

 private:
  TileDetector() = default;
  Result<std::shared_ptr<const engine::Plan>> make_head() const;

  graph::Graph detector_;  // shares its constants with the model
  graph::Op linear_;
  std::string features_name_;
  int tile_ = 0;
  int cell_ = 0;
  int picture_channels_ = 0;
  int feature_channels_ = 0;
  mutable std::mutex mutex_;
  mutable std::shared_ptr<const engine::Plan> head_;
  mutable std::map<std::pair<int, int>, std::shared_ptr<const engine::Plan>> plans_;
};

// Means of features [rows, columns, channels] over cells that are equal modulo the tile, cell (0,
// 0) being the tile's own: `folded` holds [tile, tile, channels]; cells that are not seen become 0.
void fold(std::span<const float> features, int rows, int columns, int channels, int tile,
          std::span<float> folded);

// The tile read from cell (down, right) on, around its border: rolled[y][x] = folded[(y + down) mod
// T][(x + right) mod T].
void roll(std::span<const float> folded, int tile, int channels, int down, int right,
          std::span<float> rolled);

}  // namespace vseal::watermark
