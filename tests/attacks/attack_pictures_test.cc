// Attacks on pictures do what the table says.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "attacks/attack.h"
#include "attacks/geometry.h"
#include "media/raster_edit.h"

namespace vseal::attacks {
namespace {

using media::Raster;

// Smooth waves in all three channels, with some texture; no value near 0 or 255.
Raster scene(int width, int height) {
  Raster picture(width, height);
  for (int y = 0; y < height; ++y) {
    uint8_t* row = picture.row(y);
    for (int x = 0; x < width; ++x) {
      for (int c = 0; c < 3; ++c) {
        const double wave = 120 + 60 * std::sin(x * 0.05 + c) * std::cos(y * 0.04 - c);
        row[3 * x + c] = static_cast<uint8_t>(std::lround(wave) + (x * 7 + y * 13) % 9);
      }
    }
  }
  return picture;
}

Raster attacked(const Raster& in, const std::string& text, uint64_t seed = 1, int64_t frame = 0) {
  const auto attack = parse_attack(text);
  EXPECT_TRUE(attack.ok()) << attack.status().message();
  auto out = attack_picture(in, *attack, {seed, frame});
  EXPECT_TRUE(out.ok()) << text << ": " << out.status().message();
  return out.ok() ? *out : Raster(1, 1);
}

std::vector<uint8_t> bytes(const Raster& r) { return {r.samples().begin(), r.samples().end()}; }

double mean_error(const Raster& a, const Raster& b) {
  EXPECT_EQ(a.samples().size(), b.samples().size());
  double sum = 0;
  for (size_t i = 0; i < a.samples().size(); ++i) {
    sum += std::abs(double{1} * a.samples()[i] - b.samples()[i]);
  }
  return sum / static_cast<double>(a.samples().size());
}

double mean(const Raster& r) {
  double sum = 0;
  for (const uint8_t v : r.samples()) sum += v;
  return sum / static_cast<double>(r.samples().size());
}

int at(const Raster& r, int x, int y, int c = 0) { return r.row(y)[3 * x + c]; }

TEST(AttackPictures, FlipTwiceIsIdentity) {
  const Raster in = scene(61, 40);
  EXPECT_EQ(bytes(attacked(in, "identity")), bytes(in));
  EXPECT_NE(bytes(attacked(in, "flip")), bytes(in));
  EXPECT_EQ(bytes(attacked(in, "flip+flip")), bytes(in));
  EXPECT_EQ(at(attacked(in, "flip"), 0, 7), at(in, 60, 7));
}

TEST(AttackPictures, TurnsGoCounterClockwiseAndLoseNothing) {
  const Raster in = scene(61, 40);
  const Raster turned = attacked(in, "turn:90");
  EXPECT_EQ(turned.width(), 40);
  EXPECT_EQ(turned.height(), 61);
  EXPECT_EQ(at(turned, 3, 0), at(in, 60, 3));  // the right edge becomes the top
  EXPECT_EQ(bytes(attacked(in, "turn:90+turn:270")), bytes(in));
  EXPECT_EQ(bytes(attacked(in, "turn:180+turn:180")), bytes(in));
  EXPECT_FALSE(attack_picture(in, *parse_attack("turn:100"), {}).ok());
}

TEST(AttackPictures, RotationKeepsTheCanvasAndGoesTheWayOfTurn) {
  const Raster square = scene(64, 64);
  EXPECT_LT(mean_error(attacked(square, "rotate:90"), attacked(square, "turn:90")), 1.0);
  const Raster in = scene(90, 60);
  const Raster rotated = attacked(in, "rotate:30");
  EXPECT_EQ(rotated.width(), 90);
  EXPECT_EQ(rotated.height(), 60);
  EXPECT_EQ(at(rotated, 0, 0), 0);  // nothing of the picture comes here
  EXPECT_NEAR(at(rotated, 45, 30), at(in, 45, 30), 12);
}

TEST(AttackPictures, SizesAreAsTheParameterSays) {
  const Raster in = scene(200, 100);
  const struct {
    const char* attack;
    int width, height;
  } kSizes[] = {{"resize:0.5", 100, 50},      {"resize:0.32", 64, 32},   {"crop:0.71", 142, 71},
                {"height:48", 96, 48},        {"aspect:0.75", 150, 100}, {"window:0.5625", 56, 100},
                {"zoom:5", 200, 100},         {"pad:0.2", 280, 140},     {"inset:0.5", 200, 100},
                {"perspective:0.5", 200, 100}};
  for (const auto& size : kSizes) {
    const Raster out = attacked(in, size.attack);
    EXPECT_EQ(out.width(), size.width) << size.attack;
    EXPECT_EQ(out.height(), size.height) << size.attack;
  }
}

TEST(AttackPictures, CropsLieWhereTheSeedSays) {
  const Raster in = scene(200, 100);
  const Raster first = attacked(in, "crop:0.5", 1);
  EXPECT_EQ(bytes(first), bytes(attacked(in, "crop:0.5", 1, 5)));  // the same in every frame
  EXPECT_NE(bytes(first), bytes(attacked(in, "crop:0.5", 2)));
  // It is a part of the picture as it was.
  bool found = false;
  for (int y = 0; y <= 50 && !found; ++y) {
    for (int x = 0; x <= 100 && !found; ++x) {
      const auto part = media::crop(in, x, y, 100, 50);
      found = part.ok() && bytes(*part) == bytes(first);
    }
  }
  EXPECT_TRUE(found);
}

TEST(AttackPictures, InsetsAreTheSmallPictureOnGrey) {
  const Raster in = scene(80, 60);
  const Raster out = attacked(in, "inset:0.5");
  int grey = 0;
  for (int y = 0; y < 60; ++y) {
    for (int x = 0; x < 80; ++x) grey += at(out, x, y) == 128 && at(out, x, y, 1) == 128 ? 1 : 0;
  }
  EXPECT_GE(grey, 80 * 60 - 40 * 30);
  EXPECT_LT(grey, 80 * 60 - 40 * 30 + 60);
}

TEST(AttackPictures, ZoomAndPerspectiveMoveCornersAsStated) {
  const Raster in = scene(200, 100);
  const Raster zoomed = attacked(in, "zoom:10");
  // Output x is 100 - 0.5 + 1.1 (x_in - 99.5).
  EXPECT_NEAR(at(zoomed, 99, 49), at(in, 99, 49), 12);
  EXPECT_NEAR(at(zoomed, 154, 49), at(in, 149, 49), 12);
  const media::Homography map =
      homography({{{0, 0}, {10, 0}, {10, 10}, {0, 10}}}, {{{1, 2}, {8, 1}, {9, 9}, {2, 8}}});
  const double w = map[6] * 10 + map[7] * 10 + map[8];
  EXPECT_NEAR((map[0] * 10 + map[1] * 10 + map[2]) / w, 9, 1e-9);
  EXPECT_NEAR((map[3] * 10 + map[4] * 10 + map[5]) / w, 9, 1e-9);
  // All corners of a tilted picture lie inside the old canvas, so something is black.
  const Raster tilted = attacked(in, "perspective:0.5");
  EXPECT_LT(mean(tilted), 0.95 * mean(in));
  EXPECT_EQ(bytes(tilted), bytes(attacked(in, "perspective:0.5", 1, 3)));
}

TEST(AttackPictures, ColoursFollowTheirFormulas) {
  const Raster in = scene(64, 48);
  const double luma = media::mean_luma(in);
  const Raster dark = attacked(in, "brightness:0.5");
  const Raster flat = attacked(in, "contrast:0.5");
  const Raster lifted = attacked(in, "gamma:0.6");
  const Raster grey = attacked(in, "grey");
  const Raster vivid = attacked(in, "saturation:1.5");
  for (int y = 0; y < 48; y += 5) {
    for (int x = 0; x < 64; x += 3) {
      const double own =
          0.299 * at(in, x, y, 0) + 0.587 * at(in, x, y, 1) + 0.114 * at(in, x, y, 2);
      for (int c = 0; c < 3; ++c) {
        const int v = at(in, x, y, c);
        EXPECT_NEAR(at(dark, x, y, c), v * 0.5, 0.51);
        EXPECT_NEAR(at(flat, x, y, c), luma + 0.5 * (v - luma), 0.51);
        EXPECT_NEAR(at(lifted, x, y, c), 255 * std::pow(v / 255.0, 0.6), 0.51);
        EXPECT_NEAR(at(grey, x, y, c), own, 0.51);
        EXPECT_NEAR(at(vivid, x, y, c), std::clamp(own + 1.5 * (v - own), 0.0, 255.0), 0.51);
      }
    }
  }
  EXPECT_EQ(*std::ranges::max_element(attacked(in, "brightness:10").samples()), 255);
}

TEST(AttackPictures, HueTurnsColoursAndComesBack) {
  Raster red(8, 8);
  for (size_t i = 0; i < red.samples().size(); i += 3) red.samples()[i] = 200;
  const Raster green = attacked(red, "hue:0.3333");
  EXPECT_LT(at(green, 4, 4, 0), 12);
  EXPECT_NEAR(at(green, 4, 4, 1), 200, 2);
  EXPECT_LT(at(green, 4, 4, 2), 12);
  const Raster in = scene(64, 48);
  EXPECT_GT(mean_error(attacked(in, "hue:0.2"), in), 5);
  EXPECT_LT(mean_error(attacked(in, "hue:0.2+hue:-0.2"), in), 2);
}

TEST(AttackPictures, WorseQualityIsWorse) {
  const Raster in = scene(160, 120);
  for (const char* codec : {"jpeg", "webp", "avif"}) {
    const double good = mean_error(attacked(in, std::string(codec) + ":60"), in);
    const double bad = mean_error(attacked(in, std::string(codec) + ":20"), in);
    EXPECT_GT(good, 0) << codec;
    EXPECT_LT(good, bad) << codec;
    EXPECT_LT(bad, 12) << codec;
  }
}

TEST(AttackPictures, BlurSpreadsAPointByItsSigma) {
  Raster point(41, 41);
  for (int c = 0; c < 3; ++c) point.row(20)[60 + c] = 255;
  const Raster out = attacked(point, "blur:2");
  EXPECT_NEAR(at(out, 20, 20), 255 / (2 * M_PI * 4), 1.5);
  EXPECT_NEAR(at(out, 22, 20), 255 / (2 * M_PI * 4) * std::exp(-0.5), 1.5);
  EXPECT_EQ(at(attacked(point, "median:3"), 20, 20), 0);
  EXPECT_FALSE(attack_picture(point, *parse_attack("median:4"), {}).ok());
}

TEST(AttackPictures, NoiseHasItsDeviationAndDiffersFromFrameToFrame) {
  Raster in(200, 200);
  std::ranges::fill(in.samples(), 128);
  const Raster out = attacked(in, "noise:15");
  double sum = 0;
  double squares = 0;
  double products = 0;  // of neighbouring channels
  for (size_t i = 0; i < out.samples().size(); ++i) {
    const double d = out.samples()[i] - 128.0;
    sum += d;
    squares += d * d;
    if (i % 3 != 2) products += d * (out.samples()[i + 1] - 128.0);
  }
  const double count = static_cast<double>(out.samples().size());
  EXPECT_NEAR(sum / count, 0, 0.2);
  EXPECT_NEAR(std::sqrt(squares / count), 15, 0.2);
  EXPECT_LT(std::abs(products / count), 3);
  EXPECT_EQ(bytes(out), bytes(attacked(in, "noise:15")));
  EXPECT_NE(bytes(out), bytes(attacked(in, "noise:15", 2)));
  EXPECT_NE(bytes(out), bytes(attacked(in, "noise:15", 1, 1)));
}

TEST(AttackPictures, ChainsGoFromLeftToRight) {
  const Raster in = scene(200, 100);
  EXPECT_EQ(bytes(attacked(in, "resize:0.5+brightness:0.5")),
            bytes(attacked(attacked(in, "resize:0.5"), "brightness:0.5")));
  EXPECT_NE(bytes(attacked(in, "jpeg:20+resize:0.5")), bytes(attacked(in, "resize:0.5+jpeg:20")));
}

TEST(AttackPictures, VideoAttacksNeedAVideo) {
  const auto out = attack_picture(scene(32, 32), *parse_attack("flip+x264:23"), {});
  ASSERT_FALSE(out.ok());
  EXPECT_EQ(out.status().code(), Code::kUnsupported);
}

}  // namespace
}  // namespace vseal::attacks
