#include "media/pixel_buffer.h"

#include <string>

namespace vseal::media {

bool PixelBuffer::allocate() {
  data = {std::malloc(size_bytes()), FreePixels{}};
  return data != nullptr;
}

Status check_pixel_count(int64_t width, int64_t height, int64_t max_pixels) {
  if (width * height <= max_pixels) return {};
  return unsupported("expected at most " + std::to_string(max_pixels) + " pixels, got " +
                     std::to_string(width * height));
}

}  // namespace vseal::media
