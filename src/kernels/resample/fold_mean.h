// Means over positions on SIMD.
#pragma once

#include "base/thread_pool.h"

namespace vseal::kernels {

// As reference_fold_mean, summed in f32 over rows and then columns: within 1e-6 of it relative to
// the largest |x| for up to a few thousand terms. reference_spatial_mean is the case of a 1 x 1
// tile. Parallel over the tile's positions. Thread-safe.
void fold_mean_f32(const float* x, int n, int h, int w, int c, int tile_h, int tile_w, float* y,
                   ThreadPool& pool);

}  // namespace vseal::kernels
