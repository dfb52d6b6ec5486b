#include "image/metrics.h"

#include <gtest/gtest.h>

#include "image/reference.h"
#include "image/test_frame.h"

namespace vseal::image {
namespace {

using test::TestFrame;

// SSIM by definition: every window on its own, in double.
double naive_ssim(const std::vector<double>& a, const std::vector<double>& b, int width,
                  int height) {
  double weights[11][11], total = 0, sum = 0;
  for (int j = 0; j < 11; ++j) {
    for (int i = 0; i < 11; ++i) {
      total += weights[j][i] = std::exp(-((i - 5) * (i - 5) + (j - 5) * (j - 5)) / 4.5);
    }
  }
  int windows = 0;
  for (int y = 0; y + 11 <= height; ++y) {
    for (int x = 0; x + 11 <= width; ++x, ++windows) {
      double mx = 0, my = 0, xx = 0, yy = 0, xy = 0;
      for (int j = 0; j < 11; ++j) {
        for (int i = 0; i < 11; ++i) {
          const double w = weights[j][i] / total;
          const double u = a[static_cast<size_t>((y + j) * width + x + i)];
          const double v = b[static_cast<size_t>((y + j) * width + x + i)];
          mx += w * u, my += w * v, xx += w * u * u, yy += w * v * v, xy += w * u * v;
        }
      }
      sum += (2 * mx * my + 1e-4) * (2 * (xy - mx * my) + 9e-4) /
             ((mx * mx + my * my + 1e-4) * (xx - mx * mx + yy - my * my + 9e-4));
    }
  }
  return sum / windows;
}

TEST(Compare, MeetsTheDefinition) {
  TestFrame a({ColorModel::kRgb, 3, 8}, 90, 140, 1), b({ColorModel::kRgb, 3, 8}, 90, 140, 2);
  double squares = 0;
  for (int c = 0; c < 3; ++c) {
    for (int y = 0; y < 140; ++y) {
      for (int x = 0; x < 90; ++x) squares += std::pow(a.get(c, x, y) - b.get(c, x, y), 2);
    }
  }
  const double mse = squares / (3 * 90 * 140) / (255.0 * 255);
  ThreadPool pool(2);
  const auto quality = compare(a.view, b.view, &pool);
  ASSERT_TRUE(quality.ok()) << quality.status().message();
  EXPECT_NEAR(quality->mse, mse, 1e-12);
  EXPECT_NEAR(quality->psnr_db, -10 * std::log10(mse), 1e-9);
  EXPECT_NEAR(quality->ssim, naive_ssim(reference_luma(a.view), reference_luma(b.view), 90, 140),
              1e-4);
  EXPECT_LT(quality->ssim, 0.999);
}

TEST(Compare, OneLevelEverywhereIs48Decibels) {
  TestFrame a({ColorModel::kGrey, 1, 8}, 64, 64), b({ColorModel::kGrey, 1, 8}, 64, 64);
  for (int y = 0; y < 64; ++y) {
    for (int x = 0; x < 64; ++x) {
      auto& sample = b.view.planes[0].row<uint8_t>(y)[x];
      sample = sample > 100 ? sample - 1 : sample + 1;
    }
  }
  EXPECT_NEAR(compare(a.view, b.view, nullptr)->psnr_db, 48.1308, 1e-3);
}

TEST(Compare, IdenticalIsOneHundred) {
  TestFrame a({ColorModel::kYCbCr, 1, 10, ColorRange::kLimited}, 50, 40);
  const auto quality = compare(a.view, a.view, nullptr);
  ASSERT_TRUE(quality.ok());
  EXPECT_EQ(quality->psnr_db, 100.0);
  EXPECT_NEAR(quality->ssim, 1.0, 1e-9);
}

TEST(Compare, RefusesDifferentSizes) {
  TestFrame a({ColorModel::kGrey, 1, 8}, 50, 40), b({ColorModel::kGrey, 1, 8}, 50, 41);
  EXPECT_EQ(compare(a.view, b.view, nullptr).status().code(), Code::kInvalidArgument);
}

}  // namespace
}  // namespace vseal::image
