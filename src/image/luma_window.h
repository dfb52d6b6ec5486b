// The luma rows around the one that is being changed, as they were before anything changed.
#pragma once

#include <algorithm>
#include <array>
#include <functional>
#include <vector>

#include "image/blend_rows.h"

namespace vseal::image {

// Loads luma in 0..255 of row y into width floats.
using RowLoader = std::function<void(int y, float* out)>;

// Slides down a band of rows, holding the five rows y-2..y+2 with their borders. Rows beyond the
// frame are zeros for the box filter, and zeros or the nearest row for the Sobel filter.
class LumaWindow {
 public:
  // The picture is width x height; rows first..first+2 past the band come from `load` as well.
  LumaWindow(int width, int height, const HeatmapOptions& options, RowLoader load)
      : width_(width),
        height_(height),
        replicate_(options.replicate_sobel_border),
        load_(std::move(load)),
        pitch_(static_cast<size_t>(width) + 2 * kRowBorder + kSlack),
        memory_(pitch_ * (2 * kRows + 3)) {}

  // Makes y the middle row. Calls must go down by one, after a first one anywhere.
  void move_to(int y) {
    const int first = filled_ ? y + 2 : y - 2;
    for (int row = first; row <= y + 2; ++row) fill(row);
    filled_ = true;
    middle_ = y;
  }

  HeatRowInput rows() const {
    HeatRowInput in;
    for (int i = 0; i < 5; ++i) in.box[i] = box_row(middle_ + i - 2);
    for (int i = 0; i < 3; ++i) in.sobel[i] = sobel_row(middle_ + i - 1);
    return in;
  }

  HeatScratch scratch() { return {row_at(2 * kRows + 1), row_at(2 * kRows + 2)}; }

 private:
  static constexpr size_t kRows = 5;
  static constexpr size_t kSlack = 64;  // vectors may read past the end

  float* row_at(size_t slot) { return memory_.data() + slot * pitch_ + kRowBorder; }
  const float* row_at(size_t slot) const { return memory_.data() + slot * pitch_ + kRowBorder; }
  static size_t ring(int y) { return static_cast<size_t>(y + 10) % kRows; }
  bool inside(int y) const { return y >= 0 && y < height_; }

  const float* box_row(int y) const { return row_at(inside(y) ? ring(y) : 2 * kRows); }

  const float* sobel_row(int y) const {
    if (!replicate_) return box_row(y);
    return row_at(kRows + ring(std::clamp(y, 0, height_ - 1)));
  }

  void fill(int y) {
    if (!inside(y)) return;
    float* row = row_at(ring(y));
    load_(y, row);
    if (!replicate_) return;
    float* copy = row_at(kRows + ring(y));
    std::copy_n(row, width_, copy);
    copy[-1] = row[0];
    copy[width_] = row[width_ - 1];
  }

  const int width_;
  const int height_;
  const bool replicate_;
  RowLoader load_;
  const size_t pitch_;
  std::vector<float> memory_;  // kRows rows, kRows with replicated borders, zeros, two of scratch
  int middle_ = 0;
  bool filled_ = false;
};

}  // namespace vseal::image
