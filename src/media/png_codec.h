// PNG through libpng: pixels in and out.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "base/status.h"
#include "media/picture_metadata.h"
#include "media/pixel_buffer.h"

namespace vseal::media {

// Palettes and 1, 2, 4 bits become 8 bits, a transparent colour becomes alpha. Damaged or missing
// pixels are kCorruptInput, more than max_pixels kUnsupported.
Result<PixelBuffer> read_png(std::span<const std::byte> file, int64_t max_pixels);

// Not interlaced. kIo when writing fails.
Status write_png(const PixelBuffer& pixels, const std::string& path, const PngMetadata& metadata);

}  // namespace vseal::media
