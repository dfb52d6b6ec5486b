// The benchmark's network is the published one in size and shape.
#include "bench/videoseal_shapes.h"

#include <gtest/gtest.h>

#include "graph/passes.h"

namespace vseal::bench {
namespace {

std::string shape(const graph::Graph& graph, const std::string& name) {
  const graph::TensorId id = graph.find(name);
  return id == graph::kNoTensor ? "nothing" : graph.tensor(id).shape.text();
}

TEST(VideosealShapes, AreThePublishedOnes) {
  const Result<graph::Graph> graph = videoseal_embedder_graph(1);
  ASSERT_TRUE(graph.ok()) << graph.status().message();
  // networks.md: 28.273 G multiply-adds.
  EXPECT_NEAR(static_cast<double>(graph::multiply_adds(*graph)), 28.273e9, 0.0005e9);
  EXPECT_EQ(shape(*graph, "latent"), "[1,32,32,384]");
  EXPECT_EQ(shape(*graph, "up.2.conv.weight"), "[64,3,3,768]");
  EXPECT_EQ(shape(*graph, "up.1.conv.weight"), "[32,3,3,128]");
  EXPECT_EQ(shape(*graph, "up.0.conv.weight"), "[16,3,3,64]");
  EXPECT_EQ(shape(*graph, "residual"), "[1,256,256,1]");
  int64_t weights = 0;
  for (const graph::Tensor& tensor : graph->tensors()) {
    if (tensor.is_constant()) weights += tensor.shape.elements();
  }
  // The published network's own, and the matrix and bias that stand for its 512 embedding rows.
  EXPECT_EQ(weights, 23'542'993 + 256 * 256 + 256);
}

TEST(VideosealShapes, FoldAndFuseIntoConvolutions) {
  const graph::Graph graph = videoseal_embedder_graph(1).value();
  const graph::Graph folded = graph::fold_batch_norm(graph).value();
  const graph::Graph fused = graph::fuse_epilogues(folded).value();
  for (const graph::Op& op : fused.ops()) {
    EXPECT_EQ(op.as<graph::BatchNorm>(), nullptr) << op.name;
    EXPECT_EQ(op.as<graph::Add>(), nullptr) << op.name;
  }
  EXPECT_EQ(graph::multiply_adds(fused), graph::multiply_adds(graph));
}

TEST(VideosealShapes, SeedDecidesTheWeights) {
  const auto first_weight = [](uint64_t seed) {
    const graph::Graph graph = videoseal_embedder_graph(seed).value();
    const auto bytes = graph.tensor(graph.find("in.0.conv.weight")).data.bytes;
    return *reinterpret_cast<const float*>(bytes.data());
  };
  EXPECT_EQ(first_weight(1), first_weight(1));
  EXPECT_NE(first_weight(1), first_weight(2));
}

}  // namespace
}  // namespace vseal::bench
