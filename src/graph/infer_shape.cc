// What each op makes of its inputs' shapes, and what it refuses.
#include <fmt/format.h>

#include "graph/arguments.h"
#include "graph/graph.h"

namespace vseal::graph {
namespace {

// Output extent of a window of `kernel` that moves by `stride` over `extent` + 2 pad.
Result<int64_t> window_extent(int64_t extent, int64_t kernel, int pad, int stride,
                              const Arguments& arguments) {
  if (stride < 1 || pad < 0) {
    return arguments.fault("window", "stride >= 1 and pad >= 0",
                           fmt::format("stride {}, pad {}", stride, pad));
  }
  const int64_t room = extent + 2 * static_cast<int64_t>(pad) - kernel;
  if (room < 0) {
    return arguments.fault("weight", fmt::format("a window of at most {}", extent + 2 * pad),
                           fmt::to_string(kernel));
  }
  return room / stride + 1;
}

// A bias is a vector; of an integer convolution also one for each border class, or a whole map.
Status expect_bias(const Conv2d& conv, const Shape& y, const Arguments& a) {
  const Shape& weight = a.shape(1);
  const Shape& bias = a.shape(2);
  if (a.is_integer()) {
    const bool has_classes = weight[1] == 3 && weight[2] == 3 && conv.stride == 1 &&
                             conv.pad == 1 && conv.padding == Padding::kZero && y[1] >= 2 &&
                             y[2] >= 2;
    if (bias == y || (has_classes && bias == Shape{9, weight[0]})) return {};
  }
  return a.expect_shape(2, "bias", {weight[0]});
}

Result<Shape> infer(const Conv2d& conv, const Arguments& a) {
  VSEAL_RETURN_IF_ERROR(a.expect_count(2 + size_t{conv.has_bias} + size_t{conv.has_residual} +
                                       size_t{a.is_integer()}));
  VSEAL_RETURN_IF_ERROR(a.expect_map(0));
  const Shape& x = a.shape(0);
  const Shape& w = a.shape(1);
  if (w.rank() != 4 || w[3] != x[3]) {
    return a.fault("weight", fmt::format("[oc,kh,kw,{}]", x[3]), w.text());
  }
  VSEAL_RETURN_IF_ERROR(a.expect_constant(1, "weight", w));
  if (conv.padding == Padding::kReflect && (conv.pad >= x[1] || conv.pad >= x[2])) {
    return a.fault("x", fmt::format("more than {} rows and columns to reflect", conv.pad),
                   x.text());
  }
  VSEAL_ASSIGN_OR_RETURN(const int64_t height, window_extent(x[1], w[1], conv.pad, conv.stride, a));
  VSEAL_ASSIGN_OR_RETURN(const int64_t width, window_extent(x[2], w[2], conv.pad, conv.stride, a));
  const Shape y{x[0], height, width, w[0]};
  if (conv.has_bias) VSEAL_RETURN_IF_ERROR(expect_bias(conv, y, a));
  if (conv.has_residual) {
    VSEAL_RETURN_IF_ERROR(a.expect_shape(2 + size_t{conv.has_bias}, "residual", y));
  }
  if (a.is_integer()) VSEAL_RETURN_IF_ERROR(a.expect_weight_scale(w[0]));
  return y;
}

Result<Shape> infer(const DepthwiseConv2d& conv, const Arguments& a) {
  VSEAL_RETURN_IF_ERROR(a.expect_count(2 + size_t{conv.has_bias} + size_t{a.is_integer()}));
  VSEAL_RETURN_IF_ERROR(a.expect_map(0));
  const Shape& x = a.shape(0);
  const Shape& w = a.shape(1);
  if (w.rank() != 3 || w[2] != x[3]) {
    return a.fault("weight", fmt::format("[kh,kw,{}]", x[3]), w.text());
  }
  VSEAL_RETURN_IF_ERROR(a.expect_constant(1, "weight", w));
  if (conv.has_bias) VSEAL_RETURN_IF_ERROR(a.expect_constant(2, "bias", {w[2]}));
  if (a.is_integer()) VSEAL_RETURN_IF_ERROR(a.expect_weight_scale(w[2]));
  VSEAL_ASSIGN_OR_RETURN(const int64_t height, window_extent(x[1], w[0], conv.pad, 1, a));
  VSEAL_ASSIGN_OR_RETURN(const int64_t width, window_extent(x[2], w[1], conv.pad, 1, a));
  return Shape{x[0], height, width, x[3]};
}

Result<Shape> infer(const Linear& linear, const Arguments& a) {
  VSEAL_RETURN_IF_ERROR(a.expect_count(2 + size_t{linear.has_bias} + size_t{a.is_integer()}));
  const Shape& x = a.shape(0);
  const Shape& w = a.shape(1);
  if (x.rank() < 1) return a.fault("x", "[..., in]", x.text());
  std::vector<int64_t> dims(x.dims().begin(), x.dims().end());
  if (w.rank() != 2 || w[1] != dims.back()) {
    return a.fault("weight", fmt::format("[out,{}]", dims.back()), w.text());
  }
  VSEAL_RETURN_IF_ERROR(a.expect_constant(1, "weight", w));
  if (linear.has_bias) VSEAL_RETURN_IF_ERROR(a.expect_constant(2, "bias", {w[0]}));
  if (a.is_integer()) VSEAL_RETURN_IF_ERROR(a.expect_weight_scale(w[0]));
  dims.back() = w[0];
  return Shape(std::move(dims));
}

Result<Shape> infer(const BatchNorm&, const Arguments& a) {
  VSEAL_RETURN_IF_ERROR(a.expect_channel_vectors({"gamma", "beta", "mean", "var"}));
  return a.shape(0);
}

Result<Shape> infer(const LayerNorm&, const Arguments& a) {
  VSEAL_RETURN_IF_ERROR(a.expect_channel_vectors({"gamma", "beta"}));
  return a.shape(0);
}

Result<Shape> infer(const ChannelRmsNorm&, const Arguments& a) {
  VSEAL_RETURN_IF_ERROR(a.expect_channel_vectors({"gamma"}));
  return a.shape(0);
}

Result<Shape> infer(const GlobalResponseNorm& norm, const Arguments& a) {
  VSEAL_RETURN_IF_ERROR(norm.has_factor ? a.expect_channel_vectors({"gamma", "beta", "factor"})
                                        : a.expect_channel_vectors({"gamma", "beta"}));
  VSEAL_RETURN_IF_ERROR(a.expect_map(0));
  return a.shape(0);
}

Result<Shape> infer(const Activate&, const Arguments& a) {
  VSEAL_RETURN_IF_ERROR(a.expect_count(1));
  return a.shape(0);
}

Result<Shape> infer(const Add&, const Arguments& a) {
  VSEAL_RETURN_IF_ERROR(a.expect_count(2));
  if (a.shape(0) != a.shape(1)) return a.fault("b", a.shape(0).text(), a.shape(1).text());
  return a.shape(0);
}

Result<Shape> infer(const Affine&, const Arguments& a) {
  VSEAL_RETURN_IF_ERROR(a.expect_count(1));
  return a.shape(0);
}

Result<Shape> infer(const Concat&, const Arguments& a) {
  if (a.count() == 0) return a.fault("inputs", "one or more", "0");
  int64_t channels = 0;
  const Shape& first = a.shape(0);
  for (size_t i = 0; i < a.count(); ++i) {
    VSEAL_RETURN_IF_ERROR(a.expect_map(i));
    const Shape& x = a.shape(i);
    if (x[0] != first[0] || x[1] != first[1] || x[2] != first[2]) {
      return a.fault(fmt::format("input {}", i),
                     fmt::format("[{},{},{},c]", first[0], first[1], first[2]), x.text());
    }
    if (channels > INT64_MAX - x[3]) return a.fault("inputs", "fewer channels", "an overflow");
    channels += x[3];
  }
  return Shape{first[0], first[1], first[2], channels};
}

Result<Shape> infer(const SpaceToDepth& op, const Arguments& a) {
  VSEAL_RETURN_IF_ERROR(a.expect_one_map());
  const Shape& x = a.shape(0);
  const int64_t b = op.block;
  if (b < 1 || x[1] % b != 0 || x[2] % b != 0) {
    return a.fault("x", fmt::format("height and width divisible by {}", b), x.text());
  }
  return Shape{x[0], x[1] / b, x[2] / b, x[3] * b * b};
}

Result<Shape> infer(const DepthToSpace& op, const Arguments& a) {
  VSEAL_RETURN_IF_ERROR(a.expect_one_map());
  const Shape& x = a.shape(0);
  const int64_t b = op.block;
  if (b < 1 || x[3] % (b * b) != 0) {
    return a.fault("x", fmt::format("channels divisible by {}", b * b), x.text());
  }
  return Shape{x[0], x[1] * b, x[2] * b, x[3] / (b * b)};
}

Result<Shape> infer(const ResizeBilinear& op, const Arguments& a) {
  VSEAL_RETURN_IF_ERROR(a.expect_one_map());
  return Shape{a.shape(0)[0], op.height, op.width, a.shape(0)[3]};
}

Result<Shape> infer(const SpatialMean&, const Arguments& a) {
  VSEAL_RETURN_IF_ERROR(a.expect_one_map());
  return Shape{a.shape(0)[0], a.shape(0)[3]};
}

Result<Shape> infer(const Tile& tile, const Arguments& a) {
  VSEAL_RETURN_IF_ERROR(a.expect_one_map());
  const Shape& x = a.shape(0);
  if (tile.rows < 1 || tile.columns < 1 || x[1] > INT64_MAX / tile.rows ||
      x[2] > INT64_MAX / tile.columns) {
    return a.fault("repeats", "rows and columns of at least 1",
                   fmt::format("{} x {} of {}", tile.rows, tile.columns, x.text()));
  }
  return Shape{x[0], x[1] * tile.rows, x[2] * tile.columns, x[3]};
}

Result<Shape> infer(const FoldMean& fold, const Arguments& a) {
  VSEAL_RETURN_IF_ERROR(a.expect_one_map());
  const Shape& x = a.shape(0);
  if (fold.height < 1 || fold.width < 1 || x[1] % fold.height != 0 || x[2] % fold.width != 0) {
    return a.fault("x", fmt::format("multiples of {} x {}", fold.height, fold.width), x.text());
  }
  return Shape{x[0], fold.height, fold.width, x[3]};
}

Result<Shape> infer(const BorderMap& map, const Arguments& a) {
  VSEAL_RETURN_IF_ERROR(a.expect_count(1));
  const Shape& v = a.shape(0);
  if (v.rank() != 2 || v[0] != 1 || v[1] % 9 != 0) return a.fault("v", "[1,9*c]", v.text());
  if (map.height < 2 || map.width < 2) {
    return a.fault("extents", "at least 2 x 2", fmt::format("{} x {}", map.height, map.width));
  }
  return Shape{1, map.height, map.width, v[1] / 9};
}

Result<Shape> infer(const WindowAttention& attention, const Arguments& a) {
  VSEAL_RETURN_IF_ERROR(a.expect_count(3));
  VSEAL_RETURN_IF_ERROR(a.expect_map(0));
  const Shape& qkv = a.shape(0);
  const int64_t heads = attention.heads;
  if (heads < 1 || qkv[3] % (3 * heads) != 0) {
    return a.fault("qkv", fmt::format("[n,h,w,3*{}*d]", heads), qkv.text());
  }
  const int64_t head_width = qkv[3] / (3 * heads);
  size_t input = 1;
  for (const int64_t extent : {qkv[1], qkv[2]}) {
    const int64_t side = attention.window == 0 ? extent : attention.window;
    if (side < 1 || extent % side != 0) {
      return a.fault("qkv", fmt::format("extents that are multiples of {}", side), qkv.text());
    }
    const Shape table{2 * side - 1, head_width};
    VSEAL_RETURN_IF_ERROR(a.expect_constant(input, input == 1 ? "rel_h" : "rel_w", table));
    ++input;
  }
  return Shape{qkv[0], qkv[1], qkv[2], qkv[3] / 3};
}

Result<Shape> infer(const Reshape& reshape, const Arguments& a) {
  VSEAL_RETURN_IF_ERROR(a.expect_count(1));
  const Result<int64_t> elements = reshape.shape.checked_elements();
  if (!elements.ok() || *elements != a.shape(0).elements()) {
    return a.fault("x", "the elements of " + reshape.shape.text(), a.shape(0).text());
  }
  return reshape.shape;
}

Result<Shape> infer(const Quantize&, const Arguments& a) {
  VSEAL_RETURN_IF_ERROR(a.expect_count(1));
  return a.shape(0);
}

Result<Shape> infer(const Dequantize&, const Arguments& a) {
  VSEAL_RETURN_IF_ERROR(a.expect_count(1));
  return a.shape(0);
}

Result<Shape> infer(const QuantizeBias&, const Arguments& a) {
  VSEAL_RETURN_IF_ERROR(a.expect_channel_vectors({"weight_scale", "offset"}));
  return a.shape(0);
}

}  // namespace

Result<Shape> infer_shape(const Op& op, const std::vector<Tensor>& tensors) {
  const Arguments arguments(op, tensors);
  VSEAL_RETURN_IF_ERROR(arguments.expect_readable());
  VSEAL_ASSIGN_OR_RETURN(
      Shape shape, std::visit([&](const auto& attributes) { return infer(attributes, arguments); },
                              op.attributes));
  const Result<int64_t> elements = shape.checked_elements();
  if (!elements.ok()) return arguments.fault("output", "a sound shape", shape.text());
  return shape;
}

}  // namespace vseal::graph
