// Rows of samples as floats and back: the only code that knows depths, ranges and interleaving.
#pragma once

#include "base/plane.h"
#include "base/status.h"

namespace vseal::image {

// Luma in 0..1 is (sample - offset) / scale.
struct LumaScale {
  float offset = 0;
  float scale = 255;
};
LumaScale luma_scale(const FrameView& frame);

// Checks what every function of this room relies on: data, sizes, depth 8..16, equal planes for
// RGB.
Status check_frame(const char* where, const FrameView& frame);

// out[x] = luma of row y in 0..unit, for x < frame.width(). 0.299 R + 0.587 G + 0.114 B for RGB.
// Exact for 8-bit full-range grey and luma in units of 255.
void load_luma_row(const FrameView& frame, int y, float unit, float* out);

// Adds delta[x] (in sample values) to every sample that moves with luma in row y: the luma or grey
// plane, or R, G and B alike. Rounds to nearest, ties to even, and clamps to 0..max_value.
void add_to_row(const FrameView& frame, int y, const float* delta);

}  // namespace vseal::image
