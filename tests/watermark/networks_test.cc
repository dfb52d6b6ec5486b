// When the halves of a model are planned.
#include "watermark/networks.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstring>

#include "toy_model.h"
#include "watermark/marker.h"
#include "watermark/reader.h"

namespace vseal::watermark {
namespace {

// Weights that count how often they are read.
class CountedWeights : public graph::ConstantSource {
 public:
  explicit CountedWeights(std::vector<float> values) : values_(std::move(values)) {}
  Status read(std::span<std::byte> out) const override {
    ++reads;
    std::memcpy(out.data(), values_.data(), out.size());
    return {};
  }
  mutable std::atomic<int> reads = 0;

 private:
  std::vector<float> values_;
};

graph::Graph counted_detector(const std::shared_ptr<const CountedWeights>& weights) {
  graph::Graph g;
  const int64_t cells = test::kToySide * test::kToySide;
  const auto picture = g.add_input("luma", {1, test::kToySide, test::kToySide, 1});
  const auto flat = g.add_op("flat", graph::Reshape{{1, cells}}, {picture});
  const auto w =
      g.add_constant("patterns", graph::DType::kF32, {test::kToyBits, cells}, {.source = weights});
  const auto logits = g.add_op("logits", graph::Linear{}, {*flat, *w});
  EXPECT_TRUE(g.add_output(*logits).ok());
  return g;
}

TEST(Networks, PlansAHalfWhenItIsAskedForAndOnce) {
  const auto weights = std::make_shared<const CountedWeights>(test::toy_weights(1, 1.0f, true));
  models::Model model = test::toy_model(1, 1);
  model.detector = counted_detector(weights);
  const auto networks = Networks::compile(model);
  ASSERT_TRUE(networks.ok()) << networks.status().message();
  ASSERT_TRUE(Marker::create(*networks, &test::pool(), {.feedback_passes = 0}).ok());
  EXPECT_EQ(weights->reads, 0);
  ASSERT_TRUE(Reader::create(*networks, &test::pool()).ok());
  const int reads = weights->reads;
  EXPECT_GT(reads, 0);
  ASSERT_TRUE(Reader::create(*networks, &test::pool()).ok());
  EXPECT_EQ(weights->reads, reads);
  EXPECT_EQ(*(*networks)->detector(), *(*networks)->detector());
}

TEST(Networks, LetsGoOfTheEmbedderWithItsLastSession) {
  const auto networks = Networks::compile(test::toy_model(1, 1));
  ASSERT_TRUE(networks.ok()) << networks.status().message();
  auto marker = Marker::create(*networks, &test::pool(), {.feedback_passes = 0});
  ASSERT_TRUE(marker.ok()) << marker.status().message();
  const std::weak_ptr<const engine::Plan> plan = *(*networks)->embedder();
  (*networks)->release_embedder();
  EXPECT_FALSE(plan.expired());  // the marker goes on
  marker->reset();
  EXPECT_TRUE(plan.expired());
  EXPECT_TRUE((*networks)->embedder().ok());
}

TEST(Networks, RefusesGraphsOfOtherShapesBeforePlanning) {
  models::Model model = test::toy_model(1, 1);
  model.card.bits = test::kToyBits + 1;
  EXPECT_FALSE(Networks::compile(model).ok());
}

}  // namespace
}  // namespace vseal::watermark
