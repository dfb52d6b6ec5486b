// What lies beside the pixels of JPEG and PNG files, and how one becomes the other's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/plane.h"
#include "media/picture.h"
#include "media/picture_parts.h"

namespace vseal::media {

// As in a JFIF header.
struct JpegDensity {
  int unit = 0;  // 0 a ratio, 1 dots per inch, 2 per centimetre
  int x = 1;
  int y = 1;
};

// What a written file gets beside the pixels. Parts view into the source file, or into `made`.
struct JpegMetadata {
  JpegDensity density;
  std::vector<FilePart> segments;
  std::vector<std::vector<std::byte>> made;
};
struct PngMetadata {
  std::vector<FilePart> chunks;
  std::vector<std::vector<std::byte>> made;
};

// Of a JPEG or PNG file, which must outlive the result. From the same format: every APPn segment
// and comment, and every chunk, as they stand, except what describes bytes that are not kept:
// JFIF's and Adobe's headers (the encoder writes them), lists of further pictures (MPF), signed
// manifests (JUMBF); and of PNG what PNG's rules forbid to copy, palettes, and sBIT or bKGD of
// another kind of pixels. From the other format: ICC profile, EXIF, XMP and resolution.
JpegMetadata metadata_for_jpeg(std::span<const std::byte> file, PictureFormat format);
PngMetadata metadata_for_png(std::span<const std::byte> file, PictureFormat format);

// By the EXIF block; kNormal where there is none.
Orientation exif_orientation(std::span<const std::byte> file, PictureFormat format);

}  // namespace vseal::media
