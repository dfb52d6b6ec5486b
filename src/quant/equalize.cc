#include "quant/equalize.h"

#include <algorithm>
#include <cmath>

#include "graph/constant.h"
#include "quant/channel_groups.h"
#include "quant/graph_copy.h"

namespace vseal::quant {
namespace {

using graph::Graph;
using graph::kNoTensor;
using graph::Op;
using graph::TensorId;

constexpr float kMaxFactor = 16.0f;

bool is_depthwise(const Op& op) { return op.as<graph::DepthwiseConv2d>() != nullptr; }

class Equalizer {
 public:
  Equalizer(const Graph& graph, const Calibration& calibration)
      : graph_(graph), calibration_(calibration), groups_(graph), copy_(graph) {}

  Result<Graph> run() {
    VSEAL_RETURN_IF_ERROR(choose_factors());
    for (const Op& op : graph_.ops()) {
      if (is_weighted(op)) {
        VSEAL_RETURN_IF_ERROR(rescale_weighted(op));
      } else if (op.as<graph::LayerNorm>() != nullptr ||
                 op.as<graph::ChannelRmsNorm>() != nullptr) {
        VSEAL_RETURN_IF_ERROR(rescale_norm(op));
      } else if (op.as<graph::GlobalResponseNorm>() != nullptr) {
        VSEAL_RETURN_IF_ERROR(rescale_responses(op));
      } else {
        VSEAL_RETURN_IF_ERROR(copy_.copy(op));
      }
    }
    return copy_.finish();
  }

 private:
  int64_t channels(TensorId id) const {
    const graph::Shape& shape = graph_.tensor(id).shape;
    return shape[shape.rank() - 1];
  }
  float factor(TensorId id, int64_t channel) const { return factor_[groups_.group(id, channel)]; }

  Status choose_factors() {
    std::vector<float> range(groups_.count()), weight(groups_.count());
    for (const Op& op : graph_.ops()) {
      observe_range(op.output, range);
      if (is_weighted(op) && !is_depthwise(op)) VSEAL_RETURN_IF_ERROR(observe_columns(op, weight));
    }
    factor_.assign(groups_.count(), 1.0f);
    for (size_t g = 0; g < factor_.size(); ++g) {
      if (groups_.blocked(g) || !(range[g] > 0) || !(weight[g] > 0)) continue;
      factor_[g] = std::clamp(std::sqrt(range[g] / weight[g]), 1 / kMaxFactor, kMaxFactor);
    }
    return {};
  }

  void observe_range(TensorId id, std::vector<float>& range) const {
    const auto found = calibration_.find(graph_.tensor(id).name);
    if (found == calibration_.end()) return;
    const std::vector<float>& largest = found->second.channel_max;
    const float all = std::ranges::max(largest);
    if (!(all > 0)) return;
    for (size_t c = 0; c < largest.size(); ++c) {
      float& r = range[groups_.group(id, static_cast<int64_t>(c))];
      r = std::max(r, largest[c] / all);
    }
  }

  // The largest weight that reads each channel of the op's input, over the filter's largest.
  Status observe_columns(const Op& op, std::vector<float>& weight) const {
    VSEAL_ASSIGN_OR_RETURN(const graph::F32Values values,
                           graph::f32_values(graph_.tensor(op.inputs[1])));
    const auto inputs = static_cast<size_t>(channels(op.inputs[0]));
    std::vector<float> largest(inputs);
    for (size_t i = 0; i < values.size(); ++i) {
      largest[i % inputs] = std::max(largest[i % inputs], std::abs(values[i]));
    }
    const float all = std::ranges::max(largest);
    if (!(all > 0)) return {};
    for (size_t c = 0; c < inputs; ++c) {
      float& w = weight[groups_.group(op.inputs[0], static_cast<int64_t>(c))];
      w = std::max(w, largest[c] / all);
    }
    return {};
  }

  // A constant whose value i becomes scaled(i, value).
  template <typename Scale>
  Result<TensorId> rescaled(TensorId id, const Scale& scaled) {
    const graph::Tensor& tensor = graph_.tensor(id);
    VSEAL_ASSIGN_OR_RETURN(const graph::F32Values values, graph::f32_values(tensor));
    std::vector<float> out(values.size());
    for (size_t i = 0; i < out.size(); ++i) out[i] = scaled(static_cast<int64_t>(i), values[i]);
    return copy_.graph().add_constant(tensor.name, graph::DType::kF32, tensor.shape,
                                      graph::own_values(std::move(out)));
  }
  // A vector [c], or a map of them, divided by the factors of `of`.
  Result<TensorId> divided(TensorId vectors, TensorId of) {
    const int64_t count = channels(of);
    return rescaled(vectors, [&](int64_t i, float value) { return value / factor(of, i % count); });
  }

  Status rescale_weighted(const Op& op) {
    const graph::WeightedInputs in = graph::weighted_inputs(op);
    const graph::Tensor& weight = graph_.tensor(in.weight);
    const int64_t inputs = channels(in.x);
    const int64_t filter = weight.shape.elements() / weight.shape[0];
    VSEAL_ASSIGN_OR_RETURN(const TensorId made, rescaled(in.weight, [&](int64_t i, float value) {
                             const int64_t o = is_depthwise(op) ? i % inputs : i / filter;
                             return value * factor(in.x, i % inputs) / factor(op.output, o);
                           }));
    VSEAL_ASSIGN_OR_RETURN(const TensorId x, copy_.at(in.x));
    std::vector<TensorId> made_inputs = {x, made};
    for (const TensorId id : {in.bias, in.residual}) {
      if (id == kNoTensor) continue;
      VSEAL_ASSIGN_OR_RETURN(const TensorId extra, graph_.tensor(id).is_constant()
                                                       ? divided(id, op.output)
                                                       : copy_.at(id));
      made_inputs.push_back(extra);
    }
    return put(op, op.attributes, std::move(made_inputs));
  }

  Status rescale_norm(const Op& op) {
    VSEAL_ASSIGN_OR_RETURN(const TensorId x, copy_.at(op.inputs[0]));
    std::vector<TensorId> inputs = {x};
    for (size_t i = 1; i < op.inputs.size(); ++i) {
      VSEAL_ASSIGN_OR_RETURN(const TensorId parameter, divided(op.inputs[i], op.output));
      inputs.push_back(parameter);
    }
    return put(op, op.attributes, std::move(inputs));
  }

  Status rescale_responses(const Op& op) {
    graph::GlobalResponseNorm norm = *op.as<graph::GlobalResponseNorm>();
    if (norm.has_factor) return copy_.copy(op);
    norm.has_factor = true;
    std::vector<float> inverse;
    for (int64_t c = 0; c < channels(op.output); ++c) inverse.push_back(1 / factor(op.output, c));
    std::vector<TensorId> inputs;
    for (const TensorId id : op.inputs) {
      VSEAL_ASSIGN_OR_RETURN(const TensorId input, copy_.at(id));
      inputs.push_back(input);
    }
    const graph::Shape shape{static_cast<int64_t>(inverse.size())};
    VSEAL_ASSIGN_OR_RETURN(const TensorId made,
                           copy_.graph().add_constant(op.name + ".factor", shape, inverse));
    inputs.push_back(made);
    return put(op, norm, std::move(inputs));
  }

  Status put(const Op& op, graph::OpAttributes attributes, std::vector<TensorId> inputs) {
    VSEAL_ASSIGN_OR_RETURN(const TensorId y, copy_.graph().add_op(op.name, std::move(attributes),
                                                                  std::move(inputs), op.type));
    copy_.set(op.output, y);
    return {};
  }

  const Graph& graph_;
  const Calibration& calibration_;
  ChannelGroups groups_;
  GraphCopy copy_;
  std::vector<float> factor_;  // by group
};

}  // namespace

Result<Graph> equalize(const Graph& prepared, const Calibration& calibration) {
  return Equalizer(prepared, calibration).run();
}

}  // namespace vseal::quant
