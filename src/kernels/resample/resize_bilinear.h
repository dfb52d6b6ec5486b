// Bilinear resize on SIMD.
#pragma once

#include "base/thread_pool.h"

namespace vseal::kernels {

// As reference_resize_bilinear, in f32: within 1e-6 of it relative to the largest |x|.
// Parallel over output rows. Thread-safe.
void resize_bilinear_f32(const float* x, int n, int h, int w, int c, int out_h, int out_w, float* y,
                         ThreadPool& pool);

}  // namespace vseal::kernels
