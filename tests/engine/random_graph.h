// Random networks over every op, and the values to run them on.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "graph/graph.h"

namespace vseal::engine::test {

using graph::Graph;
using graph::Shape;
using graph::TensorId;

// Builds a graph of random ops with random weights. Every graph has inputs "a" [1,h,w,c] and
// "message" [1,m], and outputs of several depths.
class RandomGraph {
 public:
  explicit RandomGraph(unsigned seed) : random_(seed) {
    const int h = 4 * pick(1, 3), w = 4 * pick(1, 3), c = pick(1, 20);
    const TensorId picture = graph.add_input("a", Shape{1, h, w, c});
    const TensorId message = graph.add_input("message", Shape{1, 8});
    TensorId x = picture;
    for (int i = 0; i < 6; ++i) x = random_op(x);
    x = concat_message(x, message);
    for (int i = 0; i < 6; ++i) x = random_op(x);
    if (shape(x)[1] >= 2 && shape(x)[2] >= 2) x = add_border_map(x, message);
    EXPECT_TRUE(graph.add_output(x).ok());
    const TensorId mean = op(graph::SpatialMean{}, {x});
    EXPECT_TRUE(graph.add_output(linear(mean)).ok());
  }

  std::vector<float> values(const Shape& shape, double spread = 1.0) {
    std::vector<float> v(static_cast<size_t>(shape.elements()));
    std::normal_distribution<float> normal(0.0f, static_cast<float>(spread));
    for (float& x : v) x = normal(random_);
    return v;
  }

  Graph graph;

 private:
  int pick(int low, int high) { return std::uniform_int_distribution<int>(low, high)(random_); }

  TensorId op(graph::OpAttributes attributes, std::vector<TensorId> inputs) {
    auto made = graph.add_op("op" + std::to_string(counter_++), std::move(attributes), inputs);
    EXPECT_TRUE(made.ok()) << made.status().message();
    return made.ok() ? *made : inputs[0];
  }
  TensorId constant(Shape shape, double spread, double offset = 0) {
    std::vector<float> v = values(shape, spread);
    for (float& x : v) x += static_cast<float>(offset);
    auto made = graph.add_constant("c" + std::to_string(counter_++), shape, v);
    EXPECT_TRUE(made.ok()) << made.status().message();
    return *made;
  }
  Shape shape(TensorId id) const { return graph.tensor(id).shape; }

  TensorId conv(TensorId x) {
    const int64_t c = shape(x)[3], oc = pick(1, 20);
    graph::Conv2d a;
    a.has_bias = pick(0, 1) == 1;
    const int k = pick(0, 1) == 1 ? 3 : 1;
    a.pad = k / 2;
    const bool reflectable = k == 3 && shape(x)[1] > 1 && shape(x)[2] > 1;
    if (reflectable && pick(0, 2) == 0) a.padding = graph::Padding::kReflect;
    if (shape(x)[1] >= 8 && shape(x)[2] >= 8 && pick(0, 3) == 0) a.stride = 2;
    std::vector<TensorId> inputs = {
        x, constant(Shape{oc, k, k, c}, 1.0 / std::sqrt(double(k * k * c)))};
    if (a.has_bias) inputs.push_back(constant(Shape{oc}, 0.3));
    return op(a, inputs);
  }

  TensorId norm(TensorId x) {
    const Shape c{shape(x)[3]};
    if (pick(0, 1) == 0) {
      return op(graph::BatchNorm{},
                {x, constant(c, 0.2, 1), constant(c, 0.2), constant(c, 0.2), variance(c)});
    }
    if (pick(0, 1) == 0) return op(graph::ChannelRmsNorm{}, {x, constant(c, 0.2, 1)});
    if (pick(0, 1) == 0) {
      return op(graph::GlobalResponseNorm{}, {x, constant(c, 0.2, 1), constant(c, 0.2)});
    }
    return op(graph::LayerNorm{1e-3f}, {x, constant(c, 0.2, 1), constant(c, 0.2)});
  }
  TensorId variance(Shape c) {
    std::vector<float> v = values(c, 0.3);
    for (float& x : v) x = 0.5f + std::abs(x);
    return *graph.add_constant("v" + std::to_string(counter_++), c, v);
  }

  TensorId depthwise(TensorId x) {
    const int64_t c = shape(x)[3];
    return op(graph::DepthwiseConv2d{1, true},
              {x, constant(Shape{3, 3, c}, 0.3), constant(Shape{c}, 0.3)});
  }

  TensorId linear(TensorId x) {
    const int64_t in = shape(x)[shape(x).rank() - 1], out = pick(1, 30);
    return op(graph::Linear{true, graph::Activation::kNone},
              {x, constant(Shape{out, in}, 1 / std::sqrt(double(in))), constant(Shape{out}, 0.3)});
  }

  TensorId resample(TensorId x) {
    const int64_t h = shape(x)[1], w = shape(x)[2], c = shape(x)[3];
    switch (pick(0, 4)) {
      case 0:
        return h * w > 300 ? x : op(graph::ResizeBilinear{int(h * 2), int(w * 2)}, {x});
      case 1:
        return h % 2 != 0 || w % 2 != 0 || c > 20 ? x : op(graph::SpaceToDepth{2}, {x});
      case 2:
        return c % 4 != 0 ? x : op(graph::DepthToSpace{2}, {x});
      case 3:
        return h * w > 300 ? x : op(graph::Tile{2, 1}, {x});
      default:
        return h % 2 != 0 || w % 2 != 0 || h < 4 || w < 4
                   ? x
                   : op(graph::FoldMean{int(h / 2), int(w / 2)}, {x});
    }
  }

  TensorId attention(TensorId x) {
    const int64_t h = shape(x)[1], w = shape(x)[2], c = shape(x)[3];
    if (h * w > 150) return x;
    const int64_t heads = pick(1, 3), depth = pick(1, 20);
    const TensorId qkv = op(graph::Linear{}, {x, constant(Shape{3 * heads * depth, c}, 0.5)});
    const int window = h % 2 == 0 && w % 2 == 0 && pick(0, 1) == 1 ? 2 : 0;
    const int64_t rows = window == 0 ? h : window, columns = window == 0 ? w : window;
    return op(graph::WindowAttention{int(heads), window},
              {qkv, constant(Shape{2 * rows - 1, depth}, 0.3),
               constant(Shape{2 * columns - 1, depth}, 0.3)});
  }

  // conv -> batch norm -> + x -> relu: what fusion turns into one op.
  TensorId residual_block(TensorId x) {
    const int64_t c = shape(x)[3];
    const TensorId y = op(graph::Conv2d{1, 1}, {x, constant(Shape{c, 3, 3, c}, 0.2)});
    const Shape v{c};
    const TensorId n = op(graph::BatchNorm{}, {y, constant(v, 0.2, 1), constant(v, 0.2),
                                               constant(v, 0.2), variance(v)});
    return op(graph::Activate{graph::Activation::kRelu}, {op(graph::Add{}, {x, n})});
  }

  TensorId random_op(TensorId x) {
    switch (pick(0, 8)) {
      case 0:
      case 1:
        return conv(x);
      case 8:
        return attention(x);
      case 2:
        return norm(x);
      case 3:
        return op(graph::Activate{static_cast<graph::Activation>(pick(1, 4))}, {x});
      case 4:
        return depthwise(x);
      case 5:
        return resample(x);
      case 6:
        return residual_block(x);
      default:
        return op(graph::Affine{0.8f, 0.1f}, {x});
    }
  }

  TensorId concat_message(TensorId x, TensorId message) {
    const int64_t h = shape(x)[1], w = shape(x)[2];
    const TensorId flat = linear(message);
    const TensorId map = op(graph::Reshape{Shape{1, 1, 1, shape(flat)[1]}}, {flat});
    return op(graph::Concat{}, {x, op(graph::Tile{int(h), int(w)}, {map})});
  }

  TensorId add_border_map(TensorId x, TensorId message) {
    const int64_t h = shape(x)[1], w = shape(x)[2], c = shape(x)[3];
    const TensorId nine = op(graph::Linear{}, {message, constant(Shape{9 * c, 8}, 0.3)});
    return op(graph::Add{}, {x, op(graph::BorderMap{int(h), int(w)}, {nine})});
  }

  std::mt19937 random_;
  int counter_ = 0;
};

}  // namespace vseal::engine::test
