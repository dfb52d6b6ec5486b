// From the types of integer ops to the factors that their kernels take.
#pragma once

#include <vector>

#include "graph/graph.h"
#include "kernels/int8/contract.h"

namespace vseal::engine {

inline kernels::Quantization quantization(const graph::ValueType& type) {
  return {type.scale, type.zero_point};
}

// Everything of an integer conv2d, depthwise_conv2d or linear but its pointers.
struct Int8Scales {
  std::vector<float> multiplier;  // [oc]
  kernels::Epilogue epilogue;     // whose multiplier is not set
  int32_t x_zero_point = 0;
  kernels::BiasLayout bias_layout = kernels::BiasLayout::kVector;
};
// `weight_scale` holds the op's scales [oc]. Multipliers are (x's scale * weight_scale[o]) / y's
// scale, without the division where the output is f32 or an activation needs real numbers.
Int8Scales int8_scales(const graph::Op& op, const graph::Graph& graph, const float* weight_scale);

// The convolution that a linear layer over i8 rows is.
kernels::Conv2dShape linear_as_conv2d(const graph::Shape& x, const graph::Shape& weight);
// A depthwise convolution of x [n,h,w,c] with `weight` [kh,kw,c].
kernels::Conv2dShape depthwise_shape(const graph::DepthwiseConv2d& op, const graph::Shape& x,
                                     const graph::Shape& weight);

// Parameters of a norm in the units that its integer kernel takes.
struct Int8NormScales {
  std::vector<float> gamma;
  std::vector<float> beta;    // empty where the norm has none
  std::vector<float> factor;  // of a global_response_norm
  double epsilon = 0;
};
// gamma, beta and factor are the op's, [c]; factor may be null for ones.
Int8NormScales layer_norm_scales(const graph::LayerNorm& op, const graph::ValueType& x,
                                 const graph::ValueType& y, int c, const float* gamma,
                                 const float* beta);
Int8NormScales rms_norm_scales(const graph::ValueType& x, const graph::ValueType& y, int c,
                               const float* gamma);
Int8NormScales response_norm_scales(const graph::GlobalResponseNorm& op, const graph::ValueType& x,
                                    const graph::ValueType& y, int c, const float* gamma,
                                    const float* beta, const float* factor);

// x's scale over y's, for adding and concatenating.
inline float scale_ratio(const graph::ValueType& x, const graph::ValueType& y) {
  return x.scale / y.scale;
}
// From a sum of `count` values of type x to their mean of type y (f32: in real numbers).
float mean_multiplier(const graph::ValueType& x, const graph::ValueType& y, int64_t count);

// 1 / (input_scale * weight_scale[o]).
std::vector<float> bias_inverse_scales(const graph::QuantizeBias& op, const float* weight_scale,
                                       int64_t c);

}  // namespace vseal::engine
