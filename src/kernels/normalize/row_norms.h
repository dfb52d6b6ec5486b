// Normalisations of each row by itself, on SIMD.
#pragma once

#include <cstdint>

#include "base/thread_pool.h"

namespace vseal::kernels {

// As reference_layer_norm, in f32 with two passes over a row: within 1e-5 of it relative to
// |gamma| + |beta| for rows whose mean is not far larger than their spread. Thread-safe.
void layer_norm_f32(const float* x, int64_t rows, int c, const float* gamma, const float* beta,
                    float epsilon, float* y, ThreadPool& pool);

// As reference_channel_rms_norm, in f32: within 1e-5 of it relative to |gamma| * sqrt(c) for rows
// whose sum of squares is a normal number or zero. Thread-safe.
void channel_rms_norm_f32(const float* x, int64_t rows, int c, const float* gamma, float* y,
                          ThreadPool& pool);

}  // namespace vseal::kernels
