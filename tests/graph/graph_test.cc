// Building a graph, checking it and counting its multiply-adds.
#include "graph/graph.h"

#include <gmock/gmock.h>

#include <array>
#include <vector>

namespace vseal::graph {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const std::vector<float> kZeros(4096);

TensorId constant(Graph& graph, const std::string& name, const Shape& shape) {
  return graph
      .add_constant(name, shape, std::span(kZeros).first(static_cast<size_t>(shape.elements())))
      .value();
}

TEST(Shape, CountsElementsAndRefusesOverflow) {
  EXPECT_EQ((Shape{2, 3, 4}).checked_elements().value(), 24);
  EXPECT_EQ(Shape().checked_elements().value(), 1);
  EXPECT_FALSE((Shape{2, 0}).checked_elements().ok());
  EXPECT_FALSE((Shape{-1, -1}).checked_elements().ok());
  EXPECT_FALSE((Shape{int64_t{1} << 32, int64_t{1} << 32}).checked_elements().ok());
  EXPECT_FALSE((Shape{INT64_MAX / 4}).checked_elements().ok());
  EXPECT_EQ((Shape{1, 32, 32, 96}).text(), "[1,32,32,96]");
}

TEST(Graph, NamesAndOrdersItsTensors) {
  Graph graph;
  const TensorId x = graph.add_input("luma", {1, 4, 4, 1});
  const TensorId w = constant(graph, "stem.weight", {2, 3, 3, 1});
  const TensorId y = graph.add_op("stem", Conv2d{.pad = 1}, {x, w}).value();
  ASSERT_TRUE(graph.add_output(y).ok());
  EXPECT_EQ(graph.find("stem"), y);
  EXPECT_EQ(graph.find("luma"), x);
  EXPECT_EQ(graph.find("nothing"), kNoTensor);
  EXPECT_THAT(graph.inputs(), ElementsAre(x));
  EXPECT_THAT(graph.outputs(), ElementsAre(y));
  EXPECT_TRUE(graph.tensor(w).is_constant());
  EXPECT_FALSE(graph.tensor(y).is_constant());
  EXPECT_TRUE(verify(graph).ok()) << verify(graph).message();
}

TEST(Graph, ConstantsAreCopiedOrKeptAlive) {
  Graph graph;
  std::array<float, 2> values = {1.0f, 2.0f};
  const TensorId copied = graph.add_constant("copied", {2}, values).value();
  auto owner = std::make_shared<std::array<float, 2>>(values);
  const std::weak_ptr<std::array<float, 2>> watch = owner;
  const auto bytes = std::as_bytes(std::span<const float>(*owner));
  ASSERT_TRUE(graph.add_constant("kept", DType::kF32, {2}, {bytes, std::move(owner)}).ok());
  values = {3.0f, 4.0f};
  EXPECT_EQ(reinterpret_cast<const float*>(graph.tensor(copied).data.bytes.data())[1], 2.0f);
  EXPECT_FALSE(watch.expired());
  graph = Graph();
  EXPECT_TRUE(watch.expired());
}

TEST(Graph, RefusesConstantsOfTheWrongSize) {
  Graph graph;
  const auto short_one = graph.add_constant("bias", {3}, std::span(kZeros).first(2));
  EXPECT_EQ(short_one.status().message(),
            "[constant bias] data: expected 12 bytes for f32[3], got 8");
  const auto bytes = std::as_bytes(std::span(kZeros)).subspan(1, 4);
  EXPECT_THAT(graph.add_constant("odd", DType::kF32, {1}, {bytes, nullptr}).status().message(),
              HasSubstr("4-byte alignment"));
  EXPECT_THAT(graph.add_constant("none", {0}, {}).status().message(), HasSubstr("[constant none]"));
  EXPECT_TRUE(graph.tensors().empty());
}

TEST(Graph, AFailedOpLeavesNothingBehind) {
  Graph graph;
  const TensorId x = graph.add_input("x", {1, 4, 4, 1});
  EXPECT_FALSE(graph.add_op("bad", SpaceToDepth{3}, {x}).ok());
  EXPECT_EQ(graph.tensors().size(), 1u);
  EXPECT_TRUE(graph.ops().empty());
  EXPECT_FALSE(graph.add_output(5).ok());
  EXPECT_FALSE(graph.add_output(kNoTensor).ok());
}

TEST(Verify, WantsSoundInputsAndAnOutput) {
  Graph graph;
  graph.add_input("x", {1, 4});
  EXPECT_THAT(verify(graph).message(), HasSubstr("outputs"));
  graph.add_input("empty", {1, 0});
  ASSERT_TRUE(graph.add_output(0).ok());
  EXPECT_THAT(verify(graph).message(), HasSubstr("[input empty]"));
}

TEST(MultiplyAdds, CountConvolutionsAndLinears) {
  Graph graph;
  const TensorId x = graph.add_input("x", {1, 8, 8, 4});
  const TensorId a =
      graph.add_op("a", Conv2d{.stride = 2, .pad = 1}, {x, constant(graph, "aw", {6, 3, 3, 4})})
          .value();
  const TensorId b =
      graph.add_op("b", DepthwiseConv2d{.pad = 2}, {a, constant(graph, "bw", {5, 5, 6})}).value();
  const TensorId c = graph.add_op("c", Linear{}, {b, constant(graph, "cw", {10, 6})}).value();
  ASSERT_TRUE(graph.add_op("d", Activate{}, {c}).ok());
  EXPECT_EQ(multiply_adds(graph.ops()[0], graph), 4 * 4 * 6 * 36);
  EXPECT_EQ(multiply_adds(graph.ops()[1], graph), 4 * 4 * 6 * 25);
  EXPECT_EQ(multiply_adds(graph.ops()[2], graph), 4 * 4 * 10 * 6);
  EXPECT_EQ(multiply_adds(graph), 4 * 4 * (6 * 36 + 6 * 25 + 10 * 6));
  const TensorId qkv = graph.add_input("qkv", {1, 4, 6, 3 * 8});
  const TensorId rows = constant(graph, "rows", {7, 4}), columns = constant(graph, "cols", {11, 4});
  const TensorId two = constant(graph, "two", {3, 4});
  ASSERT_TRUE(graph.add_op("local", WindowAttention{2, 2}, {qkv, two, two}).ok());
  ASSERT_TRUE(graph.add_op("global", WindowAttention{2, 0}, {qkv, rows, columns}).ok());
  EXPECT_EQ(multiply_adds(graph.ops()[4], graph), 24 * 8 * 4 * 2);
  EXPECT_EQ(multiply_adds(graph.ops()[5], graph), 24 * 8 * 24 * 2);
}

TEST(Names, OpsAndActivations) {
  EXPECT_STREQ(op_name(Conv2d{}), "conv2d");
  EXPECT_STREQ(op_name(FoldMean{}), "fold_mean");
  EXPECT_STREQ(activation_name(Activation::kGelu), "gelu");
  EXPECT_STREQ(dtype_name(DType::kF16), "f16");
  EXPECT_EQ(size_bytes(DType::kI32), 4u);
}

}  // namespace
}  // namespace vseal::graph
