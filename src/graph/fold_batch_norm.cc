// BatchNorm as a rescaled convolution: w' = w s, bias' = (bias - mean) s + beta with
// s = gamma / sqrt(var + epsilon) per output channel.
#include <fmt/format.h>

#include <cmath>

#include "graph/passes.h"
#include "graph/rewrite.h"

namespace vseal::graph {
namespace {

Status expect_f32(const Op& op, const Rewrite& rewrite, size_t first) {
  for (size_t i = first; i < op.inputs.size(); ++i) {
    const Tensor& constant = rewrite.tensor(op.inputs[i]);
    if (constant.dtype == DType::kF32) continue;
    return invalid_argument(fmt::format("[fold_batch_norm {}] {}: expected f32, got {}", op.name,
                                        constant.name, dtype_name(constant.dtype)));
  }
  return {};
}

// A factor and an offset for each channel, in double so that each folded value is rounded once.
struct ChannelAffine {
  std::vector<double> scale;
  std::vector<double> offset;  // added after scaling
};

ChannelAffine affine_of(const Op& norm, const Rewrite& rewrite) {
  const auto values = [&](size_t input) { return f32_values(rewrite.tensor(norm.inputs[input])); };
  const auto gamma = values(1), beta = values(2), mean = values(3), var = values(4);
  ChannelAffine affine;
  for (size_t c = 0; c < gamma.size(); ++c) {
    const double scale = gamma[c] / std::sqrt(double{var[c]} + norm.as<BatchNorm>()->epsilon);
    affine.scale.push_back(scale);
    affine.offset.push_back(beta[c] - mean[c] * scale);
  }
  return affine;
}

void fold(size_t conv_index, size_t norm_index, Rewrite& rewrite) {
  const Op& conv = rewrite.op(conv_index);
  const ChannelAffine affine = affine_of(rewrite.op(norm_index), rewrite);
  const Tensor& weight = rewrite.tensor(conv.inputs[1]);
  const std::span<const float> w = f32_values(weight);
  const size_t channels = affine.scale.size();
  const size_t filter = w.size() / channels;
  std::vector<float> scaled(w.size());
  std::vector<float> bias(channels);
  for (size_t oc = 0; oc < channels; ++oc) {
    for (size_t i = oc * filter; i < (oc + 1) * filter; ++i) {
      scaled[i] = static_cast<float>(w[i] * affine.scale[oc]);
    }
    double b = affine.offset[oc];
    if (conv.as<Conv2d>()->has_bias) {
      b += f32_values(rewrite.tensor(conv.inputs[2]))[oc] * affine.scale[oc];
    }
    bias[oc] = static_cast<float>(b);
  }
  Conv2d folded = *conv.as<Conv2d>();
  folded.has_bias = true;
  const TensorId x = conv.inputs[0];
  const std::string name = conv.name;
  const Shape shape = weight.shape;
  const TensorId new_weight = rewrite.add_constant(name + ".folded_weight", shape, scaled);
  const TensorId new_bias = rewrite.add_constant(
      name + ".folded_bias", Shape{static_cast<int64_t>(channels)}, std::move(bias));
  rewrite.merge(conv_index, norm_index, folded, {x, new_weight, new_bias});
}

}  // namespace

Result<Graph> fold_batch_norm(const Graph& graph) {
  Rewrite rewrite(graph);
  for (size_t i = 0; i < rewrite.op_count(); ++i) {
    const Op& norm = rewrite.op(i);
    if (norm.as<BatchNorm>() == nullptr) continue;
    const size_t producer = rewrite.private_producer(norm.inputs[0]);
    if (producer == Rewrite::kNone) continue;
    const Conv2d* conv = rewrite.op(producer).as<Conv2d>();
    if (conv == nullptr || conv->has_residual || conv->activation != Activation::kNone) continue;
    VSEAL_RETURN_IF_ERROR(expect_f32(rewrite.op(producer), rewrite, 1));
    VSEAL_RETURN_IF_ERROR(expect_f32(norm, rewrite, 1));
    fold(producer, i, rewrite);
  }
  return rewrite.build();
}

}  // namespace vseal::graph
