// Integer weights with a factor for each row.
#include "models/row_scaled.h"

#include <gmock/gmock.h>

#include <limits>
#include <vector>

#include "graph/constant.h"

namespace vseal::models {
namespace {

using formats::CheckpointTensor;
using formats::ElementType;
using graph::Shape;
using testing::ElementsAre;
using testing::HasSubstr;

class RowScaled : public testing::Test {
 protected:
  CheckpointTensor stored() {
    return {"w", ElementType::kI8, Shape{2, 3}, {3, 1}, std::as_bytes(std::span(integers_))};
  }
  CheckpointTensor scales() {
    return {"w.scale", ElementType::kF32, Shape{2}, {1}, std::as_bytes(std::span(factors_))};
  }
  Result<ViewedConstant> read(const CheckpointTensor& w, const CheckpointTensor& s) {
    return row_scaled_constant(w, s, Shape{2, 1, 3}, nullptr);
  }

  std::vector<int8_t> integers_ = {-127, 0, 5, 127, -1, 64};
  std::vector<float> factors_ = {0.5f, 2.0f};
};

TEST_F(RowScaled, EachRowHasItsFactor) {
  auto constant = read(stored(), scales());
  ASSERT_TRUE(constant.ok()) << constant.status().message();
  EXPECT_EQ(constant->shape, (Shape{2, 1, 3}));
  graph::Tensor tensor{.name = "w", .shape = constant->shape, .data = std::move(constant->data)};
  const graph::F32Values values = graph::f32_values(tensor).value();
  EXPECT_THAT(std::vector<float>(values.span().begin(), values.span().end()),
              ElementsAre(-63.5f, 0.0f, 2.5f, 254.0f, -2.0f, 128.0f));
}

TEST_F(RowScaled, RefusesWhatDoesNotFit) {
  CheckpointTensor s = scales();
  s.shape = Shape{1};
  EXPECT_THAT(read(stored(), s).status().message(), HasSubstr("\"w.scale\": expected f32 [2]"));
  CheckpointTensor w = stored();
  w.strides = {1, 2};
  EXPECT_THAT(read(w, scales()).status().message(), HasSubstr("\"w\": expected i8 values"));
  EXPECT_EQ(row_scaled_constant(stored(), scales(), Shape{2, 2}, nullptr).status().code(),
            Code::kCorruptInput);
  for (const float bad :
       {-1.0f, std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    factors_[1] = bad;
    EXPECT_THAT(read(stored(), scales()).status().message(), HasSubstr("finite factors"));
  }
}

}  // namespace
}  // namespace vseal::models
