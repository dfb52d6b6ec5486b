// Adding a residual to a picture, where the eye will not see it.
#pragma once

#include <span>

#include "base/plane.h"
#include "base/status.h"
#include "base/thread_pool.h"

namespace vseal::image {

// The JND map's free constants; the map itself is networks.md, step 4.
struct HeatmapOptions {
  float low_gain = 17.0f;
  float low_offset = 0.0f;
  bool replicate_sobel_border = false;
};

// heat[y * width + x] in 0..1 units for luma in 0..1 of the same layout. The luminance filter has
// zero borders, the Sobel filter zero or replicated ones. `pool` may be null.
Status heatmap(std::span<const float> luma, int width, int height, const HeatmapOptions& options,
               std::span<float> heat, ThreadPool* pool);

// Root mean square of a map, for the gain of models::Card. 0 for an empty one.
float heatmap_rms(std::span<const float> heat);

// Adds strength * heat * residual to `frame` in place, in one pass over its rows:
//   residual (side x side, in display orientation, row-major) is turned into coded orientation and
//   resized to the frame (bilinear, align_corners false, antialiased where it shrinks); heat is the
//   JND map of the frame's own luma at full size; the sum is rounded to nearest and clamped to
//   0..max_value (16..235 is nominal, not a limit, for limited range).
// kRgb: the same amount is added to R, G and B. kYCbCr: to luma, scaled by the range (219/255 for
// limited). kGrey: to grey. Samples of 8 to 16 bits, interleaved or planar.
// The same samples for any number of threads; across instruction sets, and against the reference,
// a sample may differ by one where the sum falls between two values. `pool` may be null.
// kInvalidArgument when residual is not side x side finite values or the frame's planes are not
// sound; the frame is then as it was.
Status blend(FrameView& frame, std::span<const float> residual, int side, float strength,
             const HeatmapOptions& options, ThreadPool* pool);

}  // namespace vseal::image
