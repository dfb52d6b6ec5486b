// The luma rows around the one that is being changed, as they were before anything changed.
#pragma once

#include <algorithm>
#include <utility>

#include "image/heat_rows.h"
#include "image/padded_rows.h"

namespace vseal::image {

// Rows of PaddedRows that a LumaWindow uses: five of luma, one of zeros, four of scratch.
inline constexpr int kWindowRows = 10;

// Slides down a picture, holding the rows y-2..y+2 in memory of the caller. `load(y, out)` writes
// the luma of row y, in 0..255, to out[0..width) and nothing beyond. One thread's own.
template <typename Load>
class LumaWindow {
 public:
  // Uses rows 0..kWindowRows of `memory`, which must be zero at first.
  LumaWindow(PaddedRows& memory, int height, const HeatmapOptions& options, Load load)
      : memory_(memory),
        height_(height),
        replicate_(options.replicate_sobel_border),
        load_(std::move(load)) {}

  // Makes y the middle row. Calls go down by one, after a first one anywhere.
  void move_to(int y) {
    for (int row = filled_ ? y + 2 : std::max(y - 2, 0); row <= std::min(y + 2, height_ - 1);
         ++row) {
      load_(row, memory_.row(row % kRing));
    }
    filled_ = true;
    middle_ = y;
  }

  HeatRowInput rows() const {
    HeatRowInput in;
    for (int i = 0; i < kRing; ++i) in.box[i] = row(middle_ + i - 2);
    in.above = replicate_ ? row(std::max(middle_ - 1, 0)) : in.box[1];
    in.below = replicate_ ? row(std::min(middle_ + 1, height_ - 1)) : in.box[3];
    return in;
  }

  HeatScratch scratch() {
    constexpr int kFirst = kRing + 1;
    return {memory_.row(kFirst), memory_.row(kFirst + 1), memory_.row(kFirst + 2),
            memory_.row(kFirst + 3)};
  }

 private:
  static constexpr int kRing = 5;

  const float* row(int y) const {
    const bool inside = y >= 0 && y < height_;
    return memory_.row(inside ? y % kRing : kRing);
  }

  PaddedRows& memory_;
  const int height_;
  const bool replicate_;
  Load load_;
  int middle_ = 0;
  bool filled_ = false;
};

}  // namespace vseal::image
