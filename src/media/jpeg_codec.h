// JPEG through libjpeg-turbo: pixels in and out.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "base/status.h"
#include "media/picture_metadata.h"
#include "media/pixel_buffer.h"

namespace vseal::media {

// Grey or RGB, 8 bits; accurate integer DCT, smooth chroma. Damage that the decoder can hide is
// hidden; a file that ends early is kCorruptInput, CMYK and more than max_pixels are kUnsupported.
Result<PixelBuffer> read_jpeg(std::span<const std::byte> file, int64_t max_pixels);

struct JpegOptions {
  int quality = 0;  // 1..100
  bool halve_chroma = false;
};

// Baseline with Huffman tables of its own. `pixels` are 1 or 3 bands of 8 bits. kIo when writing
// fails.
Status write_jpeg(const PixelBuffer& pixels, const std::string& path, const JpegOptions& options,
                  const JpegMetadata& metadata);

}  // namespace vseal::media
