// The search on pictures in memory, cropped, turned and mirrored, with the default model.
#include "watermark/search.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "models/model.h"
#include "watermark/marker.h"
#include "watermark/toy_model.h"

namespace vseal::watermark {
namespace {

constexpr int kWidth = 480, kHeight = 360;

struct Grey {
  int width;
  int height;
  std::vector<uint8_t> pixels;

  FrameView view() {
    FrameView frame;
    frame.planes[0] = {pixels.data(), width, height, width};
    return frame;
  }
  uint8_t at(int x, int y) const { return pixels[static_cast<size_t>(y) * width + x]; }
};

Grey picture() {
  Grey grey{kWidth, kHeight, {}};
  std::mt19937 random(3);
  for (int y = 0; y < kHeight; ++y) {
    for (int x = 0; x < kWidth; ++x) {
      const double wave = std::sin(x / 19.0) * std::cos(y / 23.0);
      grey.pixels.push_back(static_cast<uint8_t>(120 + 60 * wave + random() % 16));
    }
  }
  return grey;
}

Grey cropped(const Grey& from, int left, int top, int width, int height) {
  Grey to{width, height, {}};
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) to.pixels.push_back(from.at(left + x, top + y));
  }
  return to;
}

Grey mirrored(const Grey& from) {
  Grey to{from.width, from.height, {}};
  for (int y = 0; y < from.height; ++y) {
    for (int x = 0; x < from.width; ++x) to.pixels.push_back(from.at(from.width - 1 - x, y));
  }
  return to;
}

// Counter-clockwise by a quarter.
Grey turned(const Grey& from) {
  Grey to{from.height, from.width, {}};
  for (int y = 0; y < to.height; ++y) {
    for (int x = 0; x < to.width; ++x) to.pixels.push_back(from.at(from.width - 1 - y, x));
  }
  return to;
}

// Counter-clockwise about the centre, nearest samples.
Grey rotated(const Grey& from, double degrees) {
  Grey to{from.width, from.height, {}};
  const double angle = degrees * std::acos(-1.0) / 180;
  const double cx = 0.5 * (from.width - 1), cy = 0.5 * (from.height - 1);
  for (int y = 0; y < to.height; ++y) {
    for (int x = 0; x < to.width; ++x) {
      const double u = std::cos(angle) * (x - cx) - std::sin(angle) * (y - cy) + cx;
      const double v = std::sin(angle) * (x - cx) + std::cos(angle) * (y - cy) + cy;
      const bool inside = u >= 0 && v >= 0 && u <= from.width - 1 && v <= from.height - 1;
      to.pixels.push_back(
          inside ? from.at(static_cast<int>(std::lround(u)), static_cast<int>(std::lround(v))) : 0);
    }
  }
  return to;
}

class SearchTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    networks_ = Networks::compile(**models::default_model()).value();
    std::mt19937 random(17);
    message_.resize(static_cast<size_t>(networks_->card().bits));
    for (float& bit : message_) bit = random() % 2 == 0 ? 1.0f : -1.0f;
  }
  static void TearDownTestSuite() { networks_.reset(); }

  Grey marked() {
    Grey grey = picture();
    FrameView frame = grey.view();
    const auto marker = Marker::create(networks_, &pool_, {.strength = 1.5f}).value();
    EXPECT_TRUE(marker->set_message(message_).ok());
    EXPECT_TRUE(marker->look(frame).ok());
    EXPECT_TRUE(marker->blend(frame).ok());
    return grey;
  }

  // Takes logits with at most 4 % of the bits wrong.
  SearchReport search_in(Grey grey, SearchOptions options = {.time_limit_s = 600}) {
    const auto reader = CanvasReader::create(networks_, &pool_).value();
    EXPECT_TRUE(reader->add(grey.view()).ok());
    const auto report = search(*reader, options, [&](std::span<const float> logits) {
      size_t wrong = 0;
      for (size_t i = 0; i < logits.size(); ++i) wrong += (logits[i] > 0) != (message_[i] > 0);
      return wrong * 25 <= logits.size();
    });
    EXPECT_TRUE(report.ok());
    EXPECT_LE(report->tries, most_tries(options.mode));
    return *report;
  }

  static std::shared_ptr<const Networks> networks_;
  static std::vector<float> message_;
  ThreadPool pool_{2};
};
std::shared_ptr<const Networks> SearchTest::networks_;
std::vector<float> SearchTest::message_;

TEST_F(SearchTest, FindsFlipsAndQuarterTurnsAtOnce) {
  const SearchReport flipped = search_in(mirrored(marked()));
  EXPECT_TRUE(flipped.found);
  EXPECT_EQ(flipped.placement, (Placement{.mirrored = true}));
  // The marked picture lies turned counter-clockwise in this one.
  const SearchReport on_side = search_in(turned(marked()));
  EXPECT_TRUE(on_side.found);
  EXPECT_EQ(on_side.placement, (Placement{.quarter_turns = 1}));
  EXPECT_LE(on_side.hypotheses, 7);
}

TEST_F(SearchTest, FindsRotationsToAFractionOfADegree) {
  const SearchReport report = search_in(rotated(marked(), 9.3));
  ASSERT_TRUE(report.found);
  EXPECT_NEAR(report.placement.degrees, 9.3, 0.8);
  EXPECT_NEAR(report.placement.scale_x, 1, 0.02);
}

TEST_F(SearchTest, FindsCropsWhereverTheyLie) {
  const SearchReport report = search_in(cropped(marked(), 77, 31, 384, 288));
  ASSERT_TRUE(report.found);
  EXPECT_NEAR(report.placement.scale_x, 0.8, 0.02);
  EXPECT_NEAR(report.placement.scale_y, 0.8, 0.02);
}

TEST_F(SearchTest, FindsAnyRectangleWhenAskedForAll) {
  const Grey part = cropped(marked(), 40, 60, 394, 274);  // 0.82 x 0.76
  EXPECT_FALSE(search_in(part, {.mode = SearchMode::kNone}).found);
  const SearchReport report = search_in(part, {.mode = SearchMode::kFull, .time_limit_s = 600});
  ASSERT_TRUE(report.found);
  EXPECT_NEAR(report.placement.scale_x, 0.82, 0.04);
  EXPECT_NEAR(report.placement.scale_y, 0.76, 0.04);
}

TEST_F(SearchTest, OffersNoMoreThanItSaysAndFindsNothingInUnmarkedPictures) {
  const SearchReport report = search_in(picture());
  EXPECT_FALSE(report.found);
  EXPECT_GT(report.hypotheses, 130);
}

TEST_F(SearchTest, GivesUpWhenTheTimeIsUp) {
  const SearchReport report =
      search_in(picture(), {.mode = SearchMode::kFull, .time_limit_s = 0.01});
  EXPECT_TRUE(report.timed_out);
  EXPECT_LT(report.hypotheses, 400);
}

TEST(SearchBudget, GrowsWithTheMode) {
  EXPECT_EQ(most_tries(SearchMode::kNone), 0);
  EXPECT_GE(most_tries(SearchMode::kFast), 7);
  EXPECT_GT(most_tries(SearchMode::kFull), most_tries(SearchMode::kFast));
}

// A detector without a tile has one answer a placement, on a canvas of its own size.
TEST(SearchWithoutATile, ReadsTheWholeCanvas) {
  ThreadPool pool(1);
  const auto networks = Networks::compile(test::toy_model(1, 1)).value();
  ASSERT_EQ(networks->tile_detector(), nullptr);
  const auto reader = CanvasReader::create(networks, &pool).value();
  Grey grey = picture();
  ASSERT_TRUE(reader->add(grey.view()).ok());
  EXPECT_FALSE(reader->has_tile());
  EXPECT_EQ(reader->read_rolled({}, {}, 1).value().size(), 1u);
  int offers = 0;
  const auto report = search(*reader, {.time_limit_s = 600}, [&](std::span<const float>) {
    ++offers;
    return false;
  });
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->tries, offers);
  EXPECT_LE(offers, most_tries(SearchMode::kFast));
}

}  // namespace
}  // namespace vseal::watermark
