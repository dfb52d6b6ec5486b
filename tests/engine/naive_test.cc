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

TEST(Naive, BorderMapIsAPaddedConvolutionOfAConstantMap) {
  const auto y = run_one(graph::BorderMap{3, 4}, Shape{1, 9}, {1, 2, 3, 4, 5, 6, 7, 8, 9});
  EXPECT_EQ(y, (std::vector<float>{1, 2, 2, 3, 4, 5, 5, 6, 7, 8, 8, 9}));
  const auto small = run_one(graph::BorderMap{2, 2}, Shape{1, 18},
                             {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17});
  EXPECT_EQ(small, (std::vector<float>{0, 1, 4, 5, 12, 13, 16, 17}));
}

TEST(Naive, AttentionByHand) {
  // Two windows of 1 x 1, so softmax is 1 and the values come through; two heads of one channel.
  const std::vector<float> qkv = {1, 2, 3, 4, 5, 6, -1, -2, -3, -4, -5, -6};
  const std::pair<Shape, std::vector<float>> one{Shape{1, 1}, {3}};
  EXPECT_EQ(run_one(graph::WindowAttention{2, 1}, Shape{1, 1, 2, 6}, qkv, {one, one}),
            (std::vector<float>{5, 6, -5, -6}));
  // One window of two columns: queries ln 2 and 0, keys 1 and 0, values 8 and 2. rel_w gives a key
  // to the right -q, so query 0 has the logits ln 2 and -ln 2 (and rel_h's half of q on both):
  // weights 4 to 1. Query 1 is zero: equal weights.
  const float ln2 = std::log(2.0f);
  const auto y = run_one(graph::WindowAttention{1, 0}, Shape{1, 1, 2, 3}, {ln2, 1, 8, 0, 0, 2},
                         {{Shape{1, 1}, {0.5f}}, {Shape{3, 1}, {-1, 0, 1}}});
  EXPECT_NEAR(y[0], (4 * 8 + 1 * 2) / 5.0, 1e-5);
  EXPECT_NEAR(y[1], 5.0, 1e-5);
}

TEST(Naive, AttentionScalesThePairButNotThePositions) {
  // Depth 4: the scale is 1/2. q.k = 4 for the key above, so its logit is 2; rel_h alone adds
  // q.rel_h = -4 to it (unscaled), and the query's own key gets 0: weights e^-2 to 1.
  const std::vector<float> qkv = {0, 0, 0, 0, 1, 1, 1, 1, 1, 0, 0, 0,   // above: k = 1, v = e0
                                  1, 1, 1, 1, 0, 0, 0, 0, 0, 1, 0, 0};  // below: q = 1, v = e1
  std::vector<float> rel_h(12, 0.0f);
  std::fill_n(rel_h.begin() + 8, 4, -1.0f);  // query one row below its key
  const auto y = run_one(graph::WindowAttention{1, 0}, Shape{1, 2, 1, 12}, qkv,
                         {{Shape{3, 4}, rel_h}, {Shape{1, 4}, {0, 0, 0, 0}}});
  const double above = std::exp(-2.0) / (1 + std::exp(-2.0));
  EXPECT_NEAR(y[0], 0.5, 1e-6);
  EXPECT_NEAR(y[4], above, 1e-6);
  EXPECT_NEAR(y[5], 1 - above, 1e-6);
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
