#include "videoseal_shapes.h"

#include <array>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

namespace vseal::bench {
namespace {

using graph::Graph;
using graph::OpAttributes;
using graph::Shape;
using graph::TensorId;

constexpr int64_t kSide = 256;
constexpr int64_t kBits = 256;
constexpr int64_t kHidden = 256;  // channels of the message
constexpr std::array<int64_t, 4> kWidths = {16, 32, 64, 128};
constexpr int kBottleneckBlocks = 8;

class Unet {
 public:
  explicit Unet(uint64_t seed) : state_(seed) {}

  Graph& graph() { return graph_; }
  const Shape& shape(TensorId x) const { return graph_.tensor(x).shape; }

  Result<TensorId> op(std::string name, OpAttributes attributes, std::vector<TensorId> inputs) {
    return graph_.add_op(std::move(name), std::move(attributes), std::move(inputs));
  }

  // Uniform values of `centre` +- `radius`.
  Result<TensorId> constant(const std::string& name, const Shape& shape, float centre,
                            float radius) {
    std::vector<float> values(static_cast<size_t>(shape.elements()));
    for (float& value : values) value = centre + radius * (2.0f * uniform() - 1.0f);
    return graph_.add_constant(name, shape, values);
  }

  // Weights of unit gain: variance 1 / fan_in.
  Result<TensorId> weight(const std::string& name, const Shape& shape, int64_t fan_in) {
    return constant(name, shape, 0.0f, std::sqrt(3.0f / static_cast<float>(fan_in)));
  }

  // A convolution of side x side filters; attributes' has_bias says whether it gets one.
  Result<TensorId> conv(const std::string& name, TensorId x, int64_t oc, int64_t side,
                        graph::Conv2d attributes) {
    const int64_t ic = shape(x)[3];
    VSEAL_ASSIGN_OR_RETURN(const TensorId filter,
                           weight(name + ".weight", {oc, side, side, ic}, side * side * ic));
    std::vector<TensorId> inputs = {x, filter};
    if (attributes.has_bias) {
      VSEAL_ASSIGN_OR_RETURN(const TensorId bias, constant(name + ".bias", {oc}, 0.0f, 0.1f));
      inputs.push_back(bias);
    }
    return op(name, attributes, std::move(inputs));
  }

  Result<TensorId> conv_norm_relu(const std::string& name, TensorId x, int64_t oc) {
    VSEAL_ASSIGN_OR_RETURN(const TensorId y, conv(name + ".conv", x, oc, 3, {.pad = 1}));
    VSEAL_ASSIGN_OR_RETURN(const TensorId gamma, constant(name + ".gamma", {oc}, 1.0f, 0.25f));
    VSEAL_ASSIGN_OR_RETURN(const TensorId beta, constant(name + ".beta", {oc}, 0.0f, 0.1f));
    VSEAL_ASSIGN_OR_RETURN(const TensorId mean, constant(name + ".mean", {oc}, 0.0f, 0.1f));
    VSEAL_ASSIGN_OR_RETURN(const TensorId var, constant(name + ".var", {oc}, 1.0f, 0.5f));
    VSEAL_ASSIGN_OR_RETURN(const TensorId normed,
                           op(name + ".norm", graph::BatchNorm{}, {y, gamma, beta, mean, var}));
    return op(name, graph::Activate{graph::Activation::kRelu}, {normed});
  }

  // Two CBRs, plus a biased 1x1 convolution of the input.
  Result<TensorId> block(const std::string& name, TensorId x, int64_t oc) {
    VSEAL_ASSIGN_OR_RETURN(const TensorId a, conv_norm_relu(name + ".0", x, oc));
    VSEAL_ASSIGN_OR_RETURN(const TensorId b, conv_norm_relu(name + ".1", a, oc));
    VSEAL_ASSIGN_OR_RETURN(const TensorId shortcut,
                           conv(name + ".shortcut", x, oc, 1, {.has_bias = true}));
    return op(name, graph::Add{}, {b, shortcut});
  }

  Result<TensorId> down(const std::string& name, TensorId x, int64_t oc) {
    VSEAL_ASSIGN_OR_RETURN(const TensorId halved, conv(name + ".conv", x, oc, 3,
                                                       {.stride = 2, .pad = 1, .has_bias = true}));
    return block(name, halved, oc);
  }

  // concat(x, skip / sqrt 2), doubled in size, a reflection-padded convolution, LayerNorm, block.
  Result<TensorId> up(const std::string& name, TensorId x, TensorId skip, int64_t oc) {
    VSEAL_ASSIGN_OR_RETURN(const TensorId scaled,
                           op(name + ".skip", graph::Affine{std::sqrt(0.5f), 0.0f}, {skip}));
    VSEAL_ASSIGN_OR_RETURN(const TensorId joined,
                           op(name + ".concat", graph::Concat{}, {x, scaled}));
    const int side = static_cast<int>(2 * shape(x)[1]);
    VSEAL_ASSIGN_OR_RETURN(const TensorId large,
                           op(name + ".resize", graph::ResizeBilinear{side, side}, {joined}));
    VSEAL_ASSIGN_OR_RETURN(const TensorId y, conv(name + ".conv", large, oc, 3,
                                                  {.pad = 1, .padding = graph::Padding::kReflect}));
    VSEAL_ASSIGN_OR_RETURN(const TensorId gamma, constant(name + ".gamma", {oc}, 1.0f, 0.25f));
    VSEAL_ASSIGN_OR_RETURN(const TensorId beta, constant(name + ".beta", {oc}, 0.0f, 0.1f));
    VSEAL_ASSIGN_OR_RETURN(const TensorId normed,
                           op(name + ".norm", graph::LayerNorm{}, {y, gamma, beta}));
    VSEAL_ASSIGN_OR_RETURN(const TensorId active,
                           op(name + ".relu", graph::Activate{graph::Activation::kRelu}, {normed}));
    return block(name, active, oc);
  }

  // A sum of one embedding row a bit is an affine map of the bits as +-1, constant over the plane.
  Result<TensorId> message_map(int64_t side) {
    const TensorId message = graph_.add_input("message", {1, kBits});
    VSEAL_ASSIGN_OR_RETURN(const TensorId rows, weight("message.weight", {kHidden, kBits}, kBits));
    VSEAL_ASSIGN_OR_RETURN(const TensorId bias, constant("message.bias", {kHidden}, 0.0f, 0.1f));
    VSEAL_ASSIGN_OR_RETURN(
        const TensorId values,
        op("message.values", graph::Linear{.has_bias = true}, {message, rows, bias}));
    VSEAL_ASSIGN_OR_RETURN(const TensorId cell,
                           op("message.cell", graph::Reshape{{1, 1, 1, kHidden}}, {values}));
    const int repeats = static_cast<int>(side);
    return op("message.map", graph::Tile{repeats, repeats}, {cell});
  }

 private:
  // In 0..1, from the splitmix64 sequence: the same on every machine, unlike <random>'s.
  float uniform() {
    state_ += 0x9E3779B97F4A7C15u;
    uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return static_cast<float>((z ^ (z >> 31)) >> 40) * 0x1p-24f;
  }

  Graph graph_;
  uint64_t state_;
};

}  // namespace

Result<Graph> videoseal_embedder_graph(uint64_t seed) {
  Unet net(seed);
  const TensorId luma = net.graph().add_input("luma", {1, kSide, kSide, 1});
  VSEAL_ASSIGN_OR_RETURN(TensorId x, net.op("centred", graph::Affine{2.0f, -1.0f}, {luma}));
  VSEAL_ASSIGN_OR_RETURN(x, net.block("in", x, kWidths[0]));
  std::vector<TensorId> skips;
  for (size_t i = 1; i < kWidths.size(); ++i) {
    VSEAL_ASSIGN_OR_RETURN(x, net.down("down." + std::to_string(i), x, kWidths[i]));
    skips.push_back(x);
  }
  VSEAL_ASSIGN_OR_RETURN(const TensorId map, net.message_map(net.shape(x)[1]));
  VSEAL_ASSIGN_OR_RETURN(x, net.op("latent", graph::Concat{}, {x, map}));
  skips.back() = x;  // the deepest skip has the message's channels
  const int64_t latent = net.shape(x)[3];
  for (int i = 0; i < kBottleneckBlocks; ++i) {
    VSEAL_ASSIGN_OR_RETURN(x, net.block("bottleneck." + std::to_string(i), x, latent));
  }
  for (size_t i = skips.size(); i-- > 0;) {
    VSEAL_ASSIGN_OR_RETURN(x, net.up("up." + std::to_string(i), x, skips[i], kWidths[i]));
  }
  VSEAL_ASSIGN_OR_RETURN(x, net.conv("out", x, 1, 1, {.has_bias = true}));
  VSEAL_ASSIGN_OR_RETURN(x, net.op("residual", graph::Activate{graph::Activation::kTanh}, {x}));
  VSEAL_RETURN_IF_ERROR(net.graph().add_output(x));
  VSEAL_RETURN_IF_ERROR(graph::verify(net.graph()));
  return std::move(net.graph());
}

}  // namespace vseal::bench
