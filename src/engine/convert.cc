#include "engine/convert.h"

namespace vseal::engine {

kernels::Activation to_kernel(graph::Activation activation) {
  switch (activation) {
    case graph::Activation::kNone:
      return kernels::Activation::kNone;
    case graph::Activation::kRelu:
      return kernels::Activation::kRelu;
    case graph::Activation::kTanh:
      return kernels::Activation::kTanh;
    case graph::Activation::kGelu:
      return kernels::Activation::kGelu;
    case graph::Activation::kSilu:
      return kernels::Activation::kSilu;
  }
  return kernels::Activation::kNone;
}

kernels::Conv2dShape conv2d_shape(const graph::Conv2d& op, const graph::Shape& x,
                                  const graph::Shape& weight) {
  const Extents in = extents(x);
  kernels::Conv2dShape shape;
  shape.n = in.n;
  shape.h = in.h;
  shape.w = in.w;
  shape.ic = in.c;
  shape.oc = static_cast<int>(weight[0]);
  shape.kh = static_cast<int>(weight[1]);
  shape.kw = static_cast<int>(weight[2]);
  shape.stride = op.stride;
  shape.pad = op.pad;
  shape.padding =
      op.padding == graph::Padding::kReflect ? kernels::Padding::kReflect : kernels::Padding::kZero;
  return shape;
}

kernels::AttentionShape attention_shape(const graph::WindowAttention& op, const graph::Shape& qkv) {
  const Extents in = extents(qkv);
  return {.n = in.n,
          .h = in.h,
          .w = in.w,
          .heads = op.heads,
          .head_width = in.c / (3 * op.heads),
          .window_h = op.window == 0 ? in.h : op.window,
          .window_w = op.window == 0 ? in.w : op.window};
}

Extents extents(const graph::Shape& shape) {
  Extents e;
  int* const fields[] = {&e.c, &e.w, &e.h, &e.n};
  for (int i = 0; i < shape.rank() && i < 4; ++i) {
    *fields[i] = static_cast<int>(shape[shape.rank() - 1 - i]);
  }
  // A matrix [rows, c] is rows pictures of one pixel.
  if (shape.rank() == 2) std::swap(e.n, e.w);
  return e;
}

}  // namespace vseal::engine
