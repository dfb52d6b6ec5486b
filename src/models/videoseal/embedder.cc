#include <fmt/format.h>

#include <cmath>
#include <numbers>

#include "models/videoseal/net.h"
#include "models/videoseal/networks.h"

namespace vseal::models::videoseal {
namespace {

using graph::TensorId;

constexpr float kBatchNormEpsilon = 1e-5f;
constexpr float kSkipFactor = static_cast<float>(1.0 / std::numbers::sqrt2);

// The message as the vector that upstream spreads over the plane: the sum over k of row 2k + bit_k
// of the embedding, which for m_k = 2 bit_k - 1 is linear: half the sum of all rows, plus m_k times
// half the difference of each pair.
class MessageEmbedding : public graph::ConstantSource {
 public:
  MessageEmbedding(std::vector<float> table, int64_t bits, int64_t hidden)
      : table_(std::move(table)), bits_(bits), hidden_(hidden) {}

  // [hidden, bits]
  Status read(std::span<std::byte> out) const override {
    auto* weight = reinterpret_cast<float*>(out.data());
    for (int64_t h = 0; h < hidden_; ++h) {
      for (int64_t k = 0; k < bits_; ++k) {
        weight[h * bits_ + k] = (row(2 * k + 1, h) - row(2 * k, h)) * 0.5f;
      }
    }
    return {};
  }

  std::vector<float> bias() const {
    std::vector<float> bias;
    for (int64_t h = 0; h < hidden_; ++h) {
      double sum = 0;
      for (int64_t k = 0; k < 2 * bits_; ++k) sum += row(k, h);
      bias.push_back(static_cast<float>(sum * 0.5));
    }
    return bias;
  }

 private:
  float row(int64_t k, int64_t h) const { return table_[static_cast<size_t>(k * hidden_ + h)]; }

  std::vector<float> table_;  // [2 * bits, hidden]
  int64_t bits_;
  int64_t hidden_;
};

class Unet {
 public:
  Unet(Weights& weights, const EmbedderSizes& sizes) : net_(weights), sizes_(sizes) {}

  Result<graph::Graph> build(int side) {
    const int64_t c = sizes_.input_channels;
    const TensorId picture = net_.graph().add_input(c == 1 ? "luma" : "rgb", {1, side, side, c});
    VSEAL_RETURN_IF_ERROR(add_message());
    VSEAL_ASSIGN_OR_RETURN(TensorId x,
                           net_.op("embedder.centred", graph::Affine{2.0f, -1.0f}, {picture}));
    VSEAL_ASSIGN_OR_RETURN(x, block(kUnet + "inc", x));
    std::vector<TensorId> skips;
    for (size_t i = 0; i + 1 < sizes_.widths.size(); ++i) {
      const std::string down = fmt::format("{}downs.{}.", kUnet, i);
      VSEAL_ASSIGN_OR_RETURN(
          x, net_.conv(down + "down", x, {.stride = 2, .pad = 1, .has_bias = true}));
      VSEAL_ASSIGN_OR_RETURN(x, block(down + "conv", x));
      skips.push_back(x);
    }
    VSEAL_ASSIGN_OR_RETURN(x, bottleneck(x));
    for (size_t i = 0; i + 1 < sizes_.widths.size(); ++i) {
      VSEAL_ASSIGN_OR_RETURN(x, step_up(i, x, skips[skips.size() - 1 - i]));
    }
    VSEAL_ASSIGN_OR_RETURN(x, net_.conv(kUnet + "outc", x, {.has_bias = true}));
    VSEAL_ASSIGN_OR_RETURN(x, net_.op("residual", graph::Activate{graph::Activation::kTanh}, {x}));
    return net_.finish(x);
  }

 private:
  const std::string kUnet = "embedder.unet.";

  Result<TensorId> activate(const std::string& name, TensorId x) {
    const auto kind = sizes_.rms_norm ? graph::Activation::kSilu : graph::Activation::kRelu;
    return net_.op(name, graph::Activate{kind}, {x});
  }

  Status add_message() {
    const std::string name = "embedder.msg_processor.msg_embeddings.weight";
    VSEAL_ASSIGN_OR_RETURN(std::vector<float> table, net_.values(name));
    const TensorId message = net_.graph().add_input("message", {1, sizes_.bits});
    const auto embedding =
        std::make_shared<const MessageEmbedding>(std::move(table), sizes_.bits, sizes_.hidden);
    graph::Graph& graph = net_.graph();
    VSEAL_ASSIGN_OR_RETURN(const TensorId weight,
                           graph.add_constant(name, graph::DType::kF32,
                                              {sizes_.hidden, sizes_.bits}, {.source = embedding}));
    VSEAL_ASSIGN_OR_RETURN(const TensorId bias,
                           graph.add_constant("embedder.msg_processor.msg_embeddings.bias",
                                              {sizes_.hidden}, embedding->bias()));
    VSEAL_ASSIGN_OR_RETURN(hidden_,
                           net_.op("embedder.msg_processor", graph::Linear{.has_bias = true},
                                   {message, weight, bias}));
    return {};
  }

  // norm and activation behind the convolution `first` of a block, then the second half of it.
  Result<TensorId> finish_block(const std::string& module, TensorId first, TensorId shortcut) {
    const std::string path = module + ".double_conv.";
    VSEAL_ASSIGN_OR_RETURN(TensorId x, net_.conv(path + "3", first, {.pad = 1}));
    VSEAL_ASSIGN_OR_RETURN(x, net_.norm(path + "4", x, sizes_.rms_norm));
    VSEAL_ASSIGN_OR_RETURN(x, activate(path + "5", x));
    return net_.op(module, graph::Add{}, {x, shortcut});
  }

  // ResnetBlock: conv3x3, norm, act twice, plus conv1x1 of the input.
  Result<TensorId> block(const std::string& module, TensorId x) {
    const std::string path = module + ".double_conv.";
    VSEAL_ASSIGN_OR_RETURN(TensorId first, net_.conv(path + "0", x, {.pad = 1}));
    VSEAL_ASSIGN_OR_RETURN(first, net_.norm(path + "1", first, sizes_.rms_norm));
    VSEAL_ASSIGN_OR_RETURN(first, activate(path + "2", first));
    VSEAL_ASSIGN_OR_RETURN(const TensorId shortcut,
                           net_.conv(module + ".res_conv", x, {.has_bias = true}));
    return finish_block(module, first, shortcut);
  }

  // What the message's channels, input channels [begin, begin + hidden) of a filter, add to its
  // output: [1, rows] (see ConstantInput). `bias` is added when it is not kNoTensor.
  Result<TensorId> message_part(const std::string& module, ConstantInput input, TensorId bias) {
    VSEAL_ASSIGN_OR_RETURN(const formats::CheckpointTensor* filter,
                           net_.tensor(module + ".weight"));
    input.end = input.begin + sizes_.hidden;
    VSEAL_ASSIGN_OR_RETURN(
        const TensorId weight,
        net_.constant(module + ".message_weight",
                      fold_constant_input(*filter, std::move(input), net_.owner())));
    std::vector<TensorId> inputs = {hidden_, weight};
    if (bias != graph::kNoTensor) inputs.push_back(bias);
    return net_.op(module + ".message", graph::Linear{.has_bias = bias != graph::kNoTensor},
                   std::move(inputs));
  }

  // As message_part, as a bias [oc].
  Result<TensorId> message_bias(const std::string& module, ConstantInput input, TensorId bias) {
    VSEAL_ASSIGN_OR_RETURN(const TensorId row, message_part(module, std::move(input), bias));
    return net_.op(module + ".message_bias", graph::Reshape{{net_.channels(row)}}, {row});
  }

  // gamma / sqrt(var + epsilon) of a BatchNorm, by which what is added before it is added behind
  // it.
  Result<std::vector<double>> batch_norm_scale(const std::string& module) {
    VSEAL_ASSIGN_OR_RETURN(const std::vector<float> gamma, net_.values(module + ".weight"));
    VSEAL_ASSIGN_OR_RETURN(const std::vector<float> var, net_.values(module + ".running_var"));
    std::vector<double> scale;
    for (size_t i = 0; i < gamma.size(); ++i) {
      scale.push_back(gamma[i] / std::sqrt(double{var[i]} + kBatchNormEpsilon));
    }
    return scale;
  }

  // The bottleneck's first 3x3 convolution over latent and message, and its norm.
  Result<TensorId> mix_message(const std::string& path, TensorId latent) {
    const int64_t z = net_.channels(latent);
    const std::string conv = path + "0";
    VSEAL_ASSIGN_OR_RETURN(const TensorId weight, net_.filter(conv + ".weight", {.end = z}));
    VSEAL_ASSIGN_OR_RETURN(TensorId x, net_.op(conv, graph::Conv2d{.pad = 1}, {latent, weight}));
    ConstantInput input{.begin = z, .border = Border::kZeroPadded};
    if (!sizes_.rms_norm) {
      VSEAL_ASSIGN_OR_RETURN(input.row_scale, batch_norm_scale(path + "1"));
      VSEAL_ASSIGN_OR_RETURN(x, net_.norm(path + "1", x, false));
    }
    VSEAL_ASSIGN_OR_RETURN(const TensorId vectors,
                           message_part(conv, std::move(input), graph::kNoTensor));
    const graph::Shape& shape = net_.graph().tensor(x).shape;
    const graph::BorderMap extents{static_cast<int>(shape[1]), static_cast<int>(shape[2])};
    VSEAL_ASSIGN_OR_RETURN(const TensorId map, net_.op(conv + ".message_map", extents, {vectors}));
    VSEAL_ASSIGN_OR_RETURN(x, net_.op(conv + ".sum", graph::Add{}, {x, map}));
    return sizes_.rms_norm ? net_.norm(path + "1", x, true) : Result<TensorId>(x);
  }

  Result<TensorId> bottleneck(TensorId latent) {
    const std::string module = kUnet + "bottleneck.model.0";
    const std::string path = module + ".double_conv.";
    VSEAL_ASSIGN_OR_RETURN(TensorId first, mix_message(path, latent));
    VSEAL_ASSIGN_OR_RETURN(first, activate(path + "2", first));
    const std::string res = module + ".res_conv";
    const int64_t z = net_.channels(latent);
    VSEAL_ASSIGN_OR_RETURN(const TensorId own_bias, net_.vector(res + ".bias"));
    VSEAL_ASSIGN_OR_RETURN(const TensorId bias, message_bias(res, {.begin = z}, own_bias));
    VSEAL_ASSIGN_OR_RETURN(const TensorId weight, net_.filter(res + ".weight", {.end = z}));
    VSEAL_ASSIGN_OR_RETURN(const TensorId shortcut,
                           net_.op(res, graph::Conv2d{.has_bias = true}, {latent, weight, bias}));
    VSEAL_ASSIGN_OR_RETURN(TensorId x, finish_block(module, first, shortcut));
    for (int64_t i = 1; i < sizes_.bottleneck_blocks; ++i) {
      VSEAL_ASSIGN_OR_RETURN(x, block(fmt::format("{}bottleneck.model.{}", kUnet, i), x));
    }
    return x;
  }

  // concat(x, skip * 2^-0.5), twice the size, reflection pad, conv3x3, LayerNorm, act, block. The
  // factor is in the filter. The first skip has the message's channels behind its own: constant, so
  // they stay so through resize and reflection.
  Result<TensorId> step_up(size_t i, TensorId x, TensorId skip) {
    const std::string up = fmt::format("{}ups.{}.", kUnet, i);
    const std::string conv = up + "up.upsample_block.2";
    const int64_t from_below = net_.channels(x);
    const int64_t taken = from_below + net_.channels(skip);
    VSEAL_ASSIGN_OR_RETURN(const TensorId both, net_.op(up + "concat", graph::Concat{}, {x, skip}));
    const graph::Shape& shape = net_.graph().tensor(both).shape;
    const graph::ResizeBilinear twice{static_cast<int>(2 * shape[1]),
                                      static_cast<int>(2 * shape[2])};
    VSEAL_ASSIGN_OR_RETURN(x, net_.op(up + "up.upsample_block.0", twice, {both}));
    VSEAL_ASSIGN_OR_RETURN(
        const TensorId weight,
        net_.filter(conv + ".weight",
                    {.end = taken, .scaled_from = from_below, .factor = kSkipFactor}));
    std::vector<TensorId> inputs = {x, weight};
    if (i == 0) {
      const ConstantInput message{.begin = taken, .factor = kSkipFactor};
      VSEAL_ASSIGN_OR_RETURN(const TensorId bias, message_bias(conv, message, graph::kNoTensor));
      inputs.push_back(bias);
    }
    const graph::Conv2d attributes{
        .pad = 1, .padding = graph::Padding::kReflect, .has_bias = i == 0};
    VSEAL_ASSIGN_OR_RETURN(x, net_.op(conv, attributes, std::move(inputs)));
    VSEAL_ASSIGN_OR_RETURN(x, net_.layer_norm(up + "up.upsample_block.3", x, 1e-6f));
    VSEAL_ASSIGN_OR_RETURN(x, activate(up + "up.upsample_block.4", x));
    return block(up + "conv", x);
  }

  Net net_;
  const EmbedderSizes& sizes_;
  TensorId hidden_ = graph::kNoTensor;
};

}  // namespace

Result<graph::Graph> embedder(Weights& weights, const EmbedderSizes& sizes, int side) {
  const int64_t unit = int64_t{1} << (sizes.widths.size() - 1);
  if (side % unit != 0) {
    return invalid_argument(
        fmt::format("processing size: expected a multiple of {}, got {}", unit, side));
  }
  return Unet(weights, sizes).build(side);
}

}  // namespace vseal::models::videoseal
