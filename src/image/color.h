// Between R, G, B and luma with two colour differences, in floats.
#pragma once

#include <span>

#include "base/plane.h"

namespace vseal::image {

// Weights of red and blue in luma; green has what is left of 1.
struct LumaWeights {
  double red;
  double blue;
};
// BT.601: 0.299, 0.114. BT.709: 0.2126, 0.0722. BT.2020: 0.2627, 0.0593.
LumaWeights luma_weights(ColorMatrix matrix);

// A sample is offset + scale * value, value in 0..1 for luma and RGB and in -0.5..0.5 for chroma.
struct SampleScale {
  float offset = 0;
  float scale = 255;
};
SampleScale luma_scale(const FrameView& frame);
SampleScale chroma_scale(const FrameView& frame);

// In place, for each pixel of interleaved triples: Y, Cb, Cr (0..1, -0.5..0.5, -0.5..0.5) become
// R, G, B, clamped to 0..1:
//   R = Y + 2 (1 - Kr) Cr, B = Y + 2 (1 - Kb) Cb, G = (Y - Kr R - Kb B) / (1 - Kr - Kb).
void to_rgb(std::span<float> pixels, ColorMatrix matrix);

// The inverse, unclamped, so that it also turns differences of R, G, B into those of Y, Cb, Cr.
void to_ycbcr(std::span<float> pixels, ColorMatrix matrix);

}  // namespace vseal::image
