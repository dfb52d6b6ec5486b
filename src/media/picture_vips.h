// Pictures through libvips: every format but JPEG and PNG, and the way between it and those two.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "base/status.h"
#include "media/picture.h"
#include "media/pixel_buffer.h"
#include "media/vips_handles.h"

namespace vseal::media {

struct VipsPicture {
  PixelBuffer pixels;
  VipsImagePtr image;  // reads `pixels` and carries the metadata
};

// WebP, TIFF, AVIF or HEIF. Errors as Picture::load() has them, without the path.
Result<VipsPicture> read_with_vips(const std::string& path, PictureFormat format,
                                   int64_t max_pixels);

// An image over `pixels`, which must outlive it, with the metadata of the JPEG or PNG that they
// were read from.
Result<VipsImagePtr> image_with_header(const PixelBuffer& pixels, std::span<const std::byte> file,
                                       PictureFormat format);

}  // namespace vseal::media
