#include "graph/constant.h"

#include <gmock/gmock.h>

#include <cstring>

#include "base/half.h"
#include "graph/graph.h"

namespace vseal::graph {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// Counts how often it is asked.
class Ramp : public ConstantSource {
 public:
  Status read(std::span<std::byte> out) const override {
    ++reads;
    for (size_t i = 0; i < out.size() / sizeof(float); ++i) {
      const float value = static_cast<float>(i);
      std::memcpy(out.data() + i * sizeof(float), &value, sizeof(float));
    }
    return failure;
  }
  mutable int reads = 0;
  Status failure;
};

TEST(F32Values, ViewsF32BytesWithoutACopy) {
  const Tensor tensor{.name = "t", .shape = {2}, .data = own_values({1.5f, -2.0f})};
  const F32Values values = f32_values(tensor).value();
  EXPECT_EQ(reinterpret_cast<const std::byte*>(values.span().data()), tensor.data.bytes.data());
  EXPECT_THAT(values.span(), ElementsAre(1.5f, -2.0f));
}

TEST(F32Values, WidensHalvesExactly) {
  const std::vector<uint16_t> halves = {float_to_half(0.5f), float_to_half(-1.25f),
                                        float_to_half(0x1p-24f)};
  const Tensor tensor{.name = "t",
                      .dtype = DType::kF16,
                      .shape = {3},
                      .data = {.bytes = std::as_bytes(std::span(halves))}};
  EXPECT_THAT(f32_values(tensor)->span(), ElementsAre(0.5f, -1.25f, 0x1p-24f));
}

TEST(F32Values, WidensBfloatsExactly) {
  const std::vector<uint16_t> stored = {float_to_bfloat(0.5f), float_to_bfloat(-1.25f),
                                        float_to_bfloat(0x1p100f)};
  const Tensor tensor{.name = "t",
                      .dtype = DType::kBF16,
                      .shape = {3},
                      .data = {.bytes = std::as_bytes(std::span(stored))}};
  EXPECT_THAT(f32_values(tensor)->span(), ElementsAre(0.5f, -1.25f, 0x1p100f));
  const auto values = constant_values(tensor);
  ASSERT_TRUE(values.ok()) << values.status().message();
  ASSERT_EQ(values->size(), 12u);
  EXPECT_EQ(reinterpret_cast<const float*>(values->data())[2], 0x1p100f);
}

TEST(F32Values, AsksASourceWhenItIsRead) {
  const auto ramp = std::make_shared<Ramp>();
  Graph graph;
  const TensorId id = graph.add_constant("t", DType::kF32, {3}, {.source = ramp}).value();
  EXPECT_TRUE(graph.tensor(id).is_constant());
  EXPECT_EQ(ramp->reads, 0);
  EXPECT_THAT(f32_values(graph.tensor(id))->span(), ElementsAre(0.0f, 1.0f, 2.0f));
  EXPECT_EQ(ramp->reads, 1);
}

TEST(F32Values, SaysWhyThereAreNone) {
  const auto ramp = std::make_shared<Ramp>();
  ramp->failure = corrupt_input("gone");
  EXPECT_THAT(f32_values({.name = "t", .shape = {1}, .data = {.source = ramp}}).status().message(),
              HasSubstr("[constant t]: gone"));
  EXPECT_THAT(f32_values({.name = "input", .shape = {1}}).status().message(),
              HasSubstr("input: expected a constant"));
}

TEST(CopyValues, WantsRoomForExactlyTheValues) {
  const Tensor tensor{.name = "t", .shape = {2}, .data = own_values({1.5f, -2.0f})};
  std::vector<float> out(3);
  EXPECT_EQ(copy_values(tensor, std::as_writable_bytes(std::span(out))).code(),
            Code::kInvalidArgument);
  EXPECT_TRUE(copy_values(tensor, std::as_writable_bytes(std::span(out)).first(8)).ok());
  EXPECT_THAT(out, ElementsAre(1.5f, -2.0f, 0.0f));
}

}  // namespace
}  // namespace vseal::graph
