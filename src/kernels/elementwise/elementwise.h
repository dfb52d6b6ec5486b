// The same functions on SIMD.
#pragma once

#include <cstdint>

#include "base/thread_pool.h"
#include "kernels/activation.h"

namespace vseal::kernels {

// As reference_activate within 4 units of 2^-23 (activations-inl.h). Thread-safe.
void activate_f32(const float* x, int64_t count, Activation activation, float* y, ThreadPool& pool);
// Exactly reference_add. Thread-safe.
void add_f32(const float* a, const float* b, int64_t count, float* y, ThreadPool& pool);
// x * scale + offset in one rounding where the machine has FMA, two elsewhere. Thread-safe.
void affine_f32(const float* x, int64_t count, float scale, float offset, float* y,
                ThreadPool& pool);

}  // namespace vseal::kernels
