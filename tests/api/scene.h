// Synthetic pictures with enough texture to hold a mark.
#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

#include "vseal/vseal.h"

namespace vseal::test {

// A picture of waves and hash noise in memory of its own, in any format of vseal_image. `variant`
// changes the content.
class Scene {
 public:
  Scene(vseal_pixel_format format, int width, int height, int depth, int variant = 0) {
    image_.format = format;
    image_.width = width;
    image_.height = height;
    image_.depth = depth;
    const int channels = format == VSEAL_RGB ? 3 : format == VSEAL_RGBA ? 4 : 1;
    const bool planar = format >= VSEAL_YUV420;
    const int chroma_width = format == VSEAL_YUV444 ? width : (width + 1) / 2;
    const int chroma_height = format == VSEAL_YUV420 ? (height + 1) / 2 : height;
    sample_bytes_ = depth > 8 ? 2 : 1;
    const size_t luma = static_cast<size_t>(width) * height * channels;
    const size_t chroma = planar ? static_cast<size_t>(chroma_width) * chroma_height : 0;
    bytes_.resize((luma + 2 * chroma) * sample_bytes_);
    for (size_t i = 0; i < luma; ++i) {
      const int pixel = static_cast<int>(i) / channels;
      put(i, value(pixel % width, pixel / width, static_cast<int>(i) % channels, variant));
    }
    for (size_t i = luma; i < luma + 2 * chroma; ++i) put(i, 0.5);
    offsets_[1] = luma * sample_bytes_;
    offsets_[2] = (luma + chroma) * sample_bytes_;
    image_.strides[0] = static_cast<ptrdiff_t>(width) * channels * sample_bytes_;
    image_.strides[1] = image_.strides[2] = static_cast<ptrdiff_t>(chroma_width) * sample_bytes_;
  }

  vseal_image image() {
    for (int i = 0; i < 3; ++i) image_.planes[i] = bytes_.data() + offsets_[i];
    return image_;
  }
  std::vector<uint8_t>& bytes() { return bytes_; }

 private:
  static double value(int x, int y, int channel, int variant) {
    const uint32_t hash = (static_cast<uint32_t>(x / 3) * 2654435761u) ^
                          (static_cast<uint32_t>(y / 3) * 40503u * 65537u);
    const double noise = static_cast<double>((hash >> 13) & 255) / 255 - 0.5;
    return 0.5 + 0.22 * std::sin(x / (17.0 + variant) + channel) * std::cos(y / 23.0) +
           0.03 * noise;
  }

  void put(size_t i, double v) {
    const auto level = static_cast<uint16_t>(std::lround(v * ((1 << image_.depth) - 1)));
    if (sample_bytes_ == 1) {
      bytes_[i] = static_cast<uint8_t>(level);
    } else {
      reinterpret_cast<uint16_t*>(bytes_.data())[i] = level;
    }
  }

  vseal_image image_{};
  std::vector<uint8_t> bytes_;
  size_t sample_bytes_ = 1;
  size_t offsets_[3] = {0, 0, 0};
};

}  // namespace vseal::test
