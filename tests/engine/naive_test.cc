// The oracle itself, against values worked out by hand.
#include <gtest/gtest.h>

#include <cmath>

#include "engine/session.h"

namespace vseal::engine {
namespace {

using graph::Graph;
using graph::Shape;

std::vector<float> run_one(
    graph::OpAttributes op, const Shape& shape, std::vector<float> x,
    const std::vector<std::pair<Shape, std::vector<float>>>& constants = {}) {
  Graph graph;
  std::vector<graph::TensorId> inputs = {graph.add_input("x", shape)};
  for (size_t i = 0; i < constants.size(); ++i) {
    inputs.push_back(
        *graph.add_constant("c" + std::to_string(i), constants[i].first, constants[i].second));
  }
  const auto y = graph.add_op("op", std::move(op), inputs);
  EXPECT_TRUE(y.ok()) << y.status().message();
  EXPECT_TRUE(graph.add_output(*y).ok());
  const auto out = run_naive(graph, {x});
  EXPECT_TRUE(out.ok()) << out.status().message();
  return (*out)[0];
}

TEST(Naive, ConvolutionReadsItsNeighbours) {
  graph::Conv2d conv;
  conv.pad = 1;
  std::vector<float> weight(9, 0.0f);
  weight[2 * 3 + 1] = 1.0f;  // the row below
  const auto y = run_one(conv, Shape{1, 2, 2, 1}, {1, 2, 3, 4}, {{Shape{1, 3, 3, 1}, weight}});
  EXPECT_EQ(y, (std::vector<float>{3, 4, 0, 0}));
  conv.padding = graph::Padding::kReflect;
  const auto z = run_one(conv, Shape{1, 2, 2, 1}, {1, 2, 3, 4}, {{Shape{1, 3, 3, 1}, weight}});
  EXPECT_EQ(z, (std::vector<float>{3, 4, 1, 2}));
}

TEST(Naive, ShufflesFollowPyTorchsChannelOrder) {
  const auto y = run_one(graph::SpaceToDepth{2}, Shape{1, 2, 2, 2}, {0, 10, 1, 11, 2, 12, 3, 13});
  EXPECT_EQ(y, (std::vector<float>{0, 1, 2, 3, 10, 11, 12, 13}));
  const auto z = run_one(graph::DepthToSpace{2}, Shape{1, 1, 1, 8}, y);
  EXPECT_EQ(z, (std::vector<float>{0, 10, 1, 11, 2, 12, 3, 13}));
}

TEST(Naive, BilinearTimesTwoWeighsThreeToOne) {
  const auto y = run_one(graph::ResizeBilinear{1, 4}, Shape{1, 1, 2, 1}, {0, 4});
  EXPECT_EQ(y, (std::vector<float>{0, 1, 3, 4}));
}

TEST(Naive, FoldUndoesTile) {
  const std::vector<float> x = {1, 2, 3, 4, 5, 6};
  const auto tiled = run_one(graph::Tile{2, 3}, Shape{1, 1, 3, 2}, x);
  ASSERT_EQ(tiled.size(), 36u);
  EXPECT_EQ(run_one(graph::FoldMean{1, 3}, Shape{1, 2, 9, 2}, tiled), x);
}

TEST(Naive, GlobalResponseNormByHand) {
  // Channel norms 5 and 0; mean 2.5, so the first channel is doubled before the skip.
  const auto y = run_one(graph::GlobalResponseNorm{0.0f}, Shape{1, 1, 2, 2}, {3, 0, 4, 0},
                         {{Shape{2}, {1, 1}}, {Shape{2}, {0, 7}}});
  EXPECT_EQ(y, (std::vector<float>{9, 7, 12, 7}));
}

TEST(Naive, ExactGelu) {
  const auto y = run_one(graph::Activate{graph::Activation::kGelu}, Shape{1, 3}, {-1, 0, 1});
  EXPECT_NEAR(y[0], -0.15865525f, 1e-7);
  EXPECT_EQ(y[1], 0.0f);
  EXPECT_NEAR(y[2], 0.84134475f, 1e-7);
}

TEST(Naive, RefusesInputsOfTheWrongSize) {
  Graph graph;
  const auto x = graph.add_input("x", Shape{1, 3});
  const auto y = graph.add_op("relu", graph::Activate{graph::Activation::kRelu}, {x});
  ASSERT_TRUE(graph.add_output(*y).ok());
  const std::vector<float> two(2);
  const auto out = run_naive(graph, {two});
  EXPECT_EQ(out.status().code(), Code::kInvalidArgument);
  EXPECT_NE(out.status().message().find("expected 3 values, got 2"), std::string::npos);
  EXPECT_EQ(run_naive(graph, {}).status().code(), Code::kInvalidArgument);
}

}  // namespace
}  // namespace vseal::engine
