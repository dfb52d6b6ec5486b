// A residual stretched to a frame, row by row.
#pragma once

#include <span>
#include <vector>

#include "base/plane.h"
#include "base/status.h"
#include "image/padded_rows.h"
#include "image/resize_filter.h"

namespace vseal::image {

// One channel of a residual in coded orientation, times a factor, resized to the frame's size:
// bilinear, align_corners false; `resampling` counts where it shrinks. Immutable, so any number of
// threads may read.
class StretchedResidual {
 public:
  // `displayed` is side x side in display orientation.
  static Result<StretchedResidual> create(std::span<const float> displayed, int side, float factor,
                                          const FrameView& frame, Resampling resampling);

  int frame_width() const { return frame_width_; }

  // Row y of the result is low + (high - low) * weight, of residual rows at full frame width.
  struct RowPosition {
    int low;
    int high;
    float weight;
  };
  RowPosition position(int y) const;

  // out[x] = residual row `row` at pixel x of the frame. `out` is a row of PaddedRows: up to a
  // vector behind the frame's width is overwritten.
  void stretch(int row, float* out) const;

 private:
  int frame_width_ = 0;
  int frame_height_ = 0;
  int height_ = 0;           // residual rows
  PaddedRows rows_;          // the residual, its last column repeated once
  std::vector<int> left_;    // for each frame column, the residual column on its left
  std::vector<float> part_;  // and how far it lies towards the next, 0..1
};

// Two stretched rows of one thread, kept while the frame's rows lie between them.
class ResidualCursor {
 public:
  // `first` and `second` are rows of PaddedRows of the frame's width, which this object fills.
  ResidualCursor(const StretchedResidual& residual, float* first, float* second)
      : residual_(residual), low_(first), high_(second) {}

  // Makes low() and high() those of frame row y. Cheap when rows are visited downwards.
  void move_to(int y);
  const float* low() const { return low_; }
  const float* high() const { return high_; }
  float weight() const { return weight_; }

  // delta[x] = the residual at pixel x of row y, times heat[x] unless `heat` is null. Both are rows
  // of PaddedRows: up to a vector behind the frame's width is overwritten.
  void delta(const float* heat, float* delta) const;

 private:
  const StretchedResidual& residual_;
  float* low_;
  float* high_;
  int low_index_ = -1;
  int high_index_ = -1;
  float weight_ = 0;
};

}  // namespace vseal::image
