// Moving values fast: whole runs at a time, rows shared by the threads of a pool.
#pragma once

#include <cstdint>
#include <span>

#include "base/thread_pool.h"
#include "kernels/rearrange/contract.h"

namespace vseal::kernels {

// Each gives exactly the values of the reference function of its name (contract.h). Runs of
// neighbouring values are copied whole; there is no arithmetic, hence nothing for SIMD but the
// copies themselves. Thread-safe.
void space_to_depth_f32(const float* x, int n, int h, int w, int c, int block, float* y,
                        ThreadPool& pool);
void depth_to_space_f32(const float* x, int n, int h, int w, int c, int block, float* y,
                        ThreadPool& pool);
void concat_f32(std::span<const ConcatInput> inputs, int64_t pixels, float* y, ThreadPool& pool);
void tile_f32(const float* x, int n, int h, int w, int c, int rows, int columns, float* y,
              ThreadPool& pool);
void border_map_f32(const float* v, int h, int w, int c, float* y, ThreadPool& pool);

}  // namespace vseal::kernels
