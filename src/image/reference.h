// The oracle of this room: plain loops in double, no SIMD, no threads.
#pragma once

#include <span>
#include <vector>

#include "base/plane.h"
#include "image/blend.h"

namespace vseal::image {

// Luma of the whole frame in 0..1, coded orientation, [height][width].
std::vector<double> reference_luma(const FrameView& frame);

// As resize_luma.
std::vector<double> reference_resize(const FrameView& frame, int width, int height,
                                     Resampling resampling = Resampling::kAntialiased);

// As resize_rgb.
std::vector<double> reference_resize_rgb(const FrameView& frame, int width, int height,
                                         Resampling resampling = Resampling::kAntialiased);

// As heatmap.
std::vector<double> reference_heatmap(std::span<const double> luma, int width, int height,
                                      const HeatmapOptions& options);

// As blend.
void reference_blend(FrameView& frame, const Residual& residual, const BlendOptions& options);

}  // namespace vseal::image
