// From graph ops to the shapes of kernels.
#pragma once

#include "graph/graph.h"
#include "kernels/activation.h"
#include "kernels/attention/contract.h"
#include "kernels/conv2d/packed.h"

namespace vseal::engine {

kernels::Activation to_kernel(graph::Activation activation);

// `x` and `weight` are the op's inputs, [n,h,w,c] and [oc,kh,kw,ic].
kernels::Conv2dShape conv2d_shape(const graph::Conv2d& op, const graph::Shape& x,
                                  const graph::Shape& weight);

// `qkv` is the op's first input.
kernels::AttentionShape attention_shape(const graph::WindowAttention& op, const graph::Shape& qkv);

// Extents of an activation [n,h,w,c] as the ints that kernels take. Lower ranks are [1,..,c].
struct Extents {
  int n = 1, h = 1, w = 1, c = 1;
  int64_t pixels() const { return static_cast<int64_t>(n) * h * w; }
};
Extents extents(const graph::Shape& shape);

}  // namespace vseal::engine
