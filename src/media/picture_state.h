// What stands behind Picture.
#pragma once

#include <memory>

#include "media/picture.h"
#include "media/picture_probe.h"
#include "media/tiff_tags.h"
#include "media/vips_handles.h"

namespace vseal::media {

struct FreePixels {
  void operator()(void* pixels) const { g_free(pixels); }
};

struct Picture::State {
  std::unique_ptr<void, FreePixels> pixels;
  size_t size_bytes = 0;
  // Reads `pixels` and carries the metadata; null in a picture without metadata.
  VipsImagePtr image;
  FrameView view;
  PictureFormat format = PictureFormat::kPng;
  PictureProbe probe;
  TiffTags tiff_tags;  // of a TIFF
  int bands = 0;
};

}  // namespace vseal::media
