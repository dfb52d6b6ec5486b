// Names of ops and activations, as they stand in errors and profiles; the order of inputs.
#include "graph/op.h"

namespace vseal::graph {
namespace {

struct NameOf {
  const char* operator()(const Conv2d&) const { return "conv2d"; }
  const char* operator()(const DepthwiseConv2d&) const { return "depthwise_conv2d"; }
  const char* operator()(const Linear&) const { return "linear"; }
  const char* operator()(const BatchNorm&) const { return "batch_norm"; }
  const char* operator()(const LayerNorm&) const { return "layer_norm"; }
  const char* operator()(const ChannelRmsNorm&) const { return "channel_rms_norm"; }
  const char* operator()(const GlobalResponseNorm&) const { return "global_response_norm"; }
  const char* operator()(const Activate&) const { return "activate"; }
  const char* operator()(const Add&) const { return "add"; }
  const char* operator()(const Affine&) const { return "affine"; }
  const char* operator()(const Concat&) const { return "concat"; }
  const char* operator()(const SpaceToDepth&) const { return "space_to_depth"; }
  const char* operator()(const DepthToSpace&) const { return "depth_to_space"; }
  const char* operator()(const ResizeBilinear&) const { return "resize_bilinear"; }
  const char* operator()(const SpatialMean&) const { return "spatial_mean"; }
  const char* operator()(const Tile&) const { return "tile"; }
  const char* operator()(const FoldMean&) const { return "fold_mean"; }
  const char* operator()(const BorderMap&) const { return "border_map"; }
  const char* operator()(const WindowAttention&) const { return "window_attention"; }
  const char* operator()(const Reshape&) const { return "reshape"; }
  const char* operator()(const Quantize&) const { return "quantize"; }
  const char* operator()(const Dequantize&) const { return "dequantize"; }
  const char* operator()(const QuantizeBias&) const { return "quantize_bias"; }
};

}  // namespace

const char* op_name(const OpAttributes& attributes) { return std::visit(NameOf{}, attributes); }

bool is_weighted(const Op& op) {
  return op.as<Conv2d>() != nullptr || op.as<DepthwiseConv2d>() != nullptr ||
         op.as<Linear>() != nullptr;
}

WeightedInputs weighted_inputs(const Op& op) {
  bool has_bias = false;
  bool has_residual = false;
  if (const auto* conv = op.as<Conv2d>()) {
    has_bias = conv->has_bias;
    has_residual = conv->has_residual;
  }
  if (const auto* depthwise = op.as<DepthwiseConv2d>()) has_bias = depthwise->has_bias;
  if (const auto* linear = op.as<Linear>()) has_bias = linear->has_bias;
  size_t next = 0;
  const auto take = [&](bool exists) {
    return exists && next < op.inputs.size() ? op.inputs[next++] : kNoTensor;
  };
  return {.x = take(true),
          .weight = take(true),
          .bias = take(has_bias),
          .residual = take(has_residual),
          .weight_scale = take(true)};
}

const char* activation_name(Activation activation) {
  switch (activation) {
    case Activation::kNone:
      return "none";
    case Activation::kRelu:
      return "relu";
    case Activation::kTanh:
      return "tanh";
    case Activation::kGelu:
      return "gelu";
    case Activation::kSilu:
      return "silu";
  }
  return "unknown";
}

}  // namespace vseal::graph
