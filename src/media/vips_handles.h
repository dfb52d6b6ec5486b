// Owners of libvips objects, and its one-time set-up.
#pragma once

#include <vips/vips.h>

#include <memory>
#include <string>

#include "base/status.h"
#include "media/picture.h"

namespace vseal::media {

struct Unref {
  void operator()(VipsImage* image) const { g_object_unref(image); }
};
using VipsImagePtr = std::unique_ptr<VipsImage, Unref>;

// Loads and starts libvips once for the process: no operation cache, messages to base/log.h.
// Thread-safe.
Status start_vips();

// Starts libvips for a format: HEIF and AVIF need a part of it that lies in a file of its own.
// Thread-safe. Nothing else of libvips or GLib may be called before one of the two.
Status start_vips_for(PictureFormat format);

// What libvips last complained of, on one line; clears it. The buffer belongs to the process, so
// under concurrent failures the text may be another thread's.
std::string take_vips_error();

}  // namespace vseal::media
