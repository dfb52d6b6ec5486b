// Rows of floats that vector code may overrun on both sides.
#pragma once

#include <cstddef>

#include "base/aligned_buffer.h"
#include "base/status.h"

namespace vseal::image {

// Floats that belong to a row before its first and after its last pixel, at least: one vector of
// the widest instruction set.
inline constexpr int kRowMargin = 16;

// `count` rows of `width` floats, zero at first. row(i) points at pixel 0, 64-byte aligned, with
// kRowMargin floats before it and at least 2 * kRowMargin after its last pixel. Thread-compatible.
class PaddedRows {
 public:
  PaddedRows() = default;

  // kOutOfMemory where the rows do not fit.
  static Result<PaddedRows> allocate(int count, int width) {
    PaddedRows rows;
    rows.pitch_ = (static_cast<size_t>(width) + 4 * kRowMargin - 1) / kRowMargin * kRowMargin;
    VSEAL_ASSIGN_OR_RETURN(
        rows.memory_, AlignedBuffer<float>::allocate(rows.pitch_ * static_cast<size_t>(count)));
    return rows;
  }

  float* row(int i) { return memory_.data() + static_cast<size_t>(i) * pitch_ + kRowMargin; }
  const float* row(int i) const {
    return memory_.data() + static_cast<size_t>(i) * pitch_ + kRowMargin;
  }

 private:
  size_t pitch_ = 0;
  AlignedBuffer<float> memory_;
};

}  // namespace vseal::image
