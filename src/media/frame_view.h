// libav's frames as the frame view that the other rooms know.
#pragma once

extern "C" {
#include <libavutil/frame.h>
}

#include "base/plane.h"
#include "base/status.h"

namespace vseal::media {

// Views `frame` without copying. Planar and packed 8 to 16 bit YCbCr, grey and RGB; kUnsupported,
// naming the pixel format, for anything else. An untagged range is limited for YCbCr; an untagged
// matrix is BT.709 from 720 rows on, else BT.601.
Result<FrameView> view_of(const AVFrame& frame, Orientation orientation);

// What a display matrix (nine 16.16 numbers, row vectors) asks for; null is kNormal. Angles that
// are no multiple of 90 degrees are taken as the nearest.
Orientation orientation_of(const int32_t* display_matrix);

}  // namespace vseal::media
