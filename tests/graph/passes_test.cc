// Structure of rewritten graphs; that they still compute the same is the engine's tests' matter.
#include "graph/passes.h"

#include <gmock/gmock.h>

#include <cmath>
#include <vector>

#include "base/half.h"
#include "graph/constant.h"

namespace vseal::graph {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// Builds graphs tersely; every failure is a failure of the test.
struct Net {
  Graph graph;

  TensorId map(const std::string& name, Shape shape) { return graph.add_input(name, shape); }
  TensorId constant(const std::string& name, Shape shape, std::vector<float> values = {}) {
    values.resize(static_cast<size_t>(shape.elements()), 0.5f);
    return graph.add_constant(name, shape, values).value();
  }
  TensorId op(const std::string& name, OpAttributes attributes, std::vector<TensorId> inputs) {
    return graph.add_op(name, std::move(attributes), std::move(inputs)).value();
  }
  TensorId conv(const std::string& name, TensorId x, bool has_bias = false) {
    const int64_t c = graph.tensor(x).shape[3];
    std::vector<TensorId> inputs = {x, constant(name + ".weight", {c, 3, 3, c})};
    if (has_bias) inputs.push_back(constant(name + ".bias", {c}));
    return op(name, Conv2d{.pad = 1, .has_bias = has_bias}, inputs);
  }
  TensorId norm(const std::string& name, TensorId x) {
    const int64_t c = graph.tensor(x).shape[3];
    return op(name, BatchNorm{},
              {x, constant(name + ".gamma", {c}), constant(name + ".beta", {c}),
               constant(name + ".mean", {c}), constant(name + ".var", {c})});
  }
  TensorId relu(const std::string& name, TensorId x) { return op(name, Activate{}, {x}); }
  void output(TensorId id) { ASSERT_TRUE(graph.add_output(id).ok()); }
};

std::vector<std::string> op_names(const Graph& graph) {
  std::vector<std::string> names;
  for (const Op& op : graph.ops()) names.push_back(op.name);
  return names;
}

std::vector<std::string> input_names(const Graph& graph, const Op& op) {
  std::vector<std::string> names;
  for (const TensorId id : op.inputs) names.push_back(graph.tensor(id).name);
  return names;
}

std::vector<float> values(const Graph& graph, TensorId id) {
  const F32Values values = f32_values(graph.tensor(id)).value();
  return {values.span().begin(), values.span().end()};
}

TEST(FoldBatchNorm, FoldsByTheFormula) {
  Net net;
  const TensorId x = net.map("x", {1, 4, 4, 1});
  const TensorId w = net.constant("w", {2, 1, 1, 1}, {3.0f, -5.0f});
  const TensorId bias = net.constant("b", {2}, {1.0f, 2.0f});
  const TensorId conv = net.op("conv", Conv2d{.has_bias = true}, {x, w, bias});
  const float epsilon = 0.25f;
  net.output(net.op(
      "bn", BatchNorm{epsilon},
      {conv, net.constant("gamma", {2}, {4.0f, 6.0f}), net.constant("beta", {2}, {0.5f, -0.5f}),
       net.constant("mean", {2}, {7.0f, 8.0f}), net.constant("var", {2}, {0.75f, 8.75f})}));
  const Graph folded = fold_batch_norm(net.graph).value();
  ASSERT_THAT(op_names(folded), ElementsAre("bn"));
  const Op& op = folded.ops()[0];
  ASSERT_NE(op.as<Conv2d>(), nullptr);
  EXPECT_TRUE(op.as<Conv2d>()->has_bias);
  // s = 4 / sqrt(1) = 4 and 6 / sqrt(9) = 2.
  EXPECT_THAT(values(folded, op.inputs[1]), ElementsAre(12.0f, -10.0f));
  EXPECT_THAT(values(folded, op.inputs[2]), ElementsAre((1 - 7) * 4 + 0.5f, (2 - 8) * 2 - 0.5f));
  EXPECT_TRUE(verify(folded).ok());
  EXPECT_EQ(folded.find("gamma"), kNoTensor) << "constants that nothing reads must go";
}

TEST(FoldBatchNorm, RoundsOnceFromDouble) {
  Net net;
  const TensorId x = net.map("x", {1, 1, 1, 1});
  const TensorId conv = net.op("conv", Conv2d{}, {x, net.constant("w", {1, 1, 1, 1}, {0.3f})});
  net.output(net.op("bn", BatchNorm{1e-5f},
                    {conv, net.constant("gamma", {1}, {0.7f}), net.constant("beta", {1}, {0.1f}),
                     net.constant("mean", {1}, {0.9f}), net.constant("var", {1}, {0.2f})}));
  const Graph folded = fold_batch_norm(net.graph).value();
  const double scale = 0.7f / std::sqrt(double{0.2f} + double{1e-5f});
  EXPECT_EQ(values(folded, folded.ops()[0].inputs[1])[0], static_cast<float>(0.3f * scale));
  EXPECT_EQ(values(folded, folded.ops()[0].inputs[2])[0], static_cast<float>(0.1f - 0.9f * scale));
}

TEST(FoldBatchNorm, LeavesNormsThatDoNotFollowABareConvolution) {
  Net net;
  const TensorId x = net.map("x", {1, 4, 4, 2});
  const TensorId read_twice = net.conv("a", x);
  const TensorId bn = net.norm("a.bn", read_twice);
  const TensorId sum = net.op("sum", Add{}, {bn, read_twice});
  const TensorId after_sum = net.norm("sum.bn", sum);
  const TensorId seen = net.conv("seen", after_sum);
  net.output(seen);  // the caller sees the convolution itself
  net.output(net.norm("seen.bn", seen));
  const Graph folded = fold_batch_norm(net.graph).value();
  EXPECT_EQ(op_names(folded), op_names(net.graph));
  EXPECT_TRUE(verify(folded).ok());
}

TEST(FoldBatchNorm, TakesHalves) {
  Net net;
  const TensorId x = net.map("x", {1, 1, 1, 1});
  const auto half = std::make_shared<uint16_t>(float_to_half(0.5f));
  const TensorId w = net.graph
                         .add_constant("w", DType::kF16, {1, 1, 1, 1},
                                       {std::as_bytes(std::span(half.get(), 1)), half})
                         .value();
  net.output(net.op(
      "bn", BatchNorm{0.25f},
      {net.op("conv", Conv2d{}, {x, w}), net.constant("gamma", {1}, {3.0f}),
       net.constant("beta", {1}), net.constant("mean", {1}), net.constant("var", {1}, {0.75f})}));
  const Graph folded = fold_batch_norm(net.graph).value();
  EXPECT_THAT(values(folded, folded.ops()[0].inputs[1]), ElementsAre(1.5f));
}

TEST(FoldBatchNorm, LeavesABiasThatIsComputed) {
  Net net;
  const TensorId x = net.map("x", {1, 4, 4, 2});
  const TensorId message = net.map("message", {2});
  const TensorId conv =
      net.op("conv", Conv2d{.has_bias = true}, {x, net.constant("w", {2, 1, 1, 2}), message});
  net.output(net.norm("bn", conv));
  EXPECT_THAT(op_names(fold_batch_norm(net.graph).value()), ElementsAre("conv", "bn"));
}

TEST(FuseEpilogues, ActivationsJoinConvolutionsAndLinears) {
  Net net;
  const TensorId x = net.map("x", {1, 4, 4, 2});
  const TensorId a = net.relu("a.relu", net.conv("a", x));
  const TensorId mean = net.op("mean", SpatialMean{}, {a});
  const TensorId fc = net.op("fc", Linear{}, {mean, net.constant("fc.weight", {3, 2})});
  net.output(net.op("fc.tanh", Activate{Activation::kTanh}, {fc}));
  const Graph fused = fuse_epilogues(net.graph).value();
  ASSERT_THAT(op_names(fused), ElementsAre("a.relu", "mean", "fc.tanh"));
  EXPECT_EQ(fused.ops()[0].as<Conv2d>()->activation, Activation::kRelu);
  EXPECT_EQ(fused.ops()[2].as<Linear>()->activation, Activation::kTanh);
  EXPECT_TRUE(verify(fused).ok());
}

TEST(FuseEpilogues, ResidualBlockBecomesTwoConvolutions) {
  Net net;
  const TensorId x = net.map("x", {1, 4, 4, 2});
  const TensorId a = net.relu("a.relu", net.conv("a", x));
  const TensorId b = net.conv("b", a, true);
  net.output(net.relu("out", net.op("sum", Add{}, {x, b})));
  const Graph fused = fuse_epilogues(net.graph).value();
  ASSERT_THAT(op_names(fused), ElementsAre("a.relu", "out"));
  const Conv2d& last = *fused.ops()[1].as<Conv2d>();
  EXPECT_TRUE(last.has_residual && last.has_bias);
  EXPECT_EQ(last.activation, Activation::kRelu);
  EXPECT_THAT(input_names(fused, fused.ops()[1]), ElementsAre("a.relu", "b.weight", "b.bias", "x"));
  EXPECT_TRUE(verify(fused).ok());
}

TEST(FuseEpilogues, OfTwoConvolutionsTheLaterOneAdds) {
  for (const bool swapped : {false, true}) {
    Net net;
    const TensorId x = net.map("x", {1, 4, 4, 2});
    const TensorId a = net.conv("a", x);
    const TensorId b = net.conv("b", x);
    net.output(net.op("sum", Add{}, swapped ? std::vector{b, a} : std::vector{a, b}));
    const Graph fused = fuse_epilogues(net.graph).value();
    ASSERT_THAT(op_names(fused), ElementsAre("a", "sum"));
    EXPECT_THAT(input_names(fused, fused.ops()[1]), ElementsAre("x", "b.weight", "a"));
  }
}

TEST(FuseEpilogues, LeavesWhatOthersRead) {
  Net net;
  const TensorId x = net.map("x", {1, 4, 4, 2});
  const TensorId a = net.conv("a", x);
  const TensorId relu = net.relu("a.relu", a);
  const TensorId doubled = net.op("doubled", Add{}, {relu, relu});
  const TensorId act_first = net.relu("b.relu", net.conv("b", doubled));
  // Activated before the addition: no epilogue can say so.
  const TensorId sum = net.op("sum", Add{}, {act_first, doubled});
  const TensorId c = net.conv("c", sum);
  net.output(c);
  net.output(net.relu("c.relu", c));
  net.output(a);
  const Graph fused = fuse_epilogues(net.graph).value();
  EXPECT_THAT(op_names(fused),
              ElementsAre("a", "a.relu", "doubled", "b.relu", "sum", "c", "c.relu"));
  EXPECT_FALSE(fused.ops()[3].as<Conv2d>()->has_residual);
}

TEST(FuseEpilogues, SecondActivationStays) {
  Net net;
  const TensorId x = net.map("x", {1, 4, 4, 2});
  const TensorId once = net.relu("once", net.conv("a", x));
  net.output(net.op("twice", Activate{Activation::kTanh}, {once}));
  EXPECT_THAT(op_names(fuse_epilogues(net.graph).value()), ElementsAre("once", "twice"));
}

TEST(Passes, ComposeAndKeepInputsAndOutputs) {
  Net net;
  const TensorId x = net.map("x", {1, 4, 4, 2});
  net.map("unused", {1, 3});
  const TensorId a = net.relu("a.relu", net.norm("a.bn", net.conv("a", x)));
  const TensorId b = net.norm("b.bn", net.conv("b", a));
  const TensorId out = net.relu("out", net.op("sum", Add{}, {x, b}));
  net.output(out);
  net.output(a);
  const Graph done = fuse_epilogues(fold_batch_norm(net.graph).value()).value();
  EXPECT_THAT(op_names(done), ElementsAre("a.relu", "out"));
  ASSERT_EQ(done.inputs().size(), 2u);
  EXPECT_EQ(done.tensor(done.inputs()[1]).name, "unused");
  ASSERT_EQ(done.outputs().size(), 2u);
  EXPECT_EQ(done.tensor(done.outputs()[0]).name, "out");
  EXPECT_EQ(done.tensor(done.outputs()[1]).name, "a.relu");
  EXPECT_EQ(multiply_adds(done), multiply_adds(net.graph));
  EXPECT_TRUE(verify(done).ok());
}

TEST(PartForInput, KeepsWhatTheOutputNeedsAtTheNewSize) {
  Net net;
  const TensorId x = net.map("x", {1, 8, 8, 4});
  const TensorId a = net.conv("a", x);
  const TensorId b = net.relu("b", a);
  net.output(net.conv("c", b));
  const Graph part = part_for_input(net.graph, "b", {1, 16, 24, 4}).value();
  EXPECT_THAT(op_names(part), ElementsAre("a", "b"));
  EXPECT_EQ(part.tensor(part.outputs()[0]).shape, (Shape{1, 16, 24, 4}));
  EXPECT_EQ(part.find("c.weight"), kNoTensor);
  EXPECT_EQ(values(part, part.find("a.weight")), values(net.graph, net.graph.find("a.weight")));
}

TEST(PartForInput, GivesRealValuesOfIntegers) {
  Net net;
  const TensorId x = net.map("x", {1, 8, 8, 4});
  const ValueType type{DType::kI8, 0.5f, 3};
  const TensorId q = net.graph.add_op("q", Quantize{}, {x}, type).value();
  net.output(net.graph.add_op("c", Dequantize{}, {q}).value());
  const Graph part = part_for_input(net.graph, "q", {1, 16, 24, 4}).value();
  EXPECT_THAT(op_names(part), ElementsAre("q", "q.f32"));
  EXPECT_EQ(part.tensor(part.outputs()[0]).dtype, DType::kF32);
  EXPECT_EQ(part.tensor(part.ops()[0].output).type(), type);
  EXPECT_TRUE(verify(part).ok());
}

TEST(PartForInput, NamesWhatCannotBe) {
  Net net;
  const TensorId x = net.map("x", {1, 8, 8, 4});
  net.output(net.op("cells", SpaceToDepth{8}, {x}));
  EXPECT_THAT(part_for_input(net.graph, "no such", {1, 8, 8, 4}).status().message(),
              HasSubstr("no such"));
  EXPECT_THAT(part_for_input(net.graph, "cells", {1, 12, 8, 4}).status().message(),
              HasSubstr("cells"));
}

}  // namespace
}  // namespace vseal::graph
