// An 8-bit RGB picture in memory: what filters and codecs work on.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/plane.h"
#include "base/status.h"

namespace vseal::media {

// Interleaved samples [height, width, 3], full range, as displayed. Copyable; thread-compatible.
class Raster {
 public:
  Raster() = default;
  // Black. width, height >= 1.
  Raster(int width, int height);

  // A copy of `frame` as displayed: grey gives three equal channels, deeper samples are rounded to
  // 8 bits. kUnsupported for kYCbCr, kInvalidArgument for planes that are not sound.
  static Result<Raster> of(const FrameView& frame);

  int width() const { return width_; }
  int height() const { return height_; }
  std::span<uint8_t> samples() { return samples_; }
  std::span<const uint8_t> samples() const { return samples_; }
  uint8_t* row(int y) { return samples_.data() + row_bytes() * static_cast<size_t>(y); }
  const uint8_t* row(int y) const { return samples_.data() + row_bytes() * static_cast<size_t>(y); }
  size_t row_bytes() const { return static_cast<size_t>(width_) * 3; }

  FrameView view();
  FrameView view() const;  // for reading only

 private:
  int width_ = 0;
  int height_ = 0;
  std::vector<uint8_t> samples_;
};

}  // namespace vseal::media
