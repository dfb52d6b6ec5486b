#include "formats/lowering/lower.h"

#include <fmt/format.h>

#include <cmath>

#include "graph/constant.h"
#include "graph/passes.h"

namespace vseal::formats {
namespace {

using graph::Activation;
using graph::Shape;
using graph::Tensor;
using Id = Target::Id;

// The visitor of one op: an overload for each kind. Values are looked up by tensor.
class OpLowering {
 public:
  OpLowering(const graph::Op& op, const graph::Graph& graph, const std::vector<Id>& values,
             Target& target)
      : op_(op), graph_(graph), values_(values), target_(target), name_(op.name) {}

  // The last of convolution, bias and sum takes the ReLU and, unless another activation follows,
  // the op's name. A bias that is computed from the message is added: phones' convolutions want
  // constants.
  Id operator()(const graph::Conv2d& conv) const {
    const bool bias_is_computed = conv.has_bias && !tensor(2).is_constant();
    const Tensor* bias = conv.has_bias && !bias_is_computed ? &tensor(2) : nullptr;
    const bool reflects = conv.padding == graph::Padding::kReflect;
    const bool relu = conv.activation == Activation::kRelu;
    const std::string last = bare(conv.activation) ? name_ : name_ + ".linear";
    const bool sums = bias_is_computed || conv.has_residual;
    const auto products = [&](const std::string& name, Id in) {
      return target_.conv2d(name, in, tensor(1), bias, {reflects ? 0 : conv.pad, conv.stride},
                            relu && !sums, is_exact(op_, graph_));
    };
    const std::string linear = sums ? name_ + ".conv" : last;
    const graph::Op* tiles = tile_of(op_, graph_);
    Id y = tiles != nullptr
               ? conv_of_tiles(target_, linear, values_[static_cast<size_t>(tiles->inputs[0])],
                               *tiles->as<graph::Tile>(), conv.pad, products)
               : products(linear, reflects ? reflect(target_, name_, x(0), conv.pad) : x(0));
    if (bias_is_computed) {
      y = target_.binary(conv.has_residual ? name_ + ".biased" : last, Target::Binary::kAdd, y,
                         x(2), relu && !conv.has_residual);
    }
    if (conv.has_residual) {
      y = target_.binary(last, Target::Binary::kAdd, y, operand(op_.inputs.size() - 1), relu);
    }
    return relu ? y : activated(y, conv.activation);
  }
  Id operator()(const graph::DepthwiseConv2d& conv) const {
    return target_.depthwise(name_, x(0), tensor(1), conv.has_bias ? &tensor(2) : nullptr,
                             conv.pad);
  }
  Id operator()(const graph::Linear& linear) const {
    const bool relu = linear.activation == Activation::kRelu;
    const Id y =
        target_.linear(bare(linear.activation) ? name_ : name_ + ".linear", x(0), tensor(1),
                       linear.has_bias ? &tensor(2) : nullptr, relu, is_exact(op_, graph_));
    return relu ? y : activated(y, linear.activation);
  }
  // One that no convolution could take in.
  Id operator()(const graph::BatchNorm& norm) const {
    std::vector<graph::F32Values> values;
    for (size_t i = 1; i < 5; ++i) {
      auto read = graph::f32_values(tensor(i));
      if (!read.ok()) return failed(read.status());
      values.push_back(*std::move(read));
    }
    std::vector<float> scale, offset;
    for (size_t c = 0; c < values[0].size(); ++c) {
      const double s = values[0][c] / std::sqrt(double{values[3][c]} + norm.epsilon);
      scale.push_back(static_cast<float>(s));
      offset.push_back(static_cast<float>(values[1][c] - values[2][c] * s));
    }
    const Shape& shape = tensor(1).shape;
    const Id factor = target_.constant(name_ + ".scale", shape, std::move(scale));
    const Id scaled = target_.binary(name_ + ".scaled", Target::Binary::kMul, x(0), factor);
    const Id shift = target_.constant(name_ + ".offset", shape, std::move(offset));
    return target_.binary(name_, Target::Binary::kAdd, scaled, shift);
  }
  Id operator()(const graph::LayerNorm& norm) const {
    return target_.layer_norm(name_, x(0), tensor(1), tensor(2), norm.epsilon);
  }
  Id operator()(const graph::ChannelRmsNorm&) const {
    const Shape shape = target_.shape(x(0));
    const int last = shape.rank() - 1;
    const Id squares = target_.binary(name_ + ".squares", Target::Binary::kMul, x(0), x(0));
    const Id sum = target_.reduce(name_ + ".sum", Target::Reduction::kSum, squares, {last});
    const Id norm = target_.unary(name_ + ".norm", Target::Unary::kSqrt, sum);
    const Id bounded =
        target_.binary(name_ + ".bounded", Target::Binary::kMax, norm, number("floor", 1e-12f));
    const Id unit = target_.binary(name_ + ".unit", Target::Binary::kDiv, x(0), bounded);
    auto gamma = graph::f32_values(tensor(1));
    if (!gamma.ok()) return failed(gamma.status());
    std::vector<float> scaled;
    const double root = std::sqrt(static_cast<double>(shape[last]));
    for (const float g : gamma->span()) scaled.push_back(static_cast<float>(g * root));
    return target_.binary(name_, Target::Binary::kMul, unit,
                          target_.constant(name_ + ".gamma", tensor(1).shape, std::move(scaled)));
  }
  // (x * (1 + gamma * g / (mean(g) + epsilon)) + beta) * factor, the factor applied to what does
  // not have the size of the map: two passes over it in place of three.
  Id operator()(const graph::GlobalResponseNorm& norm) const {
    using Binary = Target::Binary;
    const Id squares = target_.binary(name_ + ".squares", Binary::kMul, x(0), x(0));
    const Id sum = target_.reduce(name_ + ".sum", Target::Reduction::kSum, squares, {1, 2});
    const Id g = target_.unary(name_ + ".g", Target::Unary::kSqrt, sum);
    const Id mean = target_.reduce(name_ + ".mean", Target::Reduction::kMean, g, {3});
    const Id bounded =
        target_.binary(name_ + ".bounded", Binary::kAdd, mean, number("epsilon", norm.epsilon));
    const Id share = target_.binary(name_ + ".share", Binary::kDiv, g, bounded);
    const Id gained =
        target_.binary(name_ + ".gained", Binary::kMul, share, target_.parameter(tensor(1)));
    Id gain = target_.binary(name_ + ".gain", Binary::kAdd, gained, number("one", 1.0f));
    Id beta = target_.parameter(tensor(2));
    if (norm.has_factor) {
      const Id factor = target_.parameter(tensor(3));
      gain = target_.binary(name_ + ".gain_factor", Binary::kMul, gain, factor);
      beta = target_.binary(name_ + ".beta_factor", Binary::kMul, beta, factor);
    }
    const Id scaled = target_.binary(name_ + ".scaled", Binary::kMul, x(0), gain);
    return target_.binary(name_, Binary::kAdd, scaled, beta);
  }
  Id operator()(const graph::Activate& a) const { return activated(x(0), a.activation); }
  Id operator()(const graph::Add&) const {
    return target_.binary(name_, Target::Binary::kAdd, operand(0), operand(1));
  }
  Id operator()(const graph::Affine& affine) const {
    const Id scaled = target_.binary(name_ + ".scaled", Target::Binary::kMul, x(0),
                                     number("scale", affine.scale));
    return target_.binary(name_, Target::Binary::kAdd, scaled, number("offset", affine.offset));
  }
  Id operator()(const graph::Concat&) const {
    std::vector<Id> parts;
    for (size_t i = 0; i < op_.inputs.size(); ++i) parts.push_back(x(i));
    return target_.concat(name_, parts, 3);
  }
  // Formats order the channels that they make pixel by pixel, PyTorch channel by channel: of one
  // channel that is the same.
  Id operator()(const graph::SpaceToDepth& op) const {
    const Shape in = target_.shape(x(0));
    if (in[3] == 1) return target_.space_to_depth(name_, x(0), op.block);
    const int64_t b = op.block, c = in[3];
    const Id cells =
        target_.reshape(name_ + ".cells", x(0), {in[0] * in[1] / b, b, in[2] / b, b, c});
    const Id moved = target_.transpose(name_ + ".moved", cells, {0, 2, 4, 1, 3});
    return target_.reshape(name_, moved, {in[0], in[1] / b, in[2] / b, c * b * b});
  }
  Id operator()(const graph::DepthToSpace& op) const {
    const Shape in = target_.shape(x(0));
    const int64_t b = op.block, c = in[3] / (b * b);
    if (c == 1) return target_.depth_to_space(name_, x(0), op.block);
    const Id cells = target_.reshape(name_ + ".cells", x(0), {in[0] * in[1], in[2], c, b, b});
    const Id moved = target_.transpose(name_ + ".moved", cells, {0, 3, 1, 4, 2});
    return target_.reshape(name_, moved, {in[0], in[1] * b, in[2] * b, c});
  }
  Id operator()(const graph::ResizeBilinear& op) const {
    return target_.resize_bilinear(name_, x(0), op.height, op.width);
  }
  Id operator()(const graph::SpatialMean&) const {
    const Id mean = target_.reduce(name_ + ".mean", Target::Reduction::kMean, x(0), {1, 2});
    return target_.reshape(name_, mean, graph_.tensor(op_.output).shape);
  }
  Id operator()(const graph::Tile& tile) const {
    const Id wide = repeat(target_, name_ + ".columns", x(0), 2, tile.columns);
    return repeat(target_, name_, wide, 1, tile.rows);
  }
  // Of rows and columns at once: no rank above 4. (OpenVINO 2026.4 gets two means in a row of
  // integers wrong.)
  Id operator()(const graph::FoldMean& fold) const {
    const Shape in = target_.shape(x(0));
    if (in[0] != 1) return failed(unsupported("[lower] fold_mean: expected a batch of 1"));
    const int64_t h = fold.height, w = fold.width, c = in[3];
    Id y = target_.reshape(name_ + ".tiles", x(0), {in[1] / h, h, in[2] / w, w * c});
    y = target_.reduce(name_ + ".mean", Target::Reduction::kMean, y, {0, 2});
    return target_.reshape(name_, y, {1, h, w, c});
  }
  Id operator()(const graph::BorderMap& map) const {
    return spread_borders(target_, name_, x(0), map.height, map.width);
  }
  Id operator()(const graph::WindowAttention&) const {
    return lower_attention(target_, op_, x(0), tensor(1), tensor(2));
  }
  Id operator()(const graph::Reshape& reshape) const {
    return target_.reshape(name_, x(0), reshape.shape);
  }
  // lower_integer_op's.
  Id operator()(const graph::Quantize&) const { return x(0); }
  Id operator()(const graph::Dequantize&) const { return x(0); }
  Id operator()(const graph::QuantizeBias&) const { return x(0); }

 private:
  const Tensor& tensor(size_t i) const { return graph_.tensor(op_.inputs[i]); }
  Id x(size_t i) const { return values_[static_cast<size_t>(op_.inputs[i])]; }
  Id operand(size_t i) const {
    return tensor(i).is_constant() ? target_.parameter(tensor(i)) : x(i);
  }
  Id failed(Status status) const {
    target_.fail(std::move(status));
    return 0;
  }
  Id number(const char* what, float value) const {
    return target_.constant(name_ + "." + what, {1}, {value});
  }

  // Whether an activation is part of the op before it, or none.
  static bool bare(Activation activation) {
    return activation == Activation::kNone || activation == Activation::kRelu;
  }

  Id activated(Id y, Activation activation) const {
    switch (activation) {
      case Activation::kNone:
        return y;
      case Activation::kRelu:
        return target_.unary(name_, Target::Unary::kRelu, y);
      case Activation::kTanh:
        return target_.unary(name_, Target::Unary::kTanh, y);
      case Activation::kGelu:
        return target_.unary(name_, Target::Unary::kGelu, y);
      case Activation::kSilu:
        return target_.binary(name_, Target::Binary::kMul, y,
                              target_.unary(name_ + ".gate", Target::Unary::kSigmoid, y));
    }
    return y;
  }

  const graph::Op& op_;
  const graph::Graph& graph_;
  const std::vector<Id>& values_;
  Target& target_;
  const std::string& name_;
};

// The three values of an axis as its first, its inner ones and its last.
Id spread(Target& target, const std::string& name, Id v, int axis, int64_t extent) {
  const auto part = [&](const char* which, int64_t i) {
    return target.slice(name + which, v, axis, i, i + 1);
  };
  if (extent == 2) return target.concat(name, {part(".first", 0), part(".last", 2)}, axis);
  const Id inner = repeat(target, name + ".inside", part(".inner", 1), axis, extent - 2);
  return target.concat(name, {part(".first", 0), inner, part(".last", 2)}, axis);
}

// What an app hands over for a picture of 0..1, and gets for a residual of -1..1.
graph::ValueType stored_picture(PictureValues values, bool residual) {
  if (values == PictureValues::kF32) return {};
  const float scale = residual ? 1.0f / 128 : 1.0f / 255;
  const int32_t lowest = residual ? 128 : 0;  // what stands for 0, of u8
  if (values == PictureValues::kU8) return {graph::DType::kU8, scale, lowest};
  return {graph::DType::kI8, scale, lowest - 128};
}

bool touches_integers(const graph::Op& op, const graph::Graph& graph) {
  return op.type.dtype != graph::DType::kF32 ||
         graph.tensor(op.inputs[0]).dtype == graph::DType::kI8;
}

}  // namespace

const Shape& Target::any_shape() {
  static const Shape kOnes{1, 1, 1, 1, 1, 1};
  return kOnes;
}

Result<Shape> broadcast_shape(const Shape& a, const Shape& b) {
  std::vector<int64_t> dims(static_cast<size_t>(std::max(a.rank(), b.rank())), 1);
  const auto extent = [&](const Shape& s, size_t i) {
    const int at = static_cast<int>(i) - (static_cast<int>(dims.size()) - s.rank());
    return at < 0 ? 1 : s[at];
  };
  for (size_t i = 0; i < dims.size(); ++i) {
    const int64_t of_a = extent(a, i), of_b = extent(b, i);
    if (of_a != of_b && of_a != 1 && of_b != 1) {
      return invalid_argument(
          fmt::format("[lower] shapes: expected ones that meet, got {}, {}", a.text(), b.text()));
    }
    dims[i] = std::max(of_a, of_b);
  }
  return Shape(std::move(dims));
}

Id extend(Target& target, const std::string& name, Id x, int axis,
          const std::vector<int64_t>& before, const std::vector<int64_t>& behind) {
  std::vector<Id> parts;
  const auto add = [&](int64_t i) {
    parts.push_back(target.slice(fmt::format("{}.{}", name, parts.size()), x, axis, i, i + 1));
  };
  for (const int64_t i : before) add(i);
  parts.push_back(x);
  for (const int64_t i : behind) add(i);
  return target.concat(name, parts, axis);
}

Id reflect(Target& target, const std::string& name, Id x, int64_t pad) {
  for (int axis = 1; pad > 0 && axis <= 2; ++axis) {
    const int64_t last = target.shape(x)[axis] - 1;
    std::vector<int64_t> before, behind;
    for (int64_t i = pad; i > 0; --i) before.push_back(i);
    for (int64_t i = 1; i <= pad; ++i) behind.push_back(last - i);
    x = extend(target, name + (axis == 1 ? ".rows" : ".columns"), x, axis, before, behind);
  }
  return x;
}

Id spread_borders(Target& target, const std::string& name, Id x, int height, int width) {
  const int64_t c = target.shape(x).elements() / 9;
  const Id nine = target.reshape(name + ".nine", x, {1, 3, 3, c});
  const Id rows = spread(target, name + ".rows", nine, 1, height);
  return spread(target, name, rows, 2, width);
}

Id repeat(Target& target, const std::string& name, Id x, int axis, int64_t count) {
  constexpr int64_t kMostParts = 5;  // that XNNPACK takes in one concatenation
  if (count == 1) return x;
  if (count <= kMostParts) {
    return target.concat(name, std::vector<Id>(static_cast<size_t>(count), x), axis);
  }
  const int64_t whole = count % kMostParts == 0 ? kMostParts : kMostParts - 1;
  const Id run = repeat(target, name + ".run", x, axis, count / whole);
  std::vector<Id> parts(static_cast<size_t>(whole), run);
  if (count % whole != 0) {
    parts.push_back(repeat(target, name + ".rest", x, axis, count % whole));
  }
  return target.concat(name, parts, axis);
}

Id lower_float_op(const graph::Op& op, const graph::Graph& graph, const std::vector<Id>& values,
                  Target& target) {
  return std::visit(OpLowering(op, graph, values, target), op.attributes);
}

Status lower(const graph::Graph& graph, const std::optional<ChangeSettings>& change,
             PictureValues pictures, Target& target) {
  VSEAL_ASSIGN_OR_RETURN(const graph::Graph folded, graph::fold_batch_norm(graph));
  VSEAL_ASSIGN_OR_RETURN(const graph::Graph fused, graph::fuse_epilogues(folded));
  std::vector<Id> values(fused.tensors().size(), 0);
  for (const graph::TensorId id : fused.inputs()) {
    const Tensor& tensor = fused.tensor(id);
    const bool picture = tensor.shape.rank() == 4;
    const graph::ValueType type = picture ? stored_picture(pictures, false) : graph::ValueType();
    Id x = target.input(tensor.name, tensor.shape, type);
    if (type.dtype != graph::DType::kF32) x = target.dequantize(tensor.name + ".f32", x);
    values[static_cast<size_t>(id)] = x;
  }
  for (const graph::Op& op : fused.ops()) {
    if (is_seen_as_tile_alone(op, fused)) continue;
    const auto lower_op = touches_integers(op, fused) ? lower_integer_op : lower_float_op;
    const Id y = lower_op(op, fused, values, target);
    VSEAL_RETURN_IF_ERROR(target.status());
    const Shape& expected = fused.tensor(op.output).shape;
    if (target.shape(y) != expected) {
      return internal_error(fmt::format("[lower {}] shape: expected {}, got {}", op.name,
                                        expected.text(), target.shape(y).text()));
    }
    values[static_cast<size_t>(op.output)] = y;
  }
  const auto value = [&](graph::TensorId id) { return values[static_cast<size_t>(id)]; };
  if (change.has_value()) {
    target.output("delta",
                  lower_change(target, *change, value(fused.inputs().front()),
                               value(fused.outputs().front())),
                  {});
    return target.status();
  }
  for (const graph::TensorId id : fused.outputs()) {
    const Tensor& tensor = fused.tensor(id);
    const bool residual = tensor.shape.rank() == 4;
    target.output(tensor.name, value(id),
                  residual ? stored_picture(pictures, true) : graph::ValueType());
  }
  return target.status();
}

}  // namespace vseal::formats
