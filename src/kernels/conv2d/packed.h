// Fast f32 convolution: weights packed once, then any number of runs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/aligned_buffer.h"
#include "base/status.h"
#include "base/thread_pool.h"
#include "kernels/activation.h"
#include "kernels/scratch_slots.h"

namespace vseal::kernels {

enum class Padding {
  kZero,
  kReflect,  // the border itself is not repeated; needs pad < h and pad < w
};

// Extents of y[n,oy,ox,o] = act(bias[o] + sum over ky, kx, i of
//   x[n, oy*stride+ky-pad, ox*stride+kx-pad, i] * weight[o,ky,kx,i] + residual[n,oy,ox,o]).
struct Conv2dShape {
  int n = 1;
  int h = 0;
  int w = 0;
  int ic = 0;
  int oc = 0;
  int kh = 1;
  int kw = 1;
  int stride = 1;
  int pad = 0;  // on all four sides
  Padding padding = Padding::kZero;

  int out_h() const { return (h + 2 * pad - kh) / stride + 1; }
  int out_w() const { return (w + 2 * pad - kw) / stride + 1; }
};

// The largest kernel is 16 x 16.
inline constexpr int kMaxConv2dTaps = 256;

// Says which extent cannot be: not positive, kernel larger than the padded picture or than
// kMaxConv2dTaps, reflection wider than the picture, or more than 2^40 values in a tensor.
Status check_conv2d(const Conv2dShape& shape);

// Packs `weight` [oc,kh,kw,ic]. The layout ([block of 16 oc][ky][kx][ic][16], oc filled up with
// zeros) suits every instruction set and depends on ic, oc, kh and kw alone. Fails as
// check_conv2d, when the weights are of another size, or without memory.
Result<AlignedBuffer<float>> pack_conv2d(const Conv2dShape& shape, std::span<const float> weight);

struct Conv2dArguments {
  const float* x = nullptr;         // [n,h,w,ic]
  const float* packed = nullptr;    // of pack_conv2d
  const float* bias = nullptr;      // [oc], or null for zeros
  const float* residual = nullptr;  // [n,out_h,out_w,oc], or null; may be y itself
  float* y = nullptr;               // [n,out_h,out_w,oc]; must not overlap x
  // Elements from one pixel to the next, for channel slices of a wider tensor; 0 when dense.
  int64_t x_stride = 0;
  int64_t residual_stride = 0;
  int64_t y_stride = 0;
  Activation activation = Activation::kNone;
  // conv2d_scratch_floats() values at a 64-byte boundary for this run alone, or null: conv2d_f32
  // then takes the direct sum everywhere.
  float* scratch = nullptr;
};

// Floats of scratch with which conv2d_f32 is fastest on a pool of up to `threads` threads; 0 where
// none helps.
size_t conv2d_scratch_floats(const Conv2dShape& shape, int threads);

// Runs a convolution of a sound shape on the pool. Allocates nothing, reads and writes no value
// outside of the tensors. A result's bits depend on its inputs, the shape, the instruction set and
// whether there is scratch, not on the number of threads. Sums are f32 (FMA where the machine has
// it), within 1e-5 of the sum of the terms' magnitudes (kernels.inc); see activations-inl.h for the
// activations' accuracy. Thread-safe.
void conv2d_f32(const Conv2dShape& shape, const Conv2dArguments& arguments, ThreadPool& pool);

// The two ways to do it, as kernels.inc lists them. The direct sum takes every shape and needs no
// scratch.
void conv2d_f32_direct(const Conv2dShape& shape, const Conv2dArguments& arguments,
                       ThreadPool& pool);

inline bool is_any_shape(const Conv2dShape&) { return true; }
inline size_t no_scratch(const Conv2dShape&, int) { return 0; }

// Winograd's F(4x4, 3x3): 3x3 with stride 1 only, always with scratch. Rounding errors are about
// twice those of the direct sum.
void conv2d_f32_winograd(const Conv2dShape& shape, const Conv2dArguments& arguments,
                         ThreadPool& pool);
bool is_winograd_shape(const Conv2dShape& shape);
size_t conv2d_winograd_scratch_floats(const Conv2dShape& shape, int threads);
// Pools with more threads than this share scratch.
inline constexpr int kMaxConv2dThreads = kMaxScratchSlots;

}  // namespace vseal::kernels
