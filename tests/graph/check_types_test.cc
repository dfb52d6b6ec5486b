// Types that ops take and write, and the errors that refuse the wrong ones.
#include <gmock/gmock.h>

#include "graph/constant.h"
#include "graph/graph.h"
#include "graph/passes.h"

namespace vseal::graph {
namespace {

using testing::HasSubstr;

constexpr ValueType kFloat{};
constexpr ValueType kInt8{DType::kI8, 0.5f, 3};
constexpr ValueType kBias{DType::kI32};

class CheckTypes : public testing::Test {
 protected:
  CheckTypes() {
    const TensorId x = graph_.add_input("x", {1, 4, 4, 2});
    x_ = add("q", Quantize{}, {x}, kInt8);
    weight_ = constant<int8_t>(DType::kI8, {3, 3, 3, 2});
    scale_ = constant<float>(DType::kF32, {3});
  }

  template <typename T>
  TensorId constant(DType dtype, Shape shape) {
    auto values = std::make_shared<std::vector<T>>(static_cast<size_t>(shape.elements()));
    const ConstantData data{.bytes = std::as_bytes(std::span(*values)), .owner = values};
    return graph_.add_constant("k" + std::to_string(graph_.tensors().size()), dtype, shape, data)
        .value();
  }
  TensorId add(const std::string& name, OpAttributes op, std::vector<TensorId> inputs,
               ValueType type) {
    const auto id = graph_.add_op(name, std::move(op), std::move(inputs), type);
    EXPECT_TRUE(id.ok()) << id.status().message();
    return id.ok() ? *id : kNoTensor;
  }
  // "" when the op can be, else what is wrong with it.
  std::string fault(OpAttributes op, std::vector<TensorId> inputs, ValueType type) {
    return graph_.add_op("op", std::move(op), std::move(inputs), type).status().message();
  }

  Graph graph_;
  TensorId x_, weight_, scale_;
};

TEST_F(CheckTypes, ConvolutionTakesIntegersAndBiasesOfThreeShapes) {
  const Conv2d conv{.pad = 1, .has_bias = true};
  for (const Shape& shape : {Shape{3}, Shape{9, 3}, Shape{1, 4, 4, 3}}) {
    const TensorId bias = constant<int32_t>(DType::kI32, shape);
    EXPECT_EQ(fault(conv, {x_, weight_, bias, scale_}, kInt8), "") << shape.text();
    EXPECT_EQ(fault(conv, {x_, weight_, bias, scale_}, kFloat), "");
  }
  const TensorId nine = constant<int32_t>(DType::kI32, {9, 3});
  EXPECT_THAT(
      fault(Conv2d{.stride = 2, .pad = 1, .has_bias = true}, {x_, weight_, nine, scale_}, kInt8),
      HasSubstr("bias: expected [3], got [9,3]"));
  const TensorId real = constant<float>(DType::kF32, {3});
  EXPECT_THAT(fault(conv, {x_, weight_, real, scale_}, kInt8),
              HasSubstr("bias: expected i32, got f32"));
  EXPECT_THAT(fault(Conv2d{.pad = 1}, {x_, weight_}, kInt8), HasSubstr("expected 3, got 2"));
  EXPECT_THAT(fault(Conv2d{.pad = 1}, {x_, weight_, constant<float>(DType::kF32, {2})}, kInt8),
              HasSubstr("weight_scale: expected [3], got [2]"));
  EXPECT_THAT(
      fault(Conv2d{.pad = 1, .activation = Activation::kTanh}, {x_, weight_, scale_}, kInt8),
      HasSubstr("activation: expected none, relu or gelu, got tanh"));
  EXPECT_THAT(fault(Conv2d{.pad = 1}, {x_, weight_, scale_}, kBias),
              HasSubstr("output: expected i8 or f32, got i32"));
}

TEST_F(CheckTypes, SumsThatCouldOverflowAreRefused) {
  const TensorId wide = add("wide", Reshape{{1, 32}}, {x_}, kInt8);
  const TensorId big = constant<int8_t>(DType::kI8, {1, 32});
  EXPECT_EQ(fault(Linear{}, {wide, big, constant<float>(DType::kF32, {1})}, kFloat), "");
  Graph g;
  const TensorId x = g.add_input("x", {1, 65537});
  const TensorId q = g.add_op("q", Quantize{}, {x}, kInt8).value();
  const TensorId w =
      g.add_constant("w", DType::kI8, {1, 65537}, own_integers(std::vector<int8_t>(65537))).value();
  const std::vector<float> one{1};
  const TensorId scale = g.add_constant("s", {1}, one).value();
  EXPECT_THAT(g.add_op("op", Linear{}, {q, w, scale}).status().message(),
              HasSubstr("at most 65536 products a sum, got 65537"));
}

TEST_F(CheckTypes, MovingValuesKeepsTheirQuantisation) {
  EXPECT_EQ(fault(SpaceToDepth{2}, {x_}, kInt8), "");
  EXPECT_THAT(fault(SpaceToDepth{2}, {x_}, {DType::kI8, 0.25f, 3}),
              HasSubstr("expected i8 of scale 0.5 and zero point 3, got i8 of scale 0.25"));
  EXPECT_THAT(fault(ResizeBilinear{8, 8}, {x_}, kFloat), HasSubstr("got f32"));
  EXPECT_EQ(fault(SpatialMean{}, {x_}, kFloat), "");
}

TEST_F(CheckTypes, FloatAndIntegerDoNotMix) {
  const TensorId real = graph_.inputs()[0];
  EXPECT_THAT(fault(Add{}, {x_, real}, kInt8), HasSubstr("input: expected i8, got f32"));
  EXPECT_THAT(fault(Add{}, {real, x_}, kFloat),
              HasSubstr("expected f32, or a constant of f16 or bf16"));
  EXPECT_THAT(fault(Add{}, {real, real}, kInt8), HasSubstr("output: expected f32, got i8"));
  EXPECT_THAT(fault(Affine{}, {x_}, kInt8), HasSubstr("x: expected f32, got i8"));
  const TensorId each = constant<float>(DType::kF32, {2});
  EXPECT_EQ(fault(LayerNorm{}, {real, each, each}, kInt8), "") << "it rounds what it makes";
  EXPECT_THAT(fault(LayerNorm{}, {real, each, each}, kBias),
              HasSubstr("output: expected f32 or i8, got i32"));
  EXPECT_EQ(fault(Dequantize{}, {x_}, kFloat), "");
  EXPECT_THAT(fault(Dequantize{}, {real}, kFloat), HasSubstr("x: expected i8, got f32"));
}

TEST_F(CheckTypes, ScaleAndZeroPointAreSound) {
  const TensorId real = graph_.inputs()[0];
  for (const float scale : {0.0f, -1.0f, INFINITY, NAN, 1e-45f}) {
    EXPECT_THAT(fault(Quantize{}, {real}, {DType::kI8, scale, 0}),
                HasSubstr("output scale: expected a positive number"));
  }
  EXPECT_THAT(fault(Quantize{}, {real}, {DType::kI8, 1, 128}), HasSubstr("expected -128 to 127"));
  EXPECT_THAT(fault(Add{}, {real, real}, {DType::kF32, 2, 0}), HasSubstr("expected scale 1"));
}

TEST_F(CheckTypes, BiasesAreQuantisedInTheAccumulatorsScale) {
  const TensorId row = graph_.add_input("row", {1, 3});
  EXPECT_EQ(fault(QuantizeBias{0.5f}, {row, scale_, scale_}, kBias), "");
  EXPECT_THAT(fault(QuantizeBias{0.5f}, {row, scale_, scale_}, kInt8),
              HasSubstr("output: expected i32, got i8"));
}

// A float pass must not join what rounds in between.
TEST_F(CheckTypes, PassesLeaveIntegerOpsAlone) {
  const TensorId y = add("conv", Conv2d{.pad = 1}, {x_, weight_, scale_}, kInt8);
  const TensorId z = add("relu", Activate{}, {y}, {DType::kI8, 0.25f, -128});
  ASSERT_TRUE(graph_.add_output(add("real", Dequantize{}, {z}, kFloat)).ok());
  const auto fused = fuse_epilogues(graph_);
  ASSERT_TRUE(fused.ok()) << fused.status().message();
  EXPECT_EQ(fused->ops().size(), graph_.ops().size());
  ASSERT_TRUE(verify(*fused).ok());
  EXPECT_EQ(fused->tensor(fused->find("relu")).type(), (ValueType{DType::kI8, 0.25f, -128}));
}

}  // namespace
}  // namespace vseal::graph
