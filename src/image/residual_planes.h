// A residual of one or three channels made ready for the planes of a frame.
#pragma once

#include <vector>

#include "base/plane.h"
#include "base/status.h"
#include "base/thread_pool.h"
#include "image/blend.h"
#include "image/residual_rows.h"

namespace vseal::image {

// What blend() adds, but for the heat map at full size: strength, ranges and a heat map at the
// residual's size are multiplied in. Immutable.
struct ResidualPlanes {
  // One for luma, grey or all of R, G and B; or three for R, G and B.
  std::vector<StretchedResidual> main;
  // None, or two for Cb and Cr at their planes' size.
  std::vector<StretchedResidual> chroma;
};

// kInvalidArgument as blend() says; the frame has passed check_frame.
Result<ResidualPlanes> prepare_residual(const FrameView& frame, const Residual& residual,
                                        const BlendOptions& options, ThreadPool* pool);

}  // namespace vseal::image
