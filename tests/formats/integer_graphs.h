// Small networks of integers, one for each way in which an op is lowered.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "base/split_mix.h"
#include "graph/constant.h"
#include "graph/graph.h"

namespace vseal::formats::test {

using graph::DType;
using graph::Graph;
using graph::Shape;
using graph::TensorId;
using graph::ValueType;

// x [1,8,8,16] and v [1,16] of f32 -> i8 -> an op -> f32. The values of x are in -1..1, of v too.
class IntegerGraph {
 public:
  static constexpr int64_t kSide = 8, kWidth = 16;

  IntegerGraph() {
    x_ = graph_.add_input("x", {1, kSide, kSide, kWidth});
    v_ = graph_.add_input("v", {1, kWidth});
    q_ = op("q", graph::Quantize{}, {x_}, {DType::kI8, 1.0f / 120, -3});
  }

  TensorId op(const std::string& name, graph::OpAttributes attributes, std::vector<TensorId> inputs,
              ValueType type = {}) {
    const auto id = graph_.add_op(name, std::move(attributes), std::move(inputs), type);
    EXPECT_TRUE(id.ok()) << id.status().message();
    return id.ok() ? *id : 0;
  }
  TensorId filter(const Shape& shape) {
    std::vector<int8_t> values(static_cast<size_t>(shape.elements()));
    for (int8_t& value : values) value = static_cast<int8_t>(number(-127, 127));
    return constant(DType::kI8, shape, graph::own_integers(std::move(values)));
  }
  TensorId bias(const Shape& shape = {kWidth}) {
    std::vector<int32_t> values(static_cast<size_t>(shape.elements()));
    for (int32_t& value : values) value = number(-20000, 20000);
    return constant(DType::kI32, shape, graph::own_integers(std::move(values)));
  }
  TensorId reals(double low, double high, const Shape& shape = {kWidth}) {
    std::vector<float> values(static_cast<size_t>(shape.elements()));
    for (float& value : values) {
      value = static_cast<float>(low + (high - low) * number(0, 1000) / 1000);
    }
    return constant(DType::kF32, shape, graph::own_values(std::move(values)));
  }
  // Values that i8 with a factor for each row holds.
  TensorId rows_of_eighths(const Shape& shape) {
    std::vector<float> values(static_cast<size_t>(shape.elements()));
    const auto row = static_cast<size_t>(shape.elements() / shape[0]);
    for (size_t i = 0; i < values.size(); ++i) {
      values[i] = static_cast<float>(i % row == 0 ? 127 : number(-127, 127)) / 8;
    }
    return constant(DType::kF32, shape, graph::own_values(std::move(values)));
  }
  TensorId scale() { return reals(0.0005, 0.002); }  // of weights

  TensorId x() const { return x_; }
  TensorId v() const { return v_; }
  TensorId q() const { return q_; }

  Graph finish(TensorId y) {
    if (graph_.tensor(y).dtype == DType::kI8) y = op("y", graph::Dequantize{}, {y});
    EXPECT_TRUE(graph_.add_output(y).ok());
    return graph_;
  }

 private:
  int number(int low, int high) {
    return low + static_cast<int>(numbers_.next() % static_cast<uint64_t>(high - low + 1));
  }
  TensorId constant(DType dtype, const Shape& shape, graph::ConstantData data) {
    const auto id = graph_.add_constant("c" + std::to_string(graph_.tensors().size()), dtype, shape,
                                        std::move(data));
    EXPECT_TRUE(id.ok()) << id.status().message();
    return id.ok() ? *id : 0;
  }

  Graph graph_;
  SplitMix64 numbers_{7};
  TensorId x_ = 0, v_ = 0, q_ = 0;
};

inline constexpr ValueType kOut = {DType::kI8, 0.02f, -11};
inline constexpr ValueType kRelu = {DType::kI8, 0.02f, -128};

// A convolution 3x3; with_bias: none, or what makes one of the message.
inline TensorId conv(IntegerGraph& g, ValueType type, graph::Conv2d attributes, TensorId bias,
                     TensorId residual, TensorId scale) {
  attributes.pad = 1;
  attributes.has_bias = bias != graph::kNoTensor;
  attributes.has_residual = residual != graph::kNoTensor;
  std::vector<TensorId> inputs = {g.q(), g.filter({16, 3, 3, 16})};
  if (attributes.has_bias) inputs.push_back(bias);
  if (attributes.has_residual) inputs.push_back(residual);
  inputs.push_back(scale);
  return g.op("conv", attributes, std::move(inputs), type);
}

inline TensorId computed_bias(IntegerGraph& g, TensorId of, TensorId scale) {
  return g.op("bias", graph::QuantizeBias{1.0f / 120}, {of, scale, g.reals(-0.1, 0.1)},
              {DType::kI32});
}

// Every way by name. The scale of y is that of kOut, or as the input's where an op keeps it.
inline std::vector<std::pair<std::string, Graph>> integer_graphs() {
  using G = IntegerGraph;
  using graph::Activation;
  using graph::kNoTensor;
  std::vector<std::pair<std::string, Graph>> all;
  const auto add = [&](const char* name, const std::function<TensorId(G&)>& make) {
    G g;
    const TensorId y = make(g);
    all.emplace_back(name, g.finish(y));
  };
  add("conv", [](G& g) { return conv(g, kOut, {}, g.bias(), kNoTensor, g.scale()); });
  add("conv_relu", [](G& g) {
    return conv(g, kRelu, {.activation = Activation::kRelu}, g.bias(), kNoTensor, g.scale());
  });
  add("conv_stride",
      [](G& g) { return conv(g, kOut, {.stride = 2}, g.bias(), kNoTensor, g.scale()); });
  add("conv_reflect", [](G& g) {
    return conv(g, kOut, {.padding = graph::Padding::kReflect}, kNoTensor, kNoTensor, g.scale());
  });
  add("conv_residual", [](G& g) {
    return conv(g, kRelu, {.activation = Activation::kRelu}, g.bias(), g.q(), g.scale());
  });
  add("conv_residual_stride", [](G& g) {
    const TensorId small = conv(g, kOut, {.stride = 2}, g.bias(), kNoTensor, g.scale());
    graph::Conv2d again{.stride = 2, .pad = 1, .has_bias = true, .has_residual = true};
    return g.op("again", again, {g.q(), g.filter({16, 3, 3, 16}), g.bias(), small, g.scale()},
                kOut);
  });
  add("conv_f32", [](G& g) { return conv(g, {}, {}, g.bias(), kNoTensor, g.scale()); });
  add("conv_message", [](G& g) {
    const TensorId scale = g.scale();
    const TensorId v = g.op("vector", graph::Reshape{{16}}, {g.v()});
    return conv(g, kOut, {}, computed_bias(g, v, scale), kNoTensor, scale);
  });
  add("conv_map", [](G& g) {
    const TensorId scale = g.scale();
    const TensorId v = g.op("pixel", graph::Reshape{{1, 1, 1, 16}}, {g.v()});
    const TensorId map = g.op("map", graph::Tile{8, 8}, {v});
    return conv(g, kOut, {}, computed_bias(g, map, scale), g.q(), scale);
  });
  add("conv_constant_map", [](G& g) {
    return conv(g, kOut, {}, g.bias({1, 8, 8, 16}), g.q(), g.scale());
  });
  add("conv_rounded_map", [](G& g) {
    const TensorId scale = g.scale();
    return conv(g, kOut, {}, computed_bias(g, g.reals(-0.5, 0.5, {1, 8, 8, 16}), scale), g.q(),
                scale);
  });
  // Tiles of 2 rows and of 4 columns: the first are fewer places than windows see, the second not.
  add("conv_tiles", [](G& g) {
    const TensorId scale = g.scale();
    const TensorId tile = g.op("tile", graph::Reshape{{1, 2, 4, 2}}, {g.v()});
    const TensorId map = g.op("map", graph::Tile{4, 2}, {tile});
    const TensorId sums =
        g.op("message", graph::Conv2d{.pad = 1}, {map, g.reals(-0.1, 0.1, {16, 3, 3, 2})});
    return conv(g, kOut, {}, computed_bias(g, sums, scale), kNoTensor, scale);
  });
  // A product of the message, as exact as its weights.
  add("linear_message", [](G& g) {
    return g.op("product", graph::Linear{}, {g.v(), g.rows_of_eighths({32, 16})});
  });
  // To f32, of few products for a pixel and of more.
  add("linear_f32", [](G& g) {
    return g.op("linear", graph::Linear{.has_bias = true},
                {g.q(), g.filter({16, 16}), g.bias(), g.scale()});
  });
  add("linear_f32_wide", [](G& g) {
    return g.op("linear", graph::Linear{},
                {g.q(), g.filter({320, 16}), g.reals(0.0005, 0.002, {320})});
  });
  // What a quantiser leaves in f32: an op that it found to need it, and an output layer.
  add("kept_conv", [](G& g) {
    const TensorId x = g.op("x_f32", graph::Dequantize{}, {g.q()});
    const TensorId kept =
        g.op("kept", graph::Conv2d{.pad = 1}, {x, g.reals(-0.1, 0.1, {16, 3, 3, 16})});
    const TensorId q = g.op("kept_i8", graph::Quantize{}, {kept}, kOut);
    return g.op("linear", graph::Linear{}, {q, g.filter({16, 16}), g.scale()}, kOut);
  });
  add("output_f32", [](G& g) {
    const TensorId x = g.op("x_f32", graph::Dequantize{}, {g.q()});
    return g.op("output", graph::Conv2d{}, {x, g.reals(-0.2, 0.2, {1, 1, 1, 16})});
  });
  add("linear_gelu", [](G& g) {
    const graph::Linear linear{.has_bias = true, .activation = Activation::kGelu};
    return g.op("linear", linear, {g.q(), g.filter({16, 16}), g.bias(), g.scale()}, kOut);
  });
  add("depthwise", [](G& g) {
    const graph::DepthwiseConv2d depthwise{.pad = 3, .has_bias = true};
    return g.op("depthwise", depthwise, {g.q(), g.filter({7, 7, 16}), g.bias(), g.scale()}, kOut);
  });
  add("add", [](G& g) {
    return g.op("sum", graph::Add{}, {g.q(), conv(g, kOut, {}, g.bias(), kNoTensor, g.scale())},
                kOut);
  });
  add("concat", [](G& g) {
    return g.op("both", graph::Concat{},
                {g.q(), conv(g, kRelu, {}, g.bias(), kNoTensor, g.scale())}, kOut);
  });
  add("resize", [](G& g) {
    return g.op("large", graph::ResizeBilinear{16, 16}, {g.q()}, {DType::kI8, 1.0f / 120, -3});
  });
  add("layer_norm", [](G& g) {
    return g.op("norm", graph::LayerNorm{}, {g.q(), g.reals(0.5, 1), g.reals(-0.2, 0.2)}, kOut);
  });
  add("layer_norm_of_sums", [](G& g) {
    const graph::DepthwiseConv2d depthwise{.pad = 3, .has_bias = true};
    const TensorId sums =
        g.op("sums", depthwise, {g.q(), g.filter({7, 7, 16}), g.bias(), g.scale()}, {});
    return g.op("norm", graph::LayerNorm{}, {sums, g.reals(0.5, 1), g.reals(-0.2, 0.2)}, kOut);
  });
  add("rms_norm", [](G& g) {
    return g.op("norm", graph::ChannelRmsNorm{}, {g.q(), g.reals(0.5, 1)}, kOut);
  });
  add("response_norm", [](G& g) {
    return g.op("norm", graph::GlobalResponseNorm{.has_factor = true},
                {g.q(), g.reals(0.1, 0.5), g.reals(-0.2, 0.2), g.reals(0.5, 1)}, kOut);
  });
  add("mean", [](G& g) { return g.op("mean", graph::SpatialMean{}, {g.q()}, kOut); });
  add("fold_mean", [](G& g) { return g.op("mean", graph::FoldMean{4, 2}, {g.q()}, kOut); });
  add("activate",
      [](G& g) { return g.op("active", graph::Activate{Activation::kSilu}, {g.q()}, kOut); });
  return all;
}

}  // namespace vseal::formats::test
