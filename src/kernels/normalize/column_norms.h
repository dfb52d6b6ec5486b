// Normalisations that scale and shift each channel, on SIMD.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/thread_pool.h"

namespace vseal::kernels {

// Floats of scratch that each function below takes, for any pool.
size_t batch_norm_scratch_floats(int c);
size_t global_response_norm_scratch_floats(int n, int64_t rows_per_picture, int c);

// As reference_batch_norm, to a few roundings. y may be x. Thread-safe.
void batch_norm_f32(const float* x, int64_t rows, int c, const float* gamma, const float* beta,
                    const float* mean, const float* var, float epsilon, float* scratch, float* y,
                    ThreadPool& pool);

// As reference_global_response_norm, in f32: within 1e-5 of it relative to the largest response.
// Reads x twice and writes y once; y may be x. Sums run over fixed blocks of rows, so the bits do
// not depend on the number of threads. Thread-safe.
void global_response_norm_f32(const float* x, int n, int64_t rows_per_picture, int c,
                              const float* gamma, const float* beta, const float* factor,
                              float epsilon, float* scratch, float* y, ThreadPool& pool);

}  // namespace vseal::kernels
