// Ops on integers: rounded where our engine rounds, in f32 between.
#include <fmt/format.h>

#include <algorithm>
#include <variant>

#include "formats/lowering/lower.h"
#include "formats/lowering/stored.h"
#include "graph/constant.h"

namespace vseal::formats {
namespace {

using graph::Activation;
using graph::DType;
using graph::kNoTensor;
using graph::Tensor;
using graph::TensorId;
using graph::ValueType;
using Id = Target::Id;

// The visitor of one op: an overload for each kind that is not an island of f32.
class IntegerLowering {
 public:
  IntegerLowering(const graph::Op& op, const graph::Graph& graph, const std::vector<Id>& values,
                  Target& target)
      : op_(op), graph_(graph), values_(values), target_(target), name_(op.name) {}

  Id operator()(const graph::Conv2d& conv) const {
    const bool reflects = conv.padding == graph::Padding::kReflect;
    const Id x = reflects ? reflect(target_, name_, value(0), conv.pad) : value(0);
    return weighted(x, {reflects ? 0 : conv.pad, conv.stride}, conv.activation, name_);
  }
  // As a 1x1 convolution of a map.
  Id operator()(const graph::Linear& linear) const {
    const graph::Shape in = target_.shape(value(0));
    if (in.rank() == 4) return weighted(value(0), {}, linear.activation, name_);
    const int64_t width = in[in.rank() - 1];
    const Id map = target_.reshape(name_ + ".map", value(0), {in.elements() / width, 1, 1, width});
    const Id y = weighted(map, {}, linear.activation, name_ + ".pixels");
    return target_.reshape(name_, y, graph_.tensor(op_.output).shape);
  }
  // In f32: kernels for integers have no windows as large as 7x7, and bands of them would be
  // rounded one by one. The filter stays whole numbers, which halves hold as well.
  Id operator()(const graph::DepthwiseConv2d& conv) const {
    const graph::WeightedInputs in = graph::weighted_inputs(op_);
    const Tensor filter = as_floats(graph_.tensor(in.weight));
    Tensor bias;
    if (in.bias != kNoTensor) bias = as_floats(graph_.tensor(in.bias), tensor(0).scale);
    const Id sum = target_.depthwise(name_ + ".units", value(0), filter,
                                     in.bias == kNoTensor ? nullptr : &bias, conv.pad);
    const bool to_f32 = op_.type.dtype == DType::kF32;
    return rounded(target_.binary(to_f32 ? name_ : name_ + ".f32", Target::Binary::kMul, sum,
                                  target_.parameter(graph_.tensor(in.weight_scale))));
  }
  Id operator()(const graph::Add&) const {
    return target_.integer_add(name_, value(0), value(1), op_.type);
  }
  // From one scale to another by way of f32: kernels that go straight have 8 bits for the factor.
  Id operator()(const graph::Concat&) const {
    std::vector<Id> parts;
    for (size_t i = 0; i < op_.inputs.size(); ++i) {
      const bool fits = target_.type(value(i)) == op_.type;
      const std::string name = fmt::format("{}.part{}", name_, i);
      parts.push_back(fits ? value(i) : target_.quantize(name, real(i), op_.type));
    }
    return target_.concat(name_, parts, 3);
  }
  Id operator()(const graph::SpaceToDepth&) const { return moved(); }
  Id operator()(const graph::DepthToSpace&) const { return moved(); }
  Id operator()(const graph::Tile&) const { return moved(); }
  Id operator()(const graph::Reshape&) const { return moved(); }
  // What is only made real again is rounded in f32 (the picture's coarse part, split_picture.h):
  // some runtimes take such a pair for one that they may leave out.
  Id operator()(const graph::Quantize&) const {
    return is_made_real(op_.output) ? value(0) : target_.quantize(name_, value(0), op_.type);
  }
  Id operator()(const graph::Dequantize&) const {
    if (!is_made_real(op_.inputs[0])) return target_.dequantize(name_, value(0));
    const ValueType type = tensor(0).type();
    using Binary = Target::Binary;
    const Id counted =
        target_.binary(name_ + ".counted", Binary::kMul, value(0),
                       target_.constant(name_ + ".inverse", {1}, {1.0f / type.scale}));
    const Id whole = target_.unary(name_ + ".whole", Target::Unary::kRound, counted);
    return target_.binary(name_, Binary::kMul, whole,
                          target_.constant(name_ + ".unit", {1}, {type.scale}));
  }
  // What the message adds to sums: rounded to their unit, as a real number.
  Id operator()(const graph::QuantizeBias& quantize) const {
    auto scale = graph::f32_values(tensor(1));
    if (!scale.ok()) target_.fail(scale.status());
    if (!target_.status().ok()) return 0;
    std::vector<float> units, inverse;
    for (const float s : scale->span()) {
      units.push_back(quantize.input_scale * s);
      inverse.push_back(1.0f / units.back());
    }
    const graph::Shape& channels = tensor(1).shape;
    using Binary = Target::Binary;
    const Id x = tensor(0).is_constant() ? target_.parameter(tensor(0)) : value(0);
    const Id sum = target_.binary(name_ + ".sum", Binary::kAdd, x, target_.parameter(tensor(2)));
    const Id counted =
        target_.binary(name_ + ".counted", Binary::kMul, sum,
                       target_.constant(name_ + ".inverse", channels, std::move(inverse)));
    const Id whole = target_.unary(name_ + ".whole", Target::Unary::kRound, counted);
    return target_.binary(name_, Binary::kMul, whole,
                          target_.constant(name_ + ".unit", channels, std::move(units)));
  }
  // Resizing, norms, means and activations alone: islands.
  template <typename Other>
  Id operator()(const Other&) const {
    std::vector<Id> reals = values_;
    for (size_t i = 0; i < op_.inputs.size(); ++i) {
      if (!tensor(i).is_constant()) reals[static_cast<size_t>(op_.inputs[i])] = real(i);
    }
    graph::Op island = op_;
    if (op_.type.dtype != DType::kF32) island.name += ".f32";
    return rounded(lower_float_op(island, graph_, reals, target_));
  }

 private:
  // Whether the integers of `id`, quantised of f32 around zero, are read by dequantize alone.
  bool is_made_real(TensorId id) const {
    const graph::Op* made = writer_of(graph_, id);
    const bool quantized = made != nullptr && made->as<graph::Quantize>() != nullptr;
    if (!quantized || graph_.tensor(made->inputs[0]).dtype != DType::kF32) return false;
    return graph_.tensor(id).zero_point == 0 &&
           std::ranges::all_of(graph_.ops(), [&](const graph::Op& op) {
             return std::ranges::count(op.inputs, id) == 0 || op.as<graph::Dequantize>() != nullptr;
           });
  }
  const Tensor& tensor(size_t i) const { return graph_.tensor(op_.inputs[i]); }
  Id at(TensorId id) const { return values_[static_cast<size_t>(id)]; }
  Id value(size_t i) const { return at(op_.inputs[i]); }
  Id real_of(TensorId id) const {
    if (graph_.tensor(id).dtype == DType::kF32) return at(id);
    return target_.dequantize(graph_.tensor(id).name + ".f32", at(id));
  }
  Id real(size_t i) const { return real_of(op_.inputs[i]); }
  Id moved() const { return lower_float_op(op_, graph_, values_, target_); }
  Id rounded(Id y) const {
    return op_.type.dtype == DType::kF32 ? y : target_.quantize(name_, y, op_.type);
  }

  // Products of `x`, and all that is added before they are rounded.
  Id weighted(Id x, Target::Window window, Activation activation, const std::string& name) const {
    const graph::WeightedInputs in = graph::weighted_inputs(op_);
    // One for each channel goes into the convolution; others are added behind it.
    const bool fixed = in.bias != kNoTensor && graph_.tensor(in.bias).is_constant() &&
                       graph_.tensor(in.bias).shape.rank() == 1;
    const bool added = in.bias != kNoTensor && !fixed;
    const Target::IntegerFilter filter{graph_.tensor(in.weight), graph_.tensor(in.weight_scale),
                                       fixed ? &graph_.tensor(in.bias) : nullptr};
    const bool relu = activation == Activation::kRelu;
    const bool bare = relu || activation == Activation::kNone;
    const bool adds = added || in.residual != kNoTensor;
    const bool rounds = op_.type.dtype != DType::kF32;
    const int64_t rows = rows_of(x, in.weight, window);
    if (bare && !adds) {
      const Id y = target_.integer_conv2d(name, x, filter, window, relu, op_.type);
      return cut(name + ".rows", y, rows);
    }
    Id y = target_.integer_conv2d(name + ".products", x, filter, window, false, {});
    // What is of the map's size is added to the rows that count; the others are cut off at the end,
    // where they are narrow.
    const bool differs = added && graph_.tensor(in.bias).shape.rank() > 1;
    if (differs || in.residual != kNoTensor) y = cut(name + ".rows", y, rows);
    const bool whole = target_.shape(y)[1] == rows;
    const std::string made = whole ? name : name + ".all_rows";
    const std::string last = rounds ? made + ".f32" : made;
    if (added) {
      const bool ends = bare && in.residual == kNoTensor;
      y = target_.binary(ends ? last : name + ".biased", Target::Binary::kAdd, y,
                         bias_map(in, target_.shape(y)), ends && relu);
    }
    if (in.residual != kNoTensor) {
      y = target_.binary(bare ? last : name + ".summed", Target::Binary::kAdd, y,
                         real_of(in.residual), relu);
    }
    if (activation == Activation::kGelu) y = target_.unary(last, Target::Unary::kGelu, y);
    if (rounds) y = target_.quantize(made, y, op_.type);
    return cut(name, y, rows);
  }

  // How many rows the window has on `x`, and the first of them.
  int64_t rows_of(Id x, TensorId weight, Target::Window window) const {
    const graph::Shape& filter = graph_.tensor(weight).shape;
    const int64_t height = filter.rank() == 4 ? filter[1] : 1;
    return (target_.shape(x)[1] + 2 * window.pad - height) / window.stride + 1;
  }
  Id cut(const std::string& name, Id y, int64_t rows) const {
    return target_.shape(y)[1] == rows ? y : target_.slice(name, y, 1, 0, rows);
  }

  // A computed bias, or a constant map, as what can be added to maps of `shape`.
  Id bias_map(const graph::WeightedInputs& in, const graph::Shape& shape) const {
    const Tensor& bias = graph_.tensor(in.bias);
    if (bias.is_constant()) {
      const Tensor& scale = graph_.tensor(in.weight_scale);
      return target_.parameter(dequantised_bias(bias, graph_.tensor(in.x).scale, scale));
    }
    if (bias.shape.rank() != 2) return at(in.bias);
    return spread_borders(target_, name_ + ".border_map", at(in.bias), static_cast<int>(shape[1]),
                          static_cast<int>(shape[2]));
  }

  const graph::Op& op_;
  const graph::Graph& graph_;
  const std::vector<Id>& values_;
  Target& target_;
  const std::string& name_;
};

// Whether no products of others follow.
bool is_last(TensorId id, const graph::Graph& graph) {
  return std::ranges::all_of(graph.ops(), [&](const graph::Op& op) {
    return std::ranges::count(op.inputs, id) == 0 ||
           (!is_weighted(op) && is_last(op.output, graph));
  });
}

}  // namespace

bool is_exact(const graph::Op& op, const graph::Graph& graph) {
  const bool counted = std::ranges::any_of(graph.ops(), [&](const graph::Op& reader) {
    return reader.as<graph::QuantizeBias>() != nullptr && reader.inputs[0] == op.output;
  });
  if (counted && op.as<graph::Conv2d>() != nullptr) return true;
  const bool of_picture = depends_on_picture(graph)[static_cast<size_t>(op.inputs[0])];
  return of_picture && !is_last(op.output, graph);
}

Id lower_integer_op(const graph::Op& op, const graph::Graph& graph, const std::vector<Id>& values,
                    Target& target) {
  return std::visit(IntegerLowering(op, graph, values, target), op.attributes);
}

}  // namespace vseal::formats
