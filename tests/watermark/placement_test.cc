#include "watermark/placement.h"

#include <gtest/gtest.h>

#include <cmath>
#include <utility>

namespace vseal::watermark {
namespace {

constexpr int kSide = 256;

std::pair<double, double> at(const image::AffineMap& map, double x, double y) {
  return {map.xx * x + map.xy * y + map.x0, map.yx * x + map.yy * y + map.y0};
}

void expect_at(const image::AffineMap& map, double x, double y, double frame_x, double frame_y) {
  const auto [got_x, got_y] = at(map, x, y);
  EXPECT_NEAR(got_x, frame_x, 1e-9);
  EXPECT_NEAR(got_y, frame_y, 1e-9);
}

TEST(Placement, WholeFrameCoversTheCanvas) {
  const auto map = canvas_to_frame({}, kSide, kSide, kSide, 512, 1024);
  expect_at(map, 0, 0, 0.5, 1.5);
  expect_at(map, 255, 255, 510.5, 1021.5);
}

TEST(Placement, CropShowsItsShareAtTheSameScale) {
  // Half of the width, all of the height: a canvas of 128 x 256 covers the frame.
  const auto map = canvas_to_frame({.scale_x = 0.5}, kSide, 128, kSide, 256, 256);
  expect_at(map, 0, 0, 0.5, 0);
  expect_at(map, 127, 255, 254.5, 255);
}

TEST(Placement, TurnsCounterClockwiseAndMirrors) {
  // The top left corner of a picture turned by a quarter lies at the bottom left.
  expect_at(canvas_to_frame({.quarter_turns = 1}, kSide, kSide, kSide, 256, 256), 0, 0, 0, 255);
  expect_at(canvas_to_frame({.quarter_turns = 2}, kSide, kSide, kSide, 256, 256), 0, 0, 255, 255);
  expect_at(canvas_to_frame({.mirrored = true}, kSide, kSide, kSide, 256, 256), 0, 0, 255, 0);
  // On its side, a frame of 300 x 200 shows a picture of 200 x 300.
  expect_at(canvas_to_frame({.quarter_turns = 1}, kSide, kSide, kSide, 300, 200), 127.5, 127.5,
            149.5, 99.5);
  const auto turned = canvas_to_frame({.degrees = 30}, kSide, kSide, kSide, 256, 256);
  EXPECT_NEAR(turned.xx, std::sqrt(3) / 2, 1e-12);
  EXPECT_NEAR(turned.yx, -0.5, 1e-12);
}

TEST(Placement, ShiftMovesThePictureUnderTheCanvas) {
  const auto map = canvas_to_frame({.shift_x = 3, .shift_y = -2}, kSide, kSide, kSide, 512, 512);
  expect_at(map, 127.5, 127.5, 255.5 + 6, 255.5 - 4);
}

TEST(Placements, CoverTheirRangesWithoutRepeats) {
  EXPECT_EQ(upright_placements().size(), 7u);
  for (const auto& all :
       {zoom_placements(), turn_placements(), crop_placements(), turned_crop_placements(),
        turned_upright_placements(), inset_placements()}) {
    ASSERT_GT(all.size(), 30u);
    for (size_t i = 1; i < all.size(); ++i) EXPECT_FALSE(all[i] == all[i - 1]);
    for (const Placement& placement : all) {
      EXPECT_FALSE(placement == Placement{} && &all.front() == &placement);
      EXPECT_GT(placement.scale_x, 0.29);
      EXPECT_LT(std::fabs(placement.degrees), 45.1);
    }
  }
}

}  // namespace
}  // namespace vseal::watermark
