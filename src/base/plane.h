// Views of pictures and frames: the one frame type that media, image and watermark share.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace vseal {

// One channel of a picture in somebody else's memory. Sample (x, y) lies at
// data + (y * stride + x * step) * bytes_per_sample(): planar video has step 1, interleaved RGB 3,
// RGBA 4. Samples are unsigned integers of `depth_bits` (1..16) in uint8_t (<= 8) or native-endian
// uint16_t (> 8), the value in the low bits.
struct PlaneView {
  void* data = nullptr;
  int width = 0;
  int height = 0;
  ptrdiff_t stride = 0;  // in samples, from one row to the next; may be negative
  int step = 1;          // in samples, from one pixel to its right neighbour
  int depth_bits = 8;

  int bytes_per_sample() const { return depth_bits > 8 ? 2 : 1; }
  int max_value() const { return (1 << depth_bits) - 1; }
  template <typename T>
  T* row(int y) const {
    return static_cast<T*>(data) + y * stride;
  }
};

enum class ColorModel { kGrey, kYCbCr, kRgb };
enum class ColorRange { kFull, kLimited };           // limited: luma 16..235 at 8 bits
enum class ColorMatrix { kBt601, kBt709, kBt2020 };  // which luma a kYCbCr frame holds

// How coded pixels become the displayed picture; the values are those of the EXIF tag.
enum class Orientation : uint8_t {
  kNormal = 1,
  kFlipHorizontal = 2,
  kRotate180 = 3,
  kFlipVertical = 4,
  kTranspose = 5,   // mirror along the main diagonal
  kRotate90 = 6,    // turn clockwise by 90 degrees to display
  kTransverse = 7,  // mirror along the other diagonal
  kRotate270 = 8,   // turn clockwise by 270 degrees to display
};

// True when display swaps width and height.
constexpr bool swaps_axes(Orientation o) { return o >= Orientation::kTranspose; }

// A picture or a decoded frame, in coded orientation. planes[0] is luma, grey or red; chroma planes
// may be smaller. Alpha is not part of it: marking leaves alpha alone. Owns nothing.
struct FrameView {
  std::array<PlaneView, 3> planes;
  int plane_count = 1;  // 1 for kGrey, 3 otherwise
  ColorModel model = ColorModel::kGrey;
  ColorRange range = ColorRange::kFull;
  ColorMatrix matrix = ColorMatrix::kBt601;
  Orientation orientation = Orientation::kNormal;

  int width() const { return planes[0].width; }
  int height() const { return planes[0].height; }
  int display_width() const { return swaps_axes(orientation) ? height() : width(); }
  int display_height() const { return swaps_axes(orientation) ? width() : height(); }
};

}  // namespace vseal
