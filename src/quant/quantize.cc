#include "quant/quantize.h"

#include <algorithm>
#include <cmath>

#include "graph/constant.h"
#include "quant/graph_copy.h"
#include "quant/quantize_weights.h"
#include "quant/split_picture.h"

namespace vseal::quant {
namespace {

using graph::DType;
using graph::Graph;
using graph::kNoTensor;
using graph::Op;
using graph::TensorId;
using graph::ValueType;
using graph::WeightedInputs;

// Ops that only move or mix values: integer where their input already is.
bool moves_values(const Op& op) {
  return op.as<graph::SpaceToDepth>() != nullptr || op.as<graph::DepthToSpace>() != nullptr ||
         op.as<graph::Tile>() != nullptr || op.as<graph::Reshape>() != nullptr ||
         op.as<graph::ResizeBilinear>() != nullptr;
}

bool is_mean(const Op& op) {
  return op.as<graph::SpatialMean>() != nullptr || op.as<graph::FoldMean>() != nullptr;
}

bool has_integer_kernel(const Op& op) {
  if (const auto* conv = op.as<graph::Conv2d>()) {
    return conv->activation == graph::Activation::kNone ||
           conv->activation == graph::Activation::kRelu ||
           conv->activation == graph::Activation::kGelu;
  }
  if (const auto* linear = op.as<graph::Linear>()) {
    return linear->activation != graph::Activation::kTanh &&
           linear->activation != graph::Activation::kSilu;
  }
  return is_weighted(op) || moves_values(op) || is_mean(op) || op.as<graph::Add>() != nullptr ||
         op.as<graph::Concat>() != nullptr || op.as<graph::LayerNorm>() != nullptr ||
         op.as<graph::ChannelRmsNorm>() != nullptr ||
         op.as<graph::GlobalResponseNorm>() != nullptr || op.as<graph::Activate>() != nullptr;
}

constexpr int64_t kMaxProducts = 65536;  // of check_types

int64_t products(const Op& op, const Graph& graph) {
  if (!is_weighted(op)) return 0;
  const graph::Shape& weight = graph.tensor(op.inputs[1]).shape;
  if (op.as<graph::DepthwiseConv2d>() != nullptr) return weight[0] * weight[1];
  return weight.elements() / weight[0];
}

// An op of the prepared graph, turned into integers.
class Quantizer {
 public:
  Quantizer(const Graph& graph, const Calibration& calibration, const QuantizeOptions& options)
      : graph_(graph),
        calibration_(calibration),
        options_(options),
        copy_(graph, options.prefix),
        depends_(depends_on_picture(graph)),
        writer_(graph.tensors().size()),
        stored_(graph.tensors().size(), kNoTensor),
        wanted_(graph.tensors().size()) {
    for (const Op& op : graph.ops()) writer_[static_cast<size_t>(op.output)] = &op;
    integer_ = can_be_integer(graph);
    for (size_t i = 0; i < integer_.size(); ++i) {
      if (options.keep_float && options.keep_float(graph.ops()[i])) integer_[i] = false;
    }
    settle_light();
    find_wanted();
  }

  Result<Graph> run() {
    for (size_t i = 0; i < graph_.ops().size(); ++i) {
      const Op& op = graph_.ops()[i];
      if (!integer_[i]) {
        VSEAL_RETURN_IF_ERROR(copy_float(op));
      } else if (is_weighted(op)) {
        VSEAL_RETURN_IF_ERROR(add_weighted(op));
      } else {
        VSEAL_RETURN_IF_ERROR(add_light(op));
      }
    }
    for (const TensorId id : graph_.outputs()) VSEAL_RETURN_IF_ERROR(real(id).status());
    VSEAL_ASSIGN_OR_RETURN(Graph made, copy_.finish());
    VSEAL_RETURN_IF_ERROR(graph::verify(made));
    return made;
  }

 private:
  bool depends(TensorId id) const { return depends_[static_cast<size_t>(id)]; }
  bool wanted(TensorId id) const { return wanted_[static_cast<size_t>(id)]; }

  // The integer ReLU that alone reads `id`, or null: what is stored without negative numbers has
  // passed it.
  const Op* relu_behind(TensorId id) const {
    const Op* relu = nullptr;
    for (size_t i = 0; i < graph_.ops().size(); ++i) {
      const Op& op = graph_.ops()[i];
      if (std::ranges::count(op.inputs, id) == 0) continue;
      const auto* activate = op.as<graph::Activate>();
      const bool is_relu = activate != nullptr && activate->activation == graph::Activation::kRelu;
      if (!is_relu || !integer_[i] || relu != nullptr) return nullptr;
      relu = &op;
    }
    return std::ranges::count(graph_.outputs(), id) == 0 ? relu : nullptr;
  }

  // What lies between products is integer where integers come in and integers are wanted behind; an
  // op that moves values follows the one that it moves.
  void settle_light() {
    std::vector<bool> stored(graph_.tensors().size()), read(stored.size());
    for (size_t i = 0; i < integer_.size(); ++i) {
      const Op& op = graph_.ops()[i];
      const auto is_stored = [&](TensorId id) { return stored[static_cast<size_t>(id)]; };
      if (!is_weighted(op) && std::ranges::none_of(op.inputs, is_stored)) integer_[i] = false;
      stored[static_cast<size_t>(op.output)] = integer_[i];
    }
    for (size_t i = integer_.size(); i-- > 0;) {
      const Op& op = graph_.ops()[i];
      const bool is_read = read[static_cast<size_t>(op.output)];
      if (!is_weighted(op) && !is_mean(op) && !is_read) integer_[i] = false;
      if (!integer_[i]) continue;
      for (const TensorId id : op.inputs) read[static_cast<size_t>(id)] = true;
    }
  }

  // Which tensors an integer op reads as integers.
  void find_wanted() {
    for (size_t i = graph_.ops().size(); i-- > 0;) {
      const Op& op = graph_.ops()[i];
      if (!integer_[i]) continue;
      if (is_weighted(op)) {
        const WeightedInputs in = graph::weighted_inputs(op);
        wanted_[static_cast<size_t>(in.x)] = true;
        if (in.residual != kNoTensor) wanted_[static_cast<size_t>(in.residual)] = true;
        continue;
      }
      for (const TensorId id : op.inputs) {
        if (!is_summed_for_norm(op, id)) wanted_[static_cast<size_t>(id)] = true;
      }
    }
  }

  // Whether a row norm reads the sums of a convolution: it takes them as f32, since what rounding
  // them between the two would cost (a decibel of VideoSeal's detector, two of its embedder) buys
  // nothing.
  bool is_summed_for_norm(const Op& reader, TensorId id) const {
    const bool is_row_norm =
        reader.as<graph::LayerNorm>() != nullptr || reader.as<graph::ChannelRmsNorm>() != nullptr;
    const Op* writer = writer_[static_cast<size_t>(id)];
    return is_row_norm && writer != nullptr && is_weighted(*writer);
  }

  Result<const TensorStatistics*> statistics(TensorId id) const {
    const auto found = calibration_.find(graph_.tensor(id).name);
    if (found != calibration_.end()) return &found->second;
    return invalid_argument("[quantize] " + graph_.tensor(id).name + ": not calibrated");
  }

  Result<ValueType> type_of(TensorId id) const {
    if (const auto known = picture_type(graph_, id)) return *known;
    VSEAL_ASSIGN_OR_RETURN(const TensorStatistics* found, statistics(id));
    return choose_type(found->values, options_.activations);
  }

  // The float and the integer form of a tensor, converted where there is only the other.
  Result<TensorId> real(TensorId id) {
    const TensorId stored = stored_[static_cast<size_t>(id)];
    if (stored != kNoTensor && !has_real(id)) {
      VSEAL_ASSIGN_OR_RETURN(
          const TensorId made,
          copy_.graph().add_op(graph_.tensor(id).name + ".f32", graph::Dequantize{}, {stored}));
      copy_.set(id, made);
    }
    return copy_.at(id);
  }
  bool has_real(TensorId id) { return copy_.at(id).ok(); }

  Result<TensorId> stored(TensorId id) {
    TensorId& made = stored_[static_cast<size_t>(id)];
    if (made != kNoTensor) return made;
    VSEAL_ASSIGN_OR_RETURN(const TensorId x, copy_.at(id));
    VSEAL_ASSIGN_OR_RETURN(const ValueType type, type_of(id));
    VSEAL_ASSIGN_OR_RETURN(
        made, copy_.graph().add_op(graph_.tensor(id).name + ".i8", graph::Quantize{}, {x}, type));
    return made;
  }

  Status copy_float(const Op& op) {
    for (const TensorId id : op.inputs) VSEAL_RETURN_IF_ERROR(real(id).status());
    return copy_.copy(op);
  }

  // Adds the integer form of `op`, which writes i8 where someone wants that and f32 else. A ReLU
  // behind it becomes the lower end of its range.
  Status add(const Op& op, std::vector<TensorId> inputs, bool to_i8) {
    if (!to_i8) {
      VSEAL_ASSIGN_OR_RETURN(const TensorId y,
                             copy_.graph().add_op(op.name, op.attributes, std::move(inputs)));
      copy_.set(op.output, y);
      return {};
    }
    const Op* relu = relu_behind(op.output);
    const Op& last = relu == nullptr ? op : *relu;
    ValueType type = copy_.graph().tensor(inputs[0]).type();
    if (!moves_values(op)) {
      VSEAL_ASSIGN_OR_RETURN(type, type_of(last.output));
    }
    if (moves_values(op) || relu == nullptr) {
      return put(op.name, op, std::move(inputs), type, {op.output});
    }
    return put(relu->name, op, std::move(inputs), type, {op.output, relu->output});
  }

  // Adds an op whose output is the integer form of all of `tensors`.
  Status put(const std::string& name, const Op& op, std::vector<TensorId> inputs, ValueType type,
             std::initializer_list<TensorId> tensors) {
    VSEAL_ASSIGN_OR_RETURN(const TensorId y,
                           copy_.graph().add_op(name, op.attributes, std::move(inputs), type));
    for (const TensorId id : tensors) stored_[static_cast<size_t>(id)] = y;
    return {};
  }

  Status add_light(const Op& op) {
    if (stored_[static_cast<size_t>(op.output)] != kNoTensor) return {};  // a ReLU that is done
    std::vector<TensorId> inputs;
    for (const TensorId id : op.inputs) {
      const bool is_real = graph_.tensor(id).is_constant() || !wanted(id);
      VSEAL_ASSIGN_OR_RETURN(const TensorId input, is_real ? real(id) : stored(id));
      inputs.push_back(input);
    }
    return add(op, std::move(inputs), wanted(op.output) || !is_mean(op));
  }

  Result<TensorId> constant(const std::string& name, DType dtype, graph::Shape shape,
                            graph::ConstantData data) {
    return copy_.graph().add_constant(options_.prefix + name, dtype, std::move(shape),
                                      std::move(data));
  }

  Status add_weighted(const Op& op) {
    const WeightedInputs in = graph::weighted_inputs(op);
    VSEAL_ASSIGN_OR_RETURN(const TensorStatistics* input, statistics(in.x));
    VSEAL_ASSIGN_OR_RETURN(IntegerWeights weights, quantize_weights(op, graph_, *input, options_));
    VSEAL_ASSIGN_OR_RETURN(const TensorId x, stored(in.x));
    Op made = op;
    Bias bias;
    bias.input_scale = copy_.graph().tensor(x).scale;
    bias.scale = weights.scale;
    bias.offset = weights.correction;
    const graph::Shape channels{static_cast<int64_t>(weights.scale.size())};
    VSEAL_ASSIGN_OR_RETURN(const TensorId filter,
                           constant(op.name + ".weight", DType::kI8, graph_.tensor(in.weight).shape,
                                    graph::own_integers(std::move(weights.stored))));
    VSEAL_ASSIGN_OR_RETURN(const TensorId scale,
                           constant(op.name + ".weight_scale", DType::kF32, channels,
                                    graph::own_values(std::move(weights.scale))));
    bias.scale_id = scale;
    VSEAL_RETURN_IF_ERROR(add_bias(made, in, std::move(bias)));
    std::vector<TensorId> inputs = {x, filter, bias_};
    if (residual_ != kNoTensor) inputs.push_back(residual_);
    inputs.push_back(scale);
    return add(made, std::move(inputs), wanted(op.output));
  }

  // What an op adds to its sums besides products.
  struct Bias {
    float input_scale = 1;
    std::vector<float> scale;   // of the weights
    std::vector<float> offset;  // real: the correction, and the constant bias if there is one
    TensorId scale_id = kNoTensor;
  };

  // Makes bias_ and residual_, the integer inputs of `op`. What the message or a map of places
  // adds, be it a bias or a residual, goes into the bias; only a residual of the picture stays one.
  Status add_bias(Op& op, const WeightedInputs& in, Bias bias) {
    TensorId computed = kNoTensor;
    residual_ = kNoTensor;
    if (in.bias != kNoTensor && !graph_.tensor(in.bias).is_constant()) computed = in.bias;
    if (in.bias != kNoTensor && computed == kNoTensor) {
      VSEAL_ASSIGN_OR_RETURN(const graph::F32Values values,
                             graph::f32_values(graph_.tensor(in.bias)));
      for (size_t o = 0; o < bias.offset.size(); ++o) bias.offset[o] += values[o];
    }
    const bool message_residual = in.residual != kNoTensor && !depends(in.residual);
    if (in.residual != kNoTensor && (!message_residual || computed != kNoTensor)) {
      VSEAL_ASSIGN_OR_RETURN(residual_, stored(in.residual));
    } else if (message_residual) {
      computed = in.residual;
    }
    set_inputs(op, true, residual_ != kNoTensor);
    if (computed == kNoTensor) {
      const graph::Shape channels{static_cast<int64_t>(bias.offset.size())};
      return add_constant_bias(op.name, channels, {}, bias);
    }
    if (!graph_.tensor(computed).is_constant()) {
      return add_computed_bias(op.name, computed, bias);
    }
    const graph::Tensor& map = graph_.tensor(computed);
    VSEAL_ASSIGN_OR_RETURN(const graph::F32Values values, graph::f32_values(map));
    return add_constant_bias(op.name, map.shape, values.span(), bias);
  }

  static void set_inputs(Op& op, bool has_bias, bool has_residual) {
    if (auto* conv = std::get_if<graph::Conv2d>(&op.attributes)) {
      conv->has_bias = has_bias;
      conv->has_residual = has_residual;
    }
    if (auto* conv = std::get_if<graph::DepthwiseConv2d>(&op.attributes)) conv->has_bias = has_bias;
    if (auto* linear = std::get_if<graph::Linear>(&op.attributes)) linear->has_bias = has_bias;
  }

  // `map` of that shape, its channels last and as many as the offsets, plus the offsets; without a
  // map the offsets alone.
  Status add_constant_bias(const std::string& name, const graph::Shape& shape,
                           std::span<const float> map, const Bias& bias) {
    constexpr double kLimit = 1 << 30;
    std::vector<int32_t> stored(static_cast<size_t>(shape.elements()));
    for (size_t i = 0; i < stored.size(); ++i) {
      const size_t o = i % bias.offset.size();
      const double value = double{bias.offset[o]} + (map.empty() ? 0.0f : map[i]);
      const double units = value / (double{bias.input_scale} * bias.scale[o]);
      stored[i] = static_cast<int32_t>(std::nearbyint(std::clamp(units, -kLimit, kLimit)));
    }
    VSEAL_ASSIGN_OR_RETURN(bias_, constant(name + ".bias", DType::kI32, shape,
                                           graph::own_integers(std::move(stored))));
    return {};
  }

  // A bias that the message decides: a vector, the nine vectors behind a border_map, or a map.
  Status add_computed_bias(const std::string& name, TensorId computed, Bias& bias) {
    const Op* writer = writer_[static_cast<size_t>(computed)];
    const auto channels = static_cast<int64_t>(bias.offset.size());
    TensorId x = kNoTensor;
    if (writer != nullptr && writer->as<graph::BorderMap>() != nullptr) {
      VSEAL_ASSIGN_OR_RETURN(const TensorId vectors, real(writer->inputs[0]));
      VSEAL_ASSIGN_OR_RETURN(
          x, copy_.graph().add_op(name + ".borders", graph::Reshape{{9, channels}}, {vectors}));
    } else {
      VSEAL_ASSIGN_OR_RETURN(x, real(computed));
    }
    VSEAL_ASSIGN_OR_RETURN(const TensorId offset,
                           constant(name + ".bias_offset", DType::kF32, {channels},
                                    graph::own_values(std::move(bias.offset))));
    VSEAL_ASSIGN_OR_RETURN(
        bias_, copy_.graph().add_op(name + ".bias_i32", graph::QuantizeBias{bias.input_scale},
                                    {x, bias.scale_id, offset}, {DType::kI32}));
    return {};
  }

  const Graph& graph_;
  const Calibration& calibration_;
  const QuantizeOptions& options_;
  GraphCopy copy_;
  std::vector<bool> depends_;                         // by tensor
  std::vector<const Op*> writer_;                     // by tensor
  std::vector<TensorId> stored_;                      // by tensor: its i8 form in the new graph
  std::vector<bool> wanted_;                          // by tensor: some op reads its i8 form
  std::vector<bool> integer_;                         // by op
  TensorId bias_ = kNoTensor, residual_ = kNoTensor;  // of the op that is being made
};

}  // namespace

std::vector<bool> can_be_integer(const Graph& prepared) {
  const std::vector<bool> depends = depends_on_picture(prepared);
  std::vector<bool> can;
  for (const Op& op : prepared.ops()) {
    const bool on_path = depends[static_cast<size_t>(op.inputs[0])];
    can.push_back(on_path && has_integer_kernel(op) && products(op, prepared) <= kMaxProducts);
  }
  return can;
}

Result<Graph> quantize(const Graph& prepared, const Calibration& calibration,
                       const QuantizeOptions& options) {
  return Quantizer(prepared, calibration, options).run();
}

std::vector<TensorError> tensor_errors(const Graph& quantized, const Calibration& calibration) {
  std::vector<TensorError> errors;
  for (const Op& op : quantized.ops()) {
    if (op.type.dtype != DType::kI8) continue;
    std::string name = op.name;
    if (op.as<graph::Quantize>() != nullptr && name.ends_with(".i8")) name.resize(name.size() - 3);
    const auto found = calibration.find(name);
    if (found == calibration.end()) continue;
    const Histogram& values = found->second.values;
    errors.push_back({name, op.type, values.min(), values.max(), range_snr_db(values, op.type)});
  }
  return errors;
}

}  // namespace vseal::quant
