#include <fmt/format.h>

#include "models/videoseal/net.h"
#include "models/videoseal/networks.h"

namespace vseal::models::videoseal {
namespace {

using graph::TensorId;

constexpr float kEpsilon = 1e-6f;  // of every LayerNorm but the transformer blocks'
constexpr float kVitEpsilon = 1e-5f;

// x + pw2(GRN(GELU(pw1(LayerNorm(dw7x7(x)))))).
Result<TensorId> convnext_block(Net& net, const std::string& block, TensorId x) {
  VSEAL_ASSIGN_OR_RETURN(const TensorId spatial, net.depthwise(block + "dwconv", x, 3));
  VSEAL_ASSIGN_OR_RETURN(const TensorId normed, net.layer_norm(block + "norm", spatial, kEpsilon));
  VSEAL_ASSIGN_OR_RETURN(const TensorId wide,
                         net.linear(block + "pwconv1", normed, graph::Activation::kGelu));
  VSEAL_ASSIGN_OR_RETURN(const TensorId gamma, net.vector(block + "grn.gamma"));
  VSEAL_ASSIGN_OR_RETURN(const TensorId beta, net.vector(block + "grn.beta"));
  VSEAL_ASSIGN_OR_RETURN(
      const TensorId responses,
      net.op(block + "grn", graph::GlobalResponseNorm{kEpsilon}, {wide, gamma, beta}));
  VSEAL_ASSIGN_OR_RETURN(const TensorId narrow, net.linear(block + "pwconv2", responses));
  return net.op(block + "sum", graph::Add{}, {x, narrow});
}

Result<TensorId> vit_block(Net& net, const VitSizes& sizes, size_t i, TensorId x) {
  const std::string block = fmt::format("detector.image_encoder.blocks.{}.", i);
  const int64_t side = sizes.window_sides[i];
  const graph::WindowAttention attributes{
      .heads = static_cast<int>(sizes.width / sizes.head_width),
      .window = side == sizes.grid ? 0 : static_cast<int>(side)};
  VSEAL_ASSIGN_OR_RETURN(const TensorId normed, net.layer_norm(block + "norm1", x, kVitEpsilon));
  VSEAL_ASSIGN_OR_RETURN(const TensorId qkv, net.linear(block + "attn.qkv", normed));
  std::vector<TensorId> inputs = {qkv};
  for (const char* table : {"attn.rel_pos_h", "attn.rel_pos_w"}) {
    VSEAL_ASSIGN_OR_RETURN(const TensorId positions, net.whole(block + table));
    inputs.push_back(positions);
  }
  VSEAL_ASSIGN_OR_RETURN(const TensorId mixed, net.op(block + "attn", attributes, inputs));
  VSEAL_ASSIGN_OR_RETURN(const TensorId projected, net.linear(block + "attn.proj", mixed));
  VSEAL_ASSIGN_OR_RETURN(const TensorId attended,
                         net.op(block + "attn.sum", graph::Add{}, {x, projected}));
  VSEAL_ASSIGN_OR_RETURN(const TensorId again,
                         net.layer_norm(block + "norm2", attended, kVitEpsilon));
  VSEAL_ASSIGN_OR_RETURN(const TensorId wide,
                         net.linear(block + "mlp.lin1", again, graph::Activation::kGelu));
  VSEAL_ASSIGN_OR_RETURN(const TensorId narrow, net.linear(block + "mlp.lin2", wide));
  return net.op(block + "mlp.sum", graph::Add{}, {attended, narrow});
}

// The last step: features -> logits, without logit 0.
Result<TensorId> pixel_decoder(Net& net, int64_t bits, TensorId features) {
  const std::string up = "detector.pixel_decoder.output_upscaling.0.upsample_block.";
  VSEAL_ASSIGN_OR_RETURN(
      const TensorId mixed,
      net.conv(up + "2", features, {.pad = 1, .padding = graph::Padding::kReflect}));
  VSEAL_ASSIGN_OR_RETURN(const TensorId normed, net.layer_norm(up + "3", mixed, kEpsilon));
  VSEAL_ASSIGN_OR_RETURN(const TensorId active,
                         net.op(up + "4", graph::Activate{graph::Activation::kGelu}, {normed}));
  VSEAL_ASSIGN_OR_RETURN(const TensorId mean,
                         net.op("detector.pixel_decoder.mean", graph::SpatialMean{}, {active}));
  const std::string linear = "detector.pixel_decoder.linear";
  VSEAL_ASSIGN_OR_RETURN(const TensorId weight, net.rows(linear + ".weight", 1, bits));
  VSEAL_ASSIGN_OR_RETURN(const TensorId bias, net.rows(linear + ".bias", 1, bits));
  return net.op("logits", graph::Linear{.has_bias = true}, {mean, weight, bias});
}

}  // namespace

Result<TensorId> convnext_features(Net& net, const ConvNextSizes& sizes, TensorId x) {
  for (size_t i = 0; i < sizes.dims.size(); ++i) {
    const std::string down = fmt::format("detector.convnext.downsample_layers.{}.", i);
    if (i == 0) {
      VSEAL_ASSIGN_OR_RETURN(
          x, net.conv(down + "0", x, {.stride = sizes.stem_stride, .has_bias = true}));
      VSEAL_ASSIGN_OR_RETURN(x, net.layer_norm(down + "1", x, kEpsilon));
    } else {
      VSEAL_ASSIGN_OR_RETURN(x, net.layer_norm(down + "0", x, kEpsilon));
      VSEAL_ASSIGN_OR_RETURN(x, net.conv(down + "1", x, {.stride = 2, .has_bias = true}));
    }
    for (int64_t j = 0; j < sizes.depths[i]; ++j) {
      const std::string block = fmt::format("detector.convnext.stages.{}.{}.", i, j);
      VSEAL_ASSIGN_OR_RETURN(x, convnext_block(net, block, x));
    }
  }
  return x;
}

Result<TensorId> vit_features(Net& net, const VitSizes& sizes, TensorId rgb) {
  const std::string encoder = "detector.image_encoder.";
  const int patch = static_cast<int>(sizes.patch);
  VSEAL_ASSIGN_OR_RETURN(
      TensorId x, net.conv(encoder + "patch_embed.proj", rgb, {.stride = patch, .has_bias = true}));
  VSEAL_ASSIGN_OR_RETURN(const TensorId position, net.whole(encoder + "pos_embed"));
  VSEAL_ASSIGN_OR_RETURN(x, net.op(encoder + "positioned", graph::Add{}, {x, position}));
  for (size_t i = 0; i < sizes.window_sides.size(); ++i) {
    VSEAL_ASSIGN_OR_RETURN(x, vit_block(net, sizes, i, x));
  }
  VSEAL_ASSIGN_OR_RETURN(x, net.conv(encoder + "neck.0", x, {}));
  VSEAL_ASSIGN_OR_RETURN(x, net.layer_norm(encoder + "neck.1", x, kEpsilon));
  VSEAL_ASSIGN_OR_RETURN(x, net.conv(encoder + "neck.2", x, {.pad = 1}));
  return net.layer_norm(encoder + "neck.3", x, kEpsilon);
}

Result<graph::Graph> detector(Weights& weights, const DetectorSizes& sizes, int side) {
  Net net(weights);
  if (sizes.vit && side != sizes.vit->patch * sizes.vit->grid) {
    return invalid_argument(fmt::format("processing size: expected {} for this detector, got {}",
                                        sizes.vit->patch * sizes.vit->grid, side));
  }
  const TensorId rgb = net.graph().add_input("rgb", {1, side, side, 3});
  VSEAL_ASSIGN_OR_RETURN(const TensorId centred,
                         net.op("detector.centred", graph::Affine{2.0f, -1.0f}, {rgb}));
  auto features = sizes.vit ? vit_features(net, *sizes.vit, centred)
                            : convnext_features(net, *sizes.convnext, centred);
  if (!features.ok()) return features.status();
  VSEAL_ASSIGN_OR_RETURN(const TensorId logits, pixel_decoder(net, sizes.bits, *features));
  return net.finish(logits);
}

}  // namespace vseal::models::videoseal
