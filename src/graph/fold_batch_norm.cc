// BatchNorm as a rescaled convolution: w' = w s, bias' = (bias - mean) s + beta with
// s = gamma / sqrt(var + epsilon) per output channel.
#include <algorithm>
#include <cmath>

#include "graph/constant.h"
#include "graph/passes.h"
#include "graph/rewrite.h"

namespace vseal::graph {
namespace {

// A factor and an offset for each channel, in double so that each folded value is rounded once.
struct ChannelAffine {
  std::vector<double> scale;
  std::vector<double> offset;  // added after scaling
};

// The weights of a convolution, output channel by output channel times a factor.
class ScaledFilter : public ConstantSource {
 public:
  ScaledFilter(Tensor weight, std::vector<double> scale)
      : weight_(std::move(weight)), scale_(std::move(scale)) {}

  Status read(std::span<std::byte> out) const override {
    VSEAL_ASSIGN_OR_RETURN(const F32Values weight, f32_values(weight_));
    const size_t filter = weight.size() / scale_.size();
    auto* scaled = reinterpret_cast<float*>(out.data());
    for (size_t oc = 0; oc < scale_.size(); ++oc) {
      for (size_t i = oc * filter; i < (oc + 1) * filter; ++i) {
        scaled[i] = static_cast<float>(weight[i] * scale_[oc]);
      }
    }
    return {};
  }

 private:
  Tensor weight_;
  std::vector<double> scale_;  // a factor for each output channel
};

Result<ChannelAffine> affine_of(const Op& norm, const Rewrite& rewrite) {
  const auto values = [&](size_t input) { return f32_values(rewrite.tensor(norm.inputs[input])); };
  VSEAL_ASSIGN_OR_RETURN(const F32Values gamma, values(1));
  VSEAL_ASSIGN_OR_RETURN(const F32Values beta, values(2));
  VSEAL_ASSIGN_OR_RETURN(const F32Values mean, values(3));
  VSEAL_ASSIGN_OR_RETURN(const F32Values var, values(4));
  ChannelAffine affine;
  for (size_t c = 0; c < gamma.size(); ++c) {
    const double scale = gamma[c] / std::sqrt(double{var[c]} + norm.as<BatchNorm>()->epsilon);
    affine.scale.push_back(scale);
    affine.offset.push_back(beta[c] - mean[c] * scale);
  }
  return affine;
}

Status fold(size_t conv_index, size_t norm_index, Rewrite& rewrite) {
  const Op& conv = rewrite.op(conv_index);
  VSEAL_ASSIGN_OR_RETURN(const ChannelAffine affine, affine_of(rewrite.op(norm_index), rewrite));
  std::vector<float> bias(affine.offset.begin(), affine.offset.end());
  if (conv.as<Conv2d>()->has_bias) {
    VSEAL_ASSIGN_OR_RETURN(const F32Values old, f32_values(rewrite.tensor(conv.inputs[2])));
    for (size_t oc = 0; oc < bias.size(); ++oc) {
      bias[oc] = static_cast<float>(affine.offset[oc] + old[oc] * affine.scale[oc]);
    }
  }
  Conv2d folded = *conv.as<Conv2d>();
  folded.has_bias = true;
  const TensorId x = conv.inputs[0];
  const std::string name = conv.name;
  const Tensor weight = rewrite.tensor(conv.inputs[1]);
  const Shape channels{static_cast<int64_t>(bias.size())};
  const TensorId new_weight =
      rewrite.add_constant(name + ".folded_weight", weight.shape,
                           {.source = std::make_shared<const ScaledFilter>(weight, affine.scale)});
  const TensorId new_bias =
      rewrite.add_constant(name + ".folded_bias", channels, own_values(std::move(bias)));
  rewrite.merge(conv_index, norm_index, folded, {x, new_weight, new_bias});
  return {};
}

// Whether the op's parameters, from input 1 on, are all constants.
bool has_constant_parameters(const Op& op, const Rewrite& rewrite) {
  const auto is_constant = [&](TensorId id) { return rewrite.tensor(id).is_constant(); };
  return std::all_of(op.inputs.begin() + 1, op.inputs.end(), is_constant);
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
    if (rewrite.tensor(rewrite.op(producer).inputs[0]).dtype == DType::kI8) continue;
    if (!has_constant_parameters(rewrite.op(producer), rewrite)) continue;
    if (!has_constant_parameters(norm, rewrite)) continue;
    VSEAL_RETURN_IF_ERROR(fold(producer, i, rewrite));
  }
  return rewrite.build();
}

}  // namespace vseal::graph
