// What a TIFF says about its picture and libvips does not carry over.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/status.h"

namespace vseal::media {

// One entry of a directory; the value's numbers are little-endian.
struct TiffEntry {
  uint16_t tag = 0;
  uint16_t type = 0;   // 1..12 of TIFF 6.0
  uint32_t count = 0;  // of numbers, or of characters
  std::vector<std::byte> value;
};

// Who made the picture, when and with what, and the directories that EXIF adds.
struct TiffTags {
  std::vector<TiffEntry> main, exif, gps;

  bool empty() const { return main.empty() && exif.empty() && gps.empty(); }
};

// Of the first picture of a TIFF of either byte order. Entries that lie outside the file or are
// larger than 16 MB are left out, as are directories of other makers; BigTIFF has none.
TiffTags read_tiff_tags(std::span<const std::byte> file);

// What an EXIF block says about how to show a picture.
struct ExifDisplay {
  int orientation = 1;     // 1..8
  double x_per_metre = 0;  // dots; 0 when unknown
  double y_per_metre = 0;
};

// `exif` is a TIFF without a picture.
ExifDisplay read_exif_display(std::span<const std::byte> exif);

// Adds tags to the first directory of the TIFF at `path`, whose own entries stay as they are. kIo
// when it is no little-endian TIFF below 4 GB, or cannot be written.
Status add_tiff_tags(const TiffTags& tags, const std::string& path);

}  // namespace vseal::media
