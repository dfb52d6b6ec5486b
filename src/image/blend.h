// Adding a residual to a picture, where the eye will not see it.
#pragma once

#include <span>

#include "base/plane.h"
#include "base/status.h"
#include "base/thread_pool.h"
#include "image/resize_filter.h"

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

// What an embedder returned: [side, side, channels] in display orientation, row-major. One channel
// is added to R, G and B alike; three are red, green and blue.
struct Residual {
  std::span<const float> values;
  int side = 0;
  int channels = 1;
};

// What a residual is multiplied with: nothing; the JND map of the frame's luma at full size; or the
// map of the luma resized to the residual's own size, before the residual is stretched.
enum class Attenuation { kNone, kNative, kLow };

struct BlendOptions {
  float strength = 1.0f;
  Attenuation attenuation = Attenuation::kNative;
  HeatmapOptions heatmap = {};
  Resampling resampling = Resampling::kAntialiased;  // of the residual, and of luma for kLow
};

// Adds strength * heat * residual to `frame` in place, in one pass over its rows. The residual is
// turned into coded orientation and resized to the frame (bilinear, align_corners false); sums are
// rounded to nearest and clamped to 0..max_value (16..235 is nominal, not a limit, for limited
// range).
//   One channel: kRgb: the same amount is added to R, G and B. kYCbCr: to luma, scaled by the range
//   (219/255 for limited). kGrey: to grey.
//   Three: kRgb: each to its channel. kGrey: their luma, 0.299 R + 0.587 G + 0.114 B. kYCbCr: the
//   residual, not the frame, is converted by the frame's matrix, and each plane gets its own at the
//   plane's size (224/255 for limited-range chroma); the heat of a chroma sample is the mean over
//   the luma pixels that it covers.
// Samples of 8 to 16 bits, interleaved or planar.
// The same samples for any number of threads; across instruction sets, and against the reference,
// a sample may differ by one where the sum falls between two values. `pool` may be null.
// kInvalidArgument when the residual does not hold side * side * (1 or 3) finite values or the
// frame's planes are not sound; the frame is then as it was.
Status blend(FrameView& frame, const Residual& residual, const BlendOptions& options,
             ThreadPool* pool);

}  // namespace vseal::image
