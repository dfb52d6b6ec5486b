#include "image/affine.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace vseal::image {
namespace {

// value = 0.25 + x / 512 + y / 1024: what bilinear samples and means reproduce.
FloatPicture slope(int width, int height) {
  FloatPicture picture{width, height, 1, {}};
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      picture.values.push_back(0.25f + static_cast<float>(x) / 512 + static_cast<float>(y) / 1024);
    }
  }
  return picture;
}

TEST(SampleAffine, FollowsTheMapOnASlope) {
  const FloatPicture picture = slope(64, 48);
  const AffineMap map{1.5, 0.25, 3.5, -0.25, 1.25, 9.25};
  std::vector<float> out(20 * 16);
  sample_affine(picture, map, 20, 16, out, nullptr);
  for (int y = 0; y < 16; ++y) {
    for (int x = 0; x < 20; ++x) {
      const double u = map.xx * x + map.xy * y + map.x0, v = map.yx * x + map.yy * y + map.y0;
      ASSERT_NEAR(out[static_cast<size_t>(y) * 20 + x], 0.25 + u / 512 + v / 1024, 1e-5);
    }
  }
}

TEST(SampleAffine, HoldsTheBorderOutside) {
  const FloatPicture picture = slope(8, 8);
  std::vector<float> out(2);
  sample_affine(picture, {1, 0, -5, 0, 1, 3}, 2, 1, out, nullptr);
  EXPECT_FLOAT_EQ(out[0], picture.values[3 * 8]);
  sample_affine(picture, {1, 0, 50, 0, 1, 30}, 2, 1, out, nullptr);
  EXPECT_FLOAT_EQ(out[1], picture.values[63]);
}

// Stripes of one pixel vanish where a step is several of them: longer steps are means.
TEST(SampleAffine, AveragesOverLongSteps) {
  FloatPicture stripes{256, 4, 1, {}};
  for (int i = 0; i < 4 * 256; ++i) stripes.values.push_back(i % 2 == 0 ? 0.0f : 1.0f);
  std::vector<float> out(30);
  sample_affine(stripes, {8, 0, 4.5, 0, 1, 1}, 30, 1, out, nullptr);
  for (const float value : out) EXPECT_NEAR(value, 0.5, 1e-5);
}

TEST(SampleAffine, KeepsChannelsApart) {
  const FloatPicture rgb{2, 1, 3, {0.0f, 0.1f, 0.2f, 1.0f, 0.9f, 0.8f}};
  std::vector<float> out(3);
  sample_affine(rgb, {1, 0, 0.5, 0, 1, 0}, 1, 1, out, nullptr);
  EXPECT_FLOAT_EQ(out[0], 0.5f);
  EXPECT_FLOAT_EQ(out[1], 0.5f);
  EXPECT_FLOAT_EQ(out[2], 0.5f);
}

TEST(Pyramid, GivesTheFramesValuesAtEveryScale) {
  constexpr int kWidth = 1500, kHeight = 900;
  std::vector<uint8_t> pixels(kWidth * kHeight);
  for (int i = 0; i < kWidth * kHeight; ++i) {
    pixels[static_cast<size_t>(i)] = static_cast<uint8_t>(20 + (i % kWidth) / 8);
  }
  FrameView frame;
  frame.planes[0] = {pixels.data(), kWidth, kHeight, kWidth};
  ThreadPool pool(2);
  const Pyramid pyramid = Pyramid::create(frame, 1, &pool).value();
  for (const double step : {1.5, 3.0, 6.0, 12.0}) {
    std::vector<float> out(64 * 40);
    pyramid.sample({step, 0, 300, 0, step, 200}, 64, 40, out, &pool);
    for (int x = 0; x < 64; ++x) {
      ASSERT_NEAR(255 * out[static_cast<size_t>(20) * 64 + x], 20 + (300 + step * x - 3.5) / 8, 0.6)
          << step << ' ' << x;
    }
  }
}

TEST(Pyramid, RefusesAFrameWithoutSamples) {
  FrameView nothing;
  EXPECT_FALSE(Pyramid::create(nothing, 1, nullptr).ok());
}

}  // namespace
}  // namespace vseal::image
