#include "engine/int8_scales.h"

#include "engine/convert.h"

namespace vseal::engine {
namespace {

using graph::DType;

kernels::BiasLayout bias_layout(const graph::Shape& bias) {
  if (bias.rank() == 4) return kernels::BiasLayout::kMap;
  return bias.rank() == 2 ? kernels::BiasLayout::kBorders : kernels::BiasLayout::kVector;
}

graph::Activation activation_of(const graph::Op& op) {
  if (const auto* conv = op.as<graph::Conv2d>()) return conv->activation;
  const auto* linear = op.as<graph::Linear>();
  return linear != nullptr ? linear->activation : graph::Activation::kNone;
}

std::vector<float> divided(const float* values, int c, float divisor) {
  std::vector<float> out;
  out.reserve(static_cast<size_t>(c));
  for (int i = 0; i < c; ++i) out.push_back(values[i] / divisor);
  return out;
}

}  // namespace

Int8Scales int8_scales(const graph::Op& op, const graph::Graph& graph, const float* weight_scale) {
  const graph::WeightedInputs in = graph::weighted_inputs(op);
  const graph::Tensor& x = graph.tensor(in.x);
  const bool to_i8 = op.type.dtype == DType::kI8;
  const graph::Activation activation = activation_of(op);
  // GELU needs real numbers; ReLU is the same in any unit.
  const bool real = !to_i8 || activation == graph::Activation::kGelu;
  Int8Scales scales;
  scales.x_zero_point = x.zero_point;
  scales.epilogue.activation = to_kernel(activation);
  scales.epilogue.zero_point = op.type.zero_point;
  if (to_i8 && real) scales.epilogue.post = 1.0f / op.type.scale;
  const int64_t oc = graph.tensor(in.weight_scale).shape[0];
  for (int64_t o = 0; o < oc; ++o) {
    const float product = x.scale * weight_scale[o];
    scales.multiplier.push_back(real ? product : product / op.type.scale);
  }
  if (in.bias != graph::kNoTensor) scales.bias_layout = bias_layout(graph.tensor(in.bias).shape);
  if (in.residual != graph::kNoTensor) {
    const graph::Tensor& residual = graph.tensor(in.residual);
    scales.epilogue.residual_zero_point = residual.zero_point;
    scales.epilogue.residual_multiplier = real ? residual.scale : residual.scale / op.type.scale;
  }
  return scales;
}

kernels::Conv2dShape linear_as_conv2d(const graph::Shape& x, const graph::Shape& weight) {
  kernels::Conv2dShape shape;
  shape.h = 1;
  shape.w = static_cast<int>(extents(x).pixels());
  shape.ic = static_cast<int>(weight[1]);
  shape.oc = static_cast<int>(weight[0]);
  return shape;
}

kernels::Conv2dShape depthwise_shape(const graph::DepthwiseConv2d& op, const graph::Shape& x,
                                     const graph::Shape& weight) {
  const Extents in = extents(x);
  return {.n = in.n,
          .h = in.h,
          .w = in.w,
          .ic = in.c,
          .oc = in.c,
          .kh = static_cast<int>(weight[0]),
          .kw = static_cast<int>(weight[1]),
          .pad = op.pad};
}

Int8NormScales layer_norm_scales(const graph::LayerNorm& op, const graph::ValueType& x,
                                 const graph::ValueType& y, int c, const float* gamma,
                                 const float* beta) {
  return {.gamma = divided(gamma, c, y.scale),
          .beta = divided(beta, c, y.scale),
          .factor = {},
          .epsilon = double{op.epsilon} / (double{x.scale} * x.scale)};
}

Int8NormScales rms_norm_scales(const graph::ValueType& x, const graph::ValueType& y, int c,
                               const float* gamma) {
  return {
      .gamma = divided(gamma, c, y.scale), .beta = {}, .factor = {}, .epsilon = 1e-12 / x.scale};
}

Int8NormScales response_norm_scales(const graph::GlobalResponseNorm& op, const graph::ValueType& x,
                                    const graph::ValueType& y, int c, const float* gamma,
                                    const float* beta, const float* factor) {
  Int8NormScales scales;
  scales.epsilon = double{op.epsilon} / x.scale;
  for (int i = 0; i < c; ++i) {
    const float own = factor == nullptr ? 1.0f : factor[i];
    scales.gamma.push_back(gamma[i]);
    scales.beta.push_back(beta[i] * own / y.scale);
    scales.factor.push_back(own * x.scale / y.scale);
  }
  return scales;
}

float mean_multiplier(const graph::ValueType& x, const graph::ValueType& y, int64_t count) {
  const float scale = y.dtype == DType::kI8 ? x.scale / y.scale : x.scale;
  return scale / static_cast<float>(count);
}

std::vector<float> bias_inverse_scales(const graph::QuantizeBias& op, const float* weight_scale,
                                       int64_t c) {
  std::vector<float> inverse;
  for (int64_t o = 0; o < c; ++o) inverse.push_back(1.0f / (op.input_scale * weight_scale[o]));
  return inverse;
}

}  // namespace vseal::engine
