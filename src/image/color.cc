#include "image/color.h"

#include <algorithm>

namespace vseal::image {

LumaWeights luma_weights(ColorMatrix matrix) {
  switch (matrix) {
    case ColorMatrix::kBt709:
      return {0.2126, 0.0722};
    case ColorMatrix::kBt2020:
      return {0.2627, 0.0593};
    case ColorMatrix::kBt601:
      break;
  }
  return {0.299, 0.114};
}

SampleScale luma_scale(const FrameView& frame) {
  const int depth = frame.planes[0].depth_bits;
  if (frame.model == ColorModel::kRgb || frame.range == ColorRange::kFull) {
    return {0.0f, static_cast<float>(frame.planes[0].max_value())};
  }
  const float unit = static_cast<float>(1 << (depth - 8));
  return {16.0f * unit, 219.0f * unit};
}

SampleScale chroma_scale(const FrameView& frame) {
  const int depth = frame.planes[1].depth_bits;
  const float middle = static_cast<float>(1 << (depth - 1));
  if (frame.range == ColorRange::kFull) {
    return {middle, static_cast<float>(frame.planes[1].max_value())};
  }
  return {middle, 224.0f * static_cast<float>(1 << (depth - 8))};
}

void to_rgb(std::span<float> pixels, ColorMatrix matrix) {
  const auto [kr, kb] = luma_weights(matrix);
  const double kg = 1 - kr - kb;
  const auto unit = [](double v) { return static_cast<float>(std::clamp(v, 0.0, 1.0)); };
  for (size_t i = 0; i + 2 < pixels.size(); i += 3) {
    const double y = pixels[i];
    const double r = y + 2 * (1 - kr) * pixels[i + 2], b = y + 2 * (1 - kb) * pixels[i + 1];
    pixels[i] = unit(r);
    pixels[i + 1] = unit((y - kr * r - kb * b) / kg);
    pixels[i + 2] = unit(b);
  }
}

void to_ycbcr(std::span<float> pixels, ColorMatrix matrix) {
  const auto [kr, kb] = luma_weights(matrix);
  for (size_t i = 0; i + 2 < pixels.size(); i += 3) {
    const double r = pixels[i], g = pixels[i + 1], b = pixels[i + 2];
    const double y = kr * r + (1 - kr - kb) * g + kb * b;
    pixels[i] = static_cast<float>(y);
    pixels[i + 1] = static_cast<float>((b - y) / (2 * (1 - kb)));
    pixels[i + 2] = static_cast<float>((r - y) / (2 * (1 - kr)));
  }
}

}  // namespace vseal::image
