// How far a marked frame is from the original once both are displayed.
#pragma once

#include "base/plane.h"
#include "base/status.h"
#include "base/thread_pool.h"

namespace vseal::image {

// Mean squared error over R, G and B, in 0..1, of two frames as image::compare takes them, once
// displayed. kRgb and kGrey: Quality::mse. kYCbCr: the difference of the planes converted linearly
// by the frame's matrix and range (a chroma sample's to every pixel that it covers), without the
// clamping of a display. Where luma alone differs (both share the memory of their chroma) that is
// luma's, times (255/219)^2 for limited range: 1.32 dB.
Result<double> rgb_squared_error(const FrameView& reference, const FrameView& marked,
                                 ThreadPool* pool);

}  // namespace vseal::image
