// What stands behind Picture.
#pragma once

#include "base/mapped_file.h"
#include "media/picture.h"
#include "media/picture_probe.h"
#include "media/pixel_buffer.h"
#include "media/tiff_tags.h"
#include "media/vips_handles.h"

namespace vseal::media {

struct Picture::State {
  PixelBuffer pixels;
  FrameView view;
  PictureFormat format = PictureFormat::kPng;
  PictureProbe probe;
  // Where the metadata is: in the file itself (JPEG and PNG), or in an image over `pixels` (the
  // others). Neither in a picture without metadata.
  MappedFile file;
  VipsImagePtr image;
  TiffTags tiff_tags;  // of a TIFF
};

// The formats that are read and written without libvips.
constexpr bool is_direct(PictureFormat format) {
  return format == PictureFormat::kJpeg || format == PictureFormat::kPng;
}

}  // namespace vseal::media
