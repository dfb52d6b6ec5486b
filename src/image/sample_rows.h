// Rows of samples as floats and back: the only code that knows depths, ranges and interleaving.
#pragma once

#include <array>
#include <span>

#include "base/plane.h"
#include "base/status.h"

namespace vseal::image {

// Checks what every function of this room relies on: data, sizes, depth 8..16, equal planes for
// RGB.
Status check_frame(const char* where, const FrameView& frame);

// Checks the chroma planes of a kYCbCr frame that has passed check_frame: data, the depth of luma,
// equal sizes, and a sample for every 1, 2 or 4 of luma along each axis.
Status check_chroma(const char* where, const FrameView& frame);

// Luma samples for each chroma sample of a frame that has passed check_chroma: 1, 2 or 4.
struct ChromaSteps {
  int x = 1;
  int y = 1;
};
ChromaSteps chroma_steps(const FrameView& frame);

// Plane c alone as a full-range grey frame, its values shares of max_value; orientation kept.
FrameView plane_as_grey(const FrameView& frame, int c);

// out[x] = luma of row y in 0..unit, for x < frame.width(). 0.299 R + 0.587 G + 0.114 B for RGB.
// Exact for 8-bit full-range grey and luma in units of 255.
void load_luma_row(const FrameView& frame, int y, float unit, float* out);

// out[x] = sum over i of weights[i] * luma of row first + i, for x < frame.width(). Luma in sample
// values, its range not taken off: see luma_scale().
void mix_luma_rows(const FrameView& frame, int first, std::span<const float> weights, float* out);

// Adds deltas (in sample values, one for each x) to row y: delta[0] to the luma or grey plane, or
// delta[c] to channel c of R, G and B; they may be the same row. Rounds to nearest, ties to even,
// and clamps to 0..max_value.
void add_to_row(const FrameView& frame, int y, const std::array<const float*, 3>& delta);

}  // namespace vseal::image
