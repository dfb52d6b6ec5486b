#include "watermark/small_picture.h"

#include <algorithm>

#include "image/resize.h"

namespace vseal::watermark {

Status SmallPicture::see(const FrameView& frame, int to_side, bool coloured,
                         image::Resampling resampling, ThreadPool* pool) {
  side = to_side;
  luma.resize(static_cast<size_t>(side) * side);
  rgb.resize(coloured ? 3 * luma.size() : 0);
  VSEAL_RETURN_IF_ERROR(image::resize_luma(frame, side, side, luma, pool, resampling));
  return coloured ? image::resize_rgb(frame, side, side, rgb, pool, resampling) : Status();
}

std::span<const float> SmallPicture::channels(int count) const { return count == 3 ? rgb : luma; }

void mark_small(const SmallPicture& picture, std::span<const float> residual,
                std::span<const float> heat, float strength, int channels, std::span<float> out) {
  const std::span<const float> before = picture.channels(channels);
  const size_t wide = static_cast<size_t>(channels);
  const bool coloured = residual.size() == 3 * picture.luma.size();
  for (size_t i = 0; i < before.size(); ++i) {
    const size_t pixel = i / wide;
    float change = 0;
    if (!coloured || channels == 3) {
      change = residual[coloured ? i : pixel];
    } else {
      const float* rgb = residual.data() + 3 * pixel;
      change = 0.299f * rgb[0] + 0.587f * rgb[1] + 0.114f * rgb[2];
    }
    const float attenuated = strength * (heat.empty() ? 1.0f : heat[pixel]) * change;
    out[i] = std::clamp(before[i] + attenuated, 0.0f, 1.0f);
  }
}

}  // namespace vseal::watermark
