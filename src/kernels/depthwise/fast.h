// Fast f32 depthwise convolution.
#pragma once

#include "base/status.h"
#include "base/thread_pool.h"

namespace vseal::kernels {

// Extents of y[n,oy,ox,c] = bias[c] + sum over ky, kx of x[n, oy+ky-pad, ox+kx-pad, c] *
// weight[ky,kx,c], zeros beyond the borders. Stride 1.
struct DepthwiseShape {
  int n = 1;
  int h = 0;
  int w = 0;
  int c = 0;
  int kh = 1;
  int kw = 1;
  int pad = 0;  // on all four sides

  int out_h() const { return h + 2 * pad - kh + 1; }
  int out_w() const { return w + 2 * pad - kw + 1; }
};

inline constexpr int kMaxDepthwiseKernel = 16;

// Says which extent cannot be: not positive, above 2^20 (n excepted), kernel larger than the padded
// picture or than kMaxDepthwiseKernel.
Status check_depthwise(const DepthwiseShape& shape);

struct DepthwiseArguments {
  const float* x = nullptr;       // [n,h,w,c]
  const float* weight = nullptr;  // [kh,kw,c]
  const float* bias = nullptr;    // [c], or null for zeros
  float* y = nullptr;             // [n,out_h,out_w,c]; must not overlap x
};

// Runs a depthwise convolution of a sound shape on the pool. Allocates nothing, touches no value
// outside of the tensors; the same bits for any number of threads, batch and place. Sums are f32
// (FMA where the machine has it) over ky, kx in order. Thread-safe.
void depthwise_f32(const DepthwiseShape& shape, const DepthwiseArguments& arguments,
                   ThreadPool& pool);

}  // namespace vseal::kernels
