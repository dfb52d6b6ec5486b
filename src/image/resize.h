// Frames down to the square that a network sees.
#pragma once

#include <span>

#include "base/plane.h"
#include "base/status.h"
#include "base/thread_pool.h"

namespace vseal::image {

// Luma of `frame`, as displayed, resized to width x height: bilinear, align_corners false,
// antialiased (a triangle filter as wide as the reduction, as PyTorch's interpolate with
// antialias=True). Rows of `out` are `width` floats in 0..1: out[y * width + x].
// Luma is 0.299 R + 0.587 G + 0.114 B for kRgb, the luma plane scaled from its range for kYCbCr.
// Only the rows that are being reduced are held: memory is O(frame width). `pool` may be null.
Status resize_luma(const FrameView& frame, int width, int height, std::span<float> out,
                   ThreadPool* pool);

}  // namespace vseal::image
