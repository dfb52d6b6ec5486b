// What a picture's encoder chose, which decoders do not tell.
#pragma once

#include <cstddef>
#include <span>

#include "media/picture.h"

namespace vseal::media {

struct PictureProbe {
  int jpeg_quality = 0;        // 1..100 on the IJG scale, 0 when unknown or no JPEG
  bool chroma_halved = false;  // a JPEG whose chroma is smaller than its luma on both axes
  bool lossless_webp = false;
  bool animated = false;  // APNG, animated WebP
};

// Reads headers only; a damaged file gives what was found before the damage.
PictureProbe probe_picture(std::span<const std::byte> file, PictureFormat format);

}  // namespace vseal::media
