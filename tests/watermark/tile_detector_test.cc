// The detector in parts against the detector as a whole.
#include "watermark/tile_detector.h"

#include <gmock/gmock.h>

#include <numeric>
#include <random>

#include "models/model.h"
#include "watermark/toy_model.h"

namespace vseal::watermark {
namespace {

using testing::ElementsAre;

TEST(Fold, AveragesCellsThatAreEqualModuloTheTile) {
  // 3 x 3 cells over a tile of 2 x 2: the corner is seen four times, the last cell once.
  std::vector<float> features = {1, 2, 3, 4, 5, 6, 7, 8, 9};
  std::vector<float> folded(4, -1);
  fold(features, 3, 3, 1, 2, folded);
  EXPECT_THAT(folded, ElementsAre(5, 5, 5, 5));
  features[0] = 9;
  fold(features, 3, 3, 1, 2, folded);
  EXPECT_THAT(folded, ElementsAre(7, 5, 5, 5));
}

TEST(Fold, LeavesUnseenCellsAtZero) {
  std::vector<float> folded(9, -1);
  fold(std::vector<float>{1, 2, 3, 4}, 2, 2, 1, 3, folded);
  EXPECT_THAT(folded, ElementsAre(1, 2, 0, 3, 4, 0, 0, 0, 0));
}

TEST(Roll, StartsAtTheGivenCell) {
  const std::vector<float> tile = {1, 2, 3, 4};
  std::vector<float> rolled(4);
  roll(tile, 2, 1, 0, 1, rolled);
  EXPECT_THAT(rolled, ElementsAre(2, 1, 4, 3));
  roll(tile, 2, 1, 1, 0, rolled);
  EXPECT_THAT(rolled, ElementsAre(3, 4, 1, 2));
}

class TileDetectorOfTheDefault : public testing::TestWithParam<models::DefaultForm> {};

TEST_P(TileDetectorOfTheDefault, PartsGiveTheWholeDetectorsLogits) {
  const auto model = models::default_model(GetParam()).value();
  const auto parts = TileDetector::create(model->detector).value();
  ASSERT_NE(parts, nullptr);
  ThreadPool pool(2);
  const auto plan = engine::Plan::create(model->detector).value();
  const auto whole = engine::Session::create(plan, &pool).value();
  std::mt19937 random(5);
  for (float& value : whole->input(0)) value = static_cast<float>(random() % 256) / 255;
  const int cells = model->card.processing_size / parts->cell();
  const auto features =
      engine::Session::create(parts->features(cells, cells).value(), &pool).value();
  std::ranges::copy(whole->input(0), features->input(0).begin());
  ASSERT_TRUE(whole->run().ok());
  ASSERT_TRUE(features->run().ok());
  const auto head = engine::Session::create(parts->head().value(), &pool).value();
  std::ranges::fill(head->input(0), 0.0f);
  fold(features->output(0), cells, cells, parts->feature_channels(), parts->tile(),
       head->input(0).first(parts->tile_values()));
  ASSERT_TRUE(head->run().ok());
  const size_t bits = static_cast<size_t>(model->card.bits);
  for (size_t i = 0; i < bits; ++i) {
    ASSERT_NEAR(head->output(0)[i], whole->output(0)[i], 1e-4) << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Forms, TileDetectorOfTheDefault,
                         testing::Values(models::DefaultForm::kInt8, models::DefaultForm::kF32));

TEST(TileDetector, IsNoneForADetectorWithoutATile) {
  EXPECT_EQ(TileDetector::create(test::toy_model(1, 1).detector).value(), nullptr);
}

}  // namespace
}  // namespace vseal::watermark
