#include "quant/quantize_weights.h"

#include <algorithm>
#include <cmath>

#include "graph/constant.h"

namespace vseal::quant {
namespace {

// Where the weights of output channel o lie: first + k * step for k < count, weight k multiplies
// input channel k % inputs (of a depthwise filter: channel o).
struct FilterLayout {
  size_t outputs, count, inputs, step;
  bool depthwise;

  size_t at(size_t o, size_t k) const { return depthwise ? k * step + o : o * count + k; }
  size_t channel(size_t o, size_t k) const { return depthwise ? o : k % inputs; }
};

FilterLayout layout_of(const graph::Op& op, const graph::Shape& weight) {
  const auto extent = [&](int i) { return static_cast<size_t>(weight[i]); };
  if (op.as<graph::DepthwiseConv2d>() != nullptr) {
    return {extent(2), extent(0) * extent(1), 1, extent(2), true};
  }
  const size_t outputs = extent(0);
  const auto inputs = extent(weight.rank() - 1);
  return {outputs, static_cast<size_t>(weight.elements()) / outputs, inputs, 1, false};
}

}  // namespace

Result<IntegerWeights> quantize_weights(const graph::Op& op, const graph::Graph& graph,
                                        const TensorStatistics& input,
                                        const QuantizeOptions& options) {
  const graph::Tensor& weight = graph.tensor(op.inputs[1]);
  VSEAL_ASSIGN_OR_RETURN(const graph::F32Values values, graph::f32_values(weight));
  const FilterLayout layout = layout_of(op, weight.shape);
  IntegerWeights result;
  result.stored.resize(values.size());
  std::vector<float> filter(layout.count), importance(layout.count);
  for (size_t o = 0; o < layout.outputs; ++o) {
    for (size_t k = 0; k < layout.count; ++k) {
      filter[k] = values[layout.at(o, k)];
      importance[k] = static_cast<float>(input.channel_square[layout.channel(o, k)]);
    }
    const float scale = choose_weight_scale(filter, importance, options.weights);
    double shift = 0;
    for (size_t k = 0; k < layout.count; ++k) {
      const float stored = std::clamp(std::nearbyint(filter[k] / scale), -127.0f, 127.0f);
      result.stored[layout.at(o, k)] = static_cast<int8_t>(stored);
      shift += (double{stored} * scale - filter[k]) * input.channel_mean[layout.channel(o, k)];
    }
    result.scale.push_back(scale);
    result.correction.push_back(options.correct_bias ? static_cast<float>(-shift) : 0.0f);
  }
  return result;
}

}  // namespace vseal::quant
