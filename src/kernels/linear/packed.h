// Fast f32 linear layer: weights packed once, then any number of runs.
#pragma once

#include <cstdint>
#include <span>

#include "base/aligned_buffer.h"
#include "base/status.h"
#include "base/thread_pool.h"
#include "kernels/activation.h"

namespace vseal::kernels {

// Extents of y[r,o] = act(bias[o] + sum over i of x[r,i] * weight[o,i] + residual[r,o]).
struct LinearShape {
  int rows = 1;
  int in = 0;
  int out = 0;
};

// Says which extent is not positive or makes more than 2^40 values.
Status check_linear(const LinearShape& shape);

// Packs `weight` [out,in] as pack_conv2d packs a 1x1 convolution. Independent of rows.
Result<AlignedBuffer<float>> pack_linear(const LinearShape& shape, std::span<const float> weight);

struct LinearArguments {
  const float* x = nullptr;         // [rows,in]
  const float* packed = nullptr;    // of pack_linear
  const float* bias = nullptr;      // [out], or null for zeros
  const float* residual = nullptr;  // [rows,out], or null; may be y itself
  float* y = nullptr;               // [rows,out]; must not overlap x
  Activation activation = Activation::kNone;
};

// Everything that conv2d_f32 promises holds here: it is the 1x1 convolution of one row of pixels.
void linear_f32(const LinearShape& shape, const LinearArguments& arguments, ThreadPool& pool);

}  // namespace vseal::kernels
