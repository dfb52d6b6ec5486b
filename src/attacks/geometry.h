// Maps from output pixels to input pixels, for media::warp().
#pragma once

#include <array>

#include "media/raster_edit.h"

namespace vseal::attacks {

struct Corner {
  double x = 0;
  double y = 0;
};
using Corners = std::array<Corner, 4>;

// The picture, of width x height, turned counter-clockwise about its centre and enlarged by
// `scale`.
media::Homography turn_about_centre(int width, int height, double degrees, double scale);

// The homography that takes from[i] to to[i] for all i. No three corners of `from` lie in a line.
media::Homography homography(const Corners& from, const Corners& to);

}  // namespace vseal::attacks
