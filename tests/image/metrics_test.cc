#include "image/metrics.h"

#include <gtest/gtest.h>

#include "image/reference.h"
#include "image/test_frame.h"
#include "kernels/isa.h"

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

class CompareOn : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override { ASSERT_TRUE(kernels::force_isa(GetParam()).ok()); }
  void TearDown() override { ASSERT_TRUE(kernels::force_isa("auto").ok()); }
};

TEST_P(CompareOn, MeetsTheDefinition) {
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
              1e-6);
  EXPECT_LT(quality->ssim, 0.999);
}

// A mark moves few samples by a level: what 1 - SSIM is then must not drown in rounding.
TEST_P(CompareOn, TellsSmallDifferences) {
  const test::Layout layout{ColorModel::kGrey, 1, 8};
  TestFrame a(layout, 73, 91), b(layout, 73, 91);
  for (int y = 0; y < 91; y += 7) b.view.planes[0].row<uint8_t>(y)[(y * 13) % 73] ^= 1;
  const auto quality = compare(a.view, b.view, nullptr);
  ASSERT_TRUE(quality.ok());
  const double lost = 1 - naive_ssim(reference_luma(a.view), reference_luma(b.view), 73, 91);
  EXPECT_GT(lost, 1e-7);
  EXPECT_NEAR((1 - quality->ssim) / lost, 1.0, 1e-3);
}

// The exact sum of squares, for samples far apart in rows of every length modulo a vector.
TEST_P(CompareOn, SquaresAreExact) {
  for (const auto& [depth, step] : {std::pair{8, 1}, {16, 1}, {8, 2}, {16, 3}}) {
    for (const int width : {1, 15, 31, 66}) {
      const test::Layout layout{ColorModel::kGrey, step, depth};
      TestFrame a(layout, width, 3, 1), b(layout, width, 3, 2);
      double squares = 0;
      const double max = a.view.planes[0].max_value();
      for (int y = 0; y < 3; ++y) {
        for (int x = 0; x < width; ++x) squares += std::pow(a.get(0, x, y) - b.get(0, x, y), 2);
      }
      EXPECT_DOUBLE_EQ(compare(a.view, b.view, nullptr)->mse, squares / (3 * width) / (max * max));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Isa, CompareOn, testing::ValuesIn(kernels::available_isas()),
                         [](const auto& isa) { return isa.param; });

TEST(Compare, SameValuesForAnyNumberOfThreads) {
  TestFrame a({ColorModel::kRgb, 4, 8}, 64, 300, 1), b({ColorModel::kRgb, 4, 8}, 64, 300, 2);
  ThreadPool pool(5);
  const auto one = compare(a.view, b.view, nullptr), many = compare(a.view, b.view, &pool);
  EXPECT_EQ(one->mse, many->mse);
  EXPECT_EQ(one->ssim, many->ssim);
}

// Packed RGB is read in another way than RGBA and planes: all must agree, also with each other.
TEST(Compare, LayoutsOfColourAgree) {
  const auto fill = [](TestFrame& frame, int add) {
    for (size_t c = 0; c < 3; ++c) {
      const PlaneView& plane = frame.view.planes[c];
      for (int i = 0; i < 33 * 20; ++i) {
        plane.row<uint8_t>(i / 33)[i % 33 * plane.step] =
            static_cast<uint8_t>(i * 7 % 200 + static_cast<int>(c) * add);
      }
    }
  };
  std::vector<double> errors;
  for (const int left : {1, 3, 4}) {
    for (const int right : {1, 3, 4}) {
      TestFrame a({ColorModel::kRgb, left, 8}, 33, 20), b({ColorModel::kRgb, right, 8}, 33, 20);
      fill(a, 10);
      fill(b, 13);
      errors.push_back(compare(a.view, b.view, nullptr)->mse);
    }
  }
  for (const double mse : errors) EXPECT_DOUBLE_EQ(mse, (0 + 9 + 36) / 3.0 / (255.0 * 255));
}

// A difference in subsampled chroma counts by its own number of samples, and not in SSIM.
TEST(Compare, ChromaCountsByItsSamples) {
  TestFrame a({ColorModel::kYCbCr, 1, 8}, 32, 32), b({ColorModel::kYCbCr, 1, 8}, 32, 32);
  std::vector<uint8_t> chroma(16 * 16, 128), moved(16 * 16, 130);
  for (TestFrame* frame : {&a, &b}) {
    for (size_t i = 1; i < 3; ++i) frame->view.planes[i] = {chroma.data(), 16, 16, 16, 1, 8};
  }
  b.view.planes[2].data = moved.data();
  const auto quality = compare(a.view, b.view, nullptr);
  ASSERT_TRUE(quality.ok());
  EXPECT_DOUBLE_EQ(quality->mse, 4.0 * 256 / (1024 + 2 * 256) / (255.0 * 255));
  EXPECT_NEAR(quality->ssim, 1.0, 1e-12);
  b.view.planes[2].data = nullptr;
  EXPECT_EQ(compare(a.view, b.view, nullptr).status().code(), Code::kInvalidArgument);
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
