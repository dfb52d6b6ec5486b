// Adding to the chroma planes while luma is being walked over.
#pragma once

#include <array>

#include "base/plane.h"
#include "image/padded_rows.h"
#include "image/residual_planes.h"
#include "image/sample_rows.h"

namespace vseal::image {

// Rows of PaddedRows that a ChromaRows uses.
inline constexpr int kChromaRows = 7;

// Gives each chroma row its residual once all luma rows that it covers have been passed. One
// thread's own; bands must begin at a row that chroma_steps(frame).y divides.
class ChromaRows {
 public:
  // Uses rows first..first + kChromaRows of `memory`, zero at first.
  ChromaRows(const FrameView& frame, const ResidualPlanes& planes, PaddedRows& memory, int first);

  // Luma row y has been passed, its heat map is `heat` (null: none). Calls go down by one.
  void pass(int y, const float* heat);

 private:
  const FrameView& frame_;
  const ChromaSteps steps_;
  float* sum_;     // of the heat of the luma rows so far
  float* pooled_;  // heat of the chroma row
  float* delta_;
  std::array<ResidualCursor, 2> cursors_;
};

}  // namespace vseal::image
