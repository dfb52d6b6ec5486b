#include "models/nano.h"

#include <fmt/format.h>

#include <cmath>
#include <utility>

namespace vseal::models {
namespace {

using graph::Graph;
using graph::OpAttributes;
using graph::Shape;
using graph::TensorId;

// The integer whose square is `square`; 0 when there is none.
int64_t exact_root(int64_t square) {
  const auto root = static_cast<int64_t>(std::llround(std::sqrt(static_cast<double>(square))));
  return root > 0 && square / root == root && square % root == 0 ? root : 0;
}

// A network being built. Ops bear the names of the modules of the training, without the prefix
// ("body.0.a"), and constants those of their tensors ("embedder.body.0.a.0.weight").
class NanoNet {
 public:
  NanoNet(Weights& weights, std::string prefix) : weights_(weights), prefix_(std::move(prefix)) {}

  Graph& graph() { return graph_; }
  Weights& weights() { return weights_; }
  std::string tensor(const std::string& name) const { return prefix_ + name; }
  int64_t channels(TensorId x) const { return graph_.tensor(x).shape[3]; }

  Result<TensorId> op(std::string name, OpAttributes attributes, std::vector<TensorId> inputs) {
    return graph_.add_op(std::move(name), std::move(attributes), std::move(inputs));
  }

  // scale * luma + offset, its blocks of b x b pixels moved into channels; b from the stem's
  // filter.
  Result<TensorId> cells(const Card& card, float scale, float offset) {
    const std::string stem = tensor("stem.0.weight");
    VSEAL_ASSIGN_OR_RETURN(const Shape filter, weights_.filter_shape(stem));
    const int64_t block = exact_root(filter[3]);
    if (block == 0 || card.processing_size % block != 0) {
      return tensor_fault(stem,
                          fmt::format("input channels b*b, b dividing {}", card.processing_size),
                          filter.text());
    }
    const int64_t side = card.processing_size;
    const TensorId luma = graph_.add_input("luma", {1, side, side, 1});
    VSEAL_ASSIGN_OR_RETURN(const TensorId centred,
                           op("centred", graph::Affine{scale, offset}, {luma}));
    return op("cells", graph::SpaceToDepth{static_cast<int>(block)}, {centred});
  }

  // A convolution that keeps height and width; `oc` output channels, or as many as the tensor has.
  Result<TensorId> conv(const std::string& name, const std::string& module, TensorId x,
                        bool has_bias, int64_t oc = 0) {
    const std::string filter_name = tensor(module + ".weight");
    VSEAL_ASSIGN_OR_RETURN(const Shape filter, weights_.filter_shape(filter_name));
    const int64_t side = filter[1];
    if (side % 2 == 0 || side > 7 || filter[2] != side) {
      return tensor_fault(filter_name, "a square filter of side 1, 3, 5 or 7", filter.text());
    }
    const int64_t out = oc > 0 ? oc : filter[0];
    std::vector<TensorId> inputs = {x};
    VSEAL_ASSIGN_OR_RETURN(
        const TensorId weight,
        weights_.add_filter(graph_, filter_name, {out, side, side, channels(x)}));
    inputs.push_back(weight);
    if (has_bias) {
      VSEAL_ASSIGN_OR_RETURN(const TensorId bias,
                             weights_.add_vector(graph_, tensor(module + ".bias"), out));
      inputs.push_back(bias);
    }
    return op(name, graph::Conv2d{.pad = static_cast<int>(side / 2), .has_bias = has_bias},
              std::move(inputs));
  }

  Result<TensorId> norm(const std::string& name, const std::string& module, TensorId x) {
    std::vector<TensorId> inputs = {x};
    for (const char* part : {".weight", ".bias", ".running_mean", ".running_var"}) {
      VSEAL_ASSIGN_OR_RETURN(const TensorId vector,
                             weights_.add_vector(graph_, tensor(module + part), channels(x)));
      inputs.push_back(vector);
    }
    return op(name, graph::BatchNorm{}, std::move(inputs));
  }

  Result<TensorId> cbr(const std::string& name, TensorId x) {
    VSEAL_ASSIGN_OR_RETURN(const TensorId y, conv(name + ".conv", name + ".0", x, false));
    VSEAL_ASSIGN_OR_RETURN(const TensorId normed, norm(name + ".norm", name + ".1", y));
    return op(name, graph::Activate{graph::Activation::kRelu}, {normed});
  }

  Result<TensorId> residual_block(const std::string& name, TensorId x) {
    VSEAL_ASSIGN_OR_RETURN(const TensorId a, cbr(name + ".a", x));
    VSEAL_ASSIGN_OR_RETURN(const TensorId b, conv(name + ".b", name + ".b", a, false, channels(x)));
    VSEAL_ASSIGN_OR_RETURN(const TensorId normed, norm(name + ".n", name + ".n", b));
    VSEAL_ASSIGN_OR_RETURN(const TensorId sum, op(name + ".sum", graph::Add{}, {x, normed}));
    return op(name, graph::Activate{graph::Activation::kRelu}, {sum});
  }

  // As many blocks as the file has.
  Result<TensorId> body(TensorId x) {
    for (int i = 0; weights_.has(tensor(fmt::format("body.{}.a.0.weight", i))); ++i) {
      VSEAL_ASSIGN_OR_RETURN(x, residual_block(fmt::format("body.{}", i), x));
    }
    return x;
  }

  Result<Graph> finish(TensorId output) {
    VSEAL_RETURN_IF_ERROR(graph_.add_output(output));
    VSEAL_RETURN_IF_ERROR(graph::verify(graph_));
    return std::move(graph_);
  }

 private:
  Graph graph_;
  Weights& weights_;
  std::string prefix_;
};

// Side T of a tile that `cells` cells of `channels` channels make, when it fits `grid` cells.
Result<int64_t> tile_side(const std::string& name, int64_t values, int64_t channels, int64_t grid,
                          const Shape& shape) {
  const int64_t side = values % channels == 0 ? exact_root(values / channels) : 0;
  if (side > 0 && grid % side == 0) return side;
  return tensor_fault(name, fmt::format("{} channels by T*T cells, T dividing {}", channels, grid),
                      shape.text());
}

// The message [1,n] as a map of `channels` channels over grid x grid cells.
Result<TensorId> message_map(NanoNet& net, const Card& card, int64_t channels, int64_t grid) {
  const std::string name = net.tensor("msg.weight");
  VSEAL_ASSIGN_OR_RETURN(const Shape matrix, net.weights().matrix_shape(name));
  const int64_t rows = matrix[0];
  VSEAL_ASSIGN_OR_RETURN(const int64_t side, tile_side(name, rows, channels, grid, matrix));
  const Weights::TileAxis axis{.channels = channels, .cells = side * side, .inner = card.bits};
  VSEAL_ASSIGN_OR_RETURN(const TensorId weight,
                         net.weights().add_tiled(net.graph(), name, Shape{rows, card.bits}, axis));
  VSEAL_ASSIGN_OR_RETURN(const TensorId bias,
                         net.weights().add_tiled(net.graph(), net.tensor("msg.bias"), Shape{rows},
                                                 {.channels = channels, .cells = side * side}));
  const TensorId message = net.graph().add_input("message", {1, card.bits});
  VSEAL_ASSIGN_OR_RETURN(
      const TensorId values,
      net.op("message_values", graph::Linear{.has_bias = true}, {message, weight, bias}));
  VSEAL_ASSIGN_OR_RETURN(
      const TensorId tile,
      net.op("message_tile", graph::Reshape{{1, side, side, channels}}, {values}));
  const int repeats = static_cast<int>(grid / side);
  return net.op("message_map", graph::Tile{repeats, repeats}, {tile});
}

// Channels of the message map: what the mixing filter takes beyond the stem's.
Result<int64_t> message_channels(const NanoNet& net, Weights& weights, TensorId stem) {
  const std::string name = net.tensor("mix.0.weight");
  VSEAL_ASSIGN_OR_RETURN(const Shape filter, weights.filter_shape(name));
  const int64_t width = net.channels(stem);
  if (filter[3] > width) return filter[3] - width;
  return tensor_fault(name, fmt::format("more than {} input channels", width), filter.text());
}

}  // namespace

Result<Graph> nano_embedder(Weights& weights, const Card& card) {
  NanoNet net(weights, "embedder.");
  VSEAL_ASSIGN_OR_RETURN(const TensorId cells, net.cells(card, 2.0f, -1.0f));
  const int64_t grid = net.graph().tensor(cells).shape[1];
  VSEAL_ASSIGN_OR_RETURN(const TensorId stem, net.cbr("stem", cells));
  VSEAL_ASSIGN_OR_RETURN(const int64_t channels, message_channels(net, weights, stem));
  VSEAL_ASSIGN_OR_RETURN(const TensorId map, message_map(net, card, channels, grid));
  VSEAL_ASSIGN_OR_RETURN(const TensorId with_message,
                         net.op("stem_and_message", graph::Concat{}, {stem, map}));
  VSEAL_ASSIGN_OR_RETURN(const TensorId mixed, net.cbr("mix", with_message));
  VSEAL_ASSIGN_OR_RETURN(const TensorId body, net.body(mixed));
  VSEAL_ASSIGN_OR_RETURN(const TensorId again,
                         net.op("body_and_message", graph::Concat{}, {body, map}));
  VSEAL_ASSIGN_OR_RETURN(const TensorId out,
                         net.conv("out", "out", again, true, net.channels(cells)));
  // tanh before the shuffle is the same bits as after it, and joins the convolution.
  VSEAL_ASSIGN_OR_RETURN(const TensorId bounded,
                         net.op("bounded", graph::Activate{graph::Activation::kTanh}, {out}));
  const int block = static_cast<int>(exact_root(net.channels(cells)));
  VSEAL_ASSIGN_OR_RETURN(const TensorId residual,
                         net.op("residual", graph::DepthToSpace{block}, {bounded}));
  return net.finish(residual);
}

Result<Graph> nano_detector(Weights& weights, const Card& card) {
  NanoNet net(weights, "detector.");
  VSEAL_ASSIGN_OR_RETURN(const TensorId cells, net.cells(card, 4.0f, -2.0f));
  const int64_t grid = net.graph().tensor(cells).shape[1];
  VSEAL_ASSIGN_OR_RETURN(const TensorId stem, net.cbr("stem", cells));
  VSEAL_ASSIGN_OR_RETURN(const TensorId body, net.body(stem));
  VSEAL_ASSIGN_OR_RETURN(const TensorId features, net.conv("features", "out", body, true));
  const int64_t channels = net.channels(features);
  const std::string name = net.tensor("head.weight");
  VSEAL_ASSIGN_OR_RETURN(const Shape matrix, weights.matrix_shape(name));
  VSEAL_ASSIGN_OR_RETURN(const int64_t side, tile_side(name, matrix[1], channels, grid, matrix));
  const int tile = static_cast<int>(side);
  VSEAL_ASSIGN_OR_RETURN(const TensorId folded,
                         net.op("folded", graph::FoldMean{tile, tile}, {features}));
  VSEAL_ASSIGN_OR_RETURN(const TensorId values,
                         net.op("folded_values", graph::Reshape{{1, matrix[1]}}, {folded}));
  VSEAL_ASSIGN_OR_RETURN(
      const TensorId weight,
      weights.add_tiled(net.graph(), name, Shape{card.bits, matrix[1]},
                        {.outer = card.bits, .channels = channels, .cells = side * side}));
  VSEAL_ASSIGN_OR_RETURN(const TensorId bias,
                         weights.add_vector(net.graph(), net.tensor("head.bias"), card.bits));
  VSEAL_ASSIGN_OR_RETURN(const TensorId logits,
                         net.op("logits", graph::Linear{.has_bias = true}, {values, weight, bias}));
  return net.finish(logits);
}

}  // namespace vseal::models
