// Frames down to the square that a network sees.
#pragma once

#include <span>

#include "base/plane.h"
#include "base/status.h"
#include "base/thread_pool.h"
#include "image/resize_filter.h"

namespace vseal::image {

// Luma of `frame`, as displayed, resized to width x height: bilinear, align_corners false. Rows of
// `out` are `width` floats in 0..1: out[y * width + x].
// Luma is 0.299 R + 0.587 G + 0.114 B for kRgb, the luma plane scaled from its range for kYCbCr.
// Only the rows that are being reduced are held: memory is O(frame width). `pool` may be null.
// kInvalidArgument for planes that are not sound or an `out` of another size.
Status resize_luma(const FrameView& frame, int width, int height, std::span<float> out,
                   ThreadPool* pool, Resampling resampling = Resampling::kAntialiased);

// R, G and B of `frame` in the same way, interleaved: out[(y * width + x) * 3 + c].
// kGrey: the same value three times. kYCbCr: each plane is resized on its own (chroma planes span
// the whole picture, as samples at the centre of what they cover do) and the small picture is
// converted by the frame's matrix and range, clamped to 0..1; the frame itself is never converted.
Status resize_rgb(const FrameView& frame, int width, int height, std::span<float> out,
                  ThreadPool* pool, Resampling resampling = Resampling::kAntialiased);

}  // namespace vseal::image
