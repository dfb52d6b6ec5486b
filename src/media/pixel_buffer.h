// Decoded samples in memory of their own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>

#include "base/status.h"

namespace vseal::media {

struct FreePixels {
  void (*release)(void*) = std::free;
  void operator()(void* pixels) const { release(pixels); }
};

// Interleaved [height, width, bands]: grey or RGB, with alpha where bands is even; uint8_t, or
// native-endian uint16_t where depth_bits is 16. Rows follow each other without gaps.
struct PixelBuffer {
  std::unique_ptr<void, FreePixels> data;
  int width = 0;
  int height = 0;
  int bands = 0;
  int depth_bits = 8;

  size_t row_bytes() const {
    return static_cast<size_t>(width) * static_cast<size_t>(bands) *
           static_cast<size_t>(depth_bits / 8);
  }
  size_t size_bytes() const { return row_bytes() * static_cast<size_t>(height); }
  unsigned char* row(int y) const {
    return static_cast<unsigned char*>(data.get()) + row_bytes() * static_cast<size_t>(y);
  }

  // Takes memory for what the other fields say; false when there is none.
  bool allocate();
};

// kUnsupported above max_pixels.
Status check_pixel_count(int64_t width, int64_t height, int64_t max_pixels);

}  // namespace vseal::media
