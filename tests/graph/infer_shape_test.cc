// Shapes that ops give, and the errors that refuse the wrong ones.
#include <gmock/gmock.h>

#include <vector>

#include "graph/graph.h"

namespace vseal::graph {
namespace {

using testing::HasSubstr;

class InferShape : public testing::Test {
 protected:
  TensorId constant(Shape shape) {
    const std::vector<float> zeros(static_cast<size_t>(shape.elements()));
    return graph_.add_constant("k" + std::to_string(graph_.tensors().size()), shape, zeros).value();
  }
  TensorId map(Shape shape) { return graph_.add_input("x", std::move(shape)); }

  std::string shape_of(OpAttributes attributes, std::vector<TensorId> inputs) {
    const Result<TensorId> id = graph_.add_op("op", std::move(attributes), std::move(inputs));
    return id.ok() ? graph_.tensor(*id).shape.text() : id.status().message();
  }

  Graph graph_;
};

TEST_F(InferShape, ConvolutionsCountWindows) {
  const TensorId x = map({2, 9, 11, 4});
  const TensorId w = constant({5, 3, 3, 4});
  EXPECT_EQ(shape_of(Conv2d{}, {x, w}), "[2,7,9,5]");
  EXPECT_EQ(shape_of(Conv2d{.pad = 1}, {x, w}), "[2,9,11,5]");
  EXPECT_EQ(shape_of(Conv2d{.stride = 2, .pad = 1}, {x, w}), "[2,5,6,5]");
  EXPECT_EQ(shape_of(DepthwiseConv2d{.pad = 3}, {x, constant({7, 7, 4})}), "[2,9,11,4]");
  EXPECT_EQ(shape_of(Conv2d{.stride = 2}, {x, constant({5, 2, 4, 4})}), "[2,4,4,5]");
}

TEST_F(InferShape, ConvolutionTakesBiasAndResidual) {
  const TensorId x = map({1, 4, 4, 3});
  const TensorId w = constant({6, 1, 1, 3});
  const TensorId bias = constant({6});
  const TensorId residual = map({1, 4, 4, 6});
  EXPECT_EQ(shape_of(Conv2d{.has_bias = true, .has_residual = true}, {x, w, bias, residual}),
            "[1,4,4,6]");
  EXPECT_THAT(shape_of(Conv2d{.has_bias = true}, {x, w}), HasSubstr("inputs: expected 3, got 2"));
  EXPECT_THAT(shape_of(Conv2d{.has_residual = true}, {x, w, x}),
              HasSubstr("residual: expected [1,4,4,6], got [1,4,4,3]"));
  EXPECT_THAT(shape_of(Conv2d{.has_bias = true}, {x, w, constant({5})}),
              HasSubstr("bias: expected [6], got [5]"));
}

TEST_F(InferShape, ConvolutionRefusesWhatCannotRun) {
  const TensorId x = map({1, 4, 1, 3});
  const TensorId w = constant({6, 3, 3, 3});
  EXPECT_EQ(shape_of(Conv2d{.pad = 1}, {x, constant({6, 3, 3, 4})}),
            "[conv2d op] weight: expected [oc,kh,kw,3], got [6,3,3,4]");
  EXPECT_THAT(shape_of(Conv2d{}, {x, w}), HasSubstr("a window of at most 1, got 3"));
  EXPECT_THAT(shape_of(Conv2d{.pad = 1, .padding = Padding::kReflect}, {x, w}),
              HasSubstr("to reflect"));
  EXPECT_THAT(shape_of(Conv2d{.stride = 0, .pad = 1}, {x, w}), HasSubstr("stride >= 1"));
  EXPECT_THAT(shape_of(Conv2d{.pad = -1}, {x, w}), HasSubstr("pad >= 0"));
  EXPECT_THAT(shape_of(Conv2d{.pad = 1}, {x, map({6, 3, 3, 3})}), HasSubstr("a constant"));
}

TEST_F(InferShape, LinearActsOnTheLastAxis) {
  const TensorId w = constant({7, 5});
  EXPECT_EQ(shape_of(Linear{}, {map({2, 5}), w}), "[2,7]");
  EXPECT_EQ(shape_of(Linear{.has_bias = true}, {map({1, 4, 4, 5}), w, constant({7})}), "[1,4,4,7]");
  EXPECT_THAT(shape_of(Linear{}, {map({2, 6}), w}), HasSubstr("weight: expected [out,6]"));
}

TEST_F(InferShape, NormsKeepTheShapeAndCheckChannels) {
  const TensorId x = map({1, 4, 4, 6});
  const TensorId v = constant({6});
  const TensorId wrong = constant({5});
  EXPECT_EQ(shape_of(BatchNorm{}, {x, v, v, v, v}), "[1,4,4,6]");
  EXPECT_EQ(shape_of(LayerNorm{}, {x, v, v}), "[1,4,4,6]");
  EXPECT_EQ(shape_of(ChannelRmsNorm{}, {x, v}), "[1,4,4,6]");
  EXPECT_EQ(shape_of(GlobalResponseNorm{}, {x, v, v}), "[1,4,4,6]");
  EXPECT_THAT(shape_of(BatchNorm{}, {x, v, v, v, wrong}), HasSubstr("var: expected [6], got [5]"));
  EXPECT_THAT(shape_of(GlobalResponseNorm{}, {map({2, 6}), v, v}), HasSubstr("[n,h,w,c]"));
}

TEST_F(InferShape, ElementwiseOps) {
  const TensorId x = map({1, 4, 4, 6});
  EXPECT_EQ(shape_of(Add{}, {x, x}), "[1,4,4,6]");
  EXPECT_EQ(shape_of(Affine{}, {x}), "[1,4,4,6]");
  EXPECT_EQ(shape_of(Activate{}, {x}), "[1,4,4,6]");
  EXPECT_EQ(shape_of(Add{}, {x, map({1, 4, 4, 1})}),
            "[add op] b: expected [1,4,4,6], got [1,4,4,1]");
}

TEST_F(InferShape, RearrangingOps) {
  const TensorId x = map({1, 8, 12, 3});
  EXPECT_EQ(shape_of(SpaceToDepth{4}, {x}), "[1,2,3,48]");
  EXPECT_EQ(shape_of(DepthToSpace{2}, {map({1, 2, 3, 12})}), "[1,4,6,3]");
  EXPECT_EQ(shape_of(Concat{}, {x, map({1, 8, 12, 5}), x}), "[1,8,12,11]");
  EXPECT_EQ(shape_of(ResizeBilinear{16, 5}, {x}), "[1,16,5,3]");
  EXPECT_EQ(shape_of(SpatialMean{}, {x}), "[1,3]");
  EXPECT_EQ(shape_of(Tile{2, 3}, {x}), "[1,16,36,3]");
  EXPECT_EQ(shape_of(FoldMean{4, 6}, {x}), "[1,4,6,3]");
  EXPECT_EQ(shape_of(Reshape{{1, 288}}, {x}), "[1,288]");
}

TEST_F(InferShape, RearrangingOpsRefuseUnevenSizes) {
  const TensorId x = map({1, 8, 12, 3});
  EXPECT_THAT(shape_of(SpaceToDepth{8}, {x}), HasSubstr("divisible by 8"));
  EXPECT_THAT(shape_of(SpaceToDepth{0}, {x}), HasSubstr("divisible by 0"));
  EXPECT_THAT(shape_of(DepthToSpace{2}, {x}), HasSubstr("channels divisible by 4"));
  EXPECT_THAT(shape_of(Concat{}, {x, map({1, 8, 11, 3})}),
              HasSubstr("input 1: expected [1,8,12,c]"));
  EXPECT_THAT(shape_of(Concat{}, {}), HasSubstr("one or more"));
  EXPECT_THAT(shape_of(ResizeBilinear{0, 5}, {x}), HasSubstr("a sound shape"));
  EXPECT_THAT(shape_of(Tile{0, 1}, {x}), HasSubstr("at least 1"));
  EXPECT_THAT(shape_of(FoldMean{3, 6}, {x}), HasSubstr("multiples of 3 x 6"));
  EXPECT_THAT(shape_of(Reshape{{1, 287}}, {x}), HasSubstr("the elements of [1,287]"));
}

TEST_F(InferShape, OutputsThatOverflowAreRefused) {
  const TensorId wide = map({1, 1, int64_t{1} << 58, 1});
  EXPECT_THAT(shape_of(Tile{1, 1 << 30}, {wide}), HasSubstr("repeats"));
  EXPECT_THAT(shape_of(Tile{1 << 30, 1}, {wide}), HasSubstr("output: expected a sound shape"));
  EXPECT_THAT(shape_of(Affine{}, {map({1, 0, 1, 1})}), HasSubstr("a sound shape, got [1,0,1,1]"));
}

TEST_F(InferShape, OnlyFloatsAreRead) {
  const TensorId bytes = graph_.add_input("bytes", {1, 4, 4, 1}, DType::kU8);
  EXPECT_THAT(shape_of(Affine{}, {bytes}), HasSubstr("f32, or a constant of f16 or bf16, got u8"));
  const TensorId half = graph_.add_input("half", {1, 4, 4, 1}, DType::kF16);
  EXPECT_THAT(shape_of(Affine{}, {half}), HasSubstr("got f16"));
  EXPECT_THAT(shape_of(Affine{}, {99}), HasSubstr("input: expected one of"));
}

TEST_F(InferShape, BorderMapsHaveTwoRowsAtLeast) {
  const TensorId v = graph_.add_input("v", {1, 18});
  EXPECT_EQ(shape_of(BorderMap{5, 7}, {v}), "[1,5,7,2]");
  EXPECT_THAT(shape_of(BorderMap{1, 7}, {v}), HasSubstr("at least 2 x 2"));
  EXPECT_THAT(shape_of(BorderMap{5, 7}, {graph_.add_input("u", {1, 17})}), HasSubstr("[1,9*c]"));
}

TEST_F(InferShape, AttentionWantsWholeWindowsAndTablesOfTheirSize) {
  const TensorId qkv = map({2, 8, 4, 36});
  const TensorId seven = constant({7, 6});
  EXPECT_EQ(shape_of(WindowAttention{2, 4}, {qkv, seven, seven}), "[2,8,4,12]");
  EXPECT_EQ(shape_of(WindowAttention{2, 0}, {qkv, constant({15, 6}), seven}), "[2,8,4,12]");
  EXPECT_THAT(shape_of(WindowAttention{2, 0}, {qkv, seven, seven}), HasSubstr("rel_h"));
  EXPECT_THAT(shape_of(WindowAttention{2, 3}, {qkv, seven, seven}), HasSubstr("multiples of 3"));
  EXPECT_THAT(shape_of(WindowAttention{5, 4}, {qkv, seven, seven}), HasSubstr("3*5*d"));
}

}  // namespace
}  // namespace vseal::graph
