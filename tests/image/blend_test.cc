#include "image/blend.h"

#include <gtest/gtest.h>

#include <cmath>

#include "image/reference.h"
#include "image/test_frame.h"
#include "kernels/isa.h"

namespace vseal::image {
namespace {

using test::Layout;
using test::random_residual;
using test::TestFrame;

constexpr HeatmapOptions kUpstream{};
constexpr HeatmapOptions kNano{9.0f, 3.0f, true};

class Blend : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override { ASSERT_TRUE(kernels::force_isa(GetParam()).ok()); }
  void TearDown() override { ASSERT_TRUE(kernels::force_isa("auto").ok()); }
};

// At most one level apart, and that in few samples only; nothing else in memory has changed. Of 16
// bits a float holds eight more than of 8: there sums fall between two levels far more often.
void expect_meets_reference(const Layout& layout, int width, int height, int side,
                            Orientation orientation, const HeatmapOptions& options) {
  TestFrame got(layout, width, height), expected(layout, width, height);
  got.view.orientation = expected.view.orientation = orientation;
  const std::vector<float> residual = random_residual(side);
  ThreadPool pool(2);
  ASSERT_TRUE(blend(got.view, residual, side, 2.5f, options, &pool).ok());
  reference_blend(expected.view, residual, side, 2.5f, options);
  const int channels = layout.model == ColorModel::kRgb ? 3 : 1;
  int apart = 0, moved = 0;
  TestFrame original(layout, width, height);
  for (int c = 0; c < channels; ++c) {
    for (int y = 0; y < height; ++y) {
      for (int x = 0; x < width; ++x) {
        const int a = got.get(c, x, y), b = expected.get(c, x, y);
        ASSERT_LE(std::abs(a - b), 1) << c << " " << x << " " << y;
        apart += a != b;
        moved += b != original.get(c, x, y);
      }
    }
  }
  const int samples = channels * width * height;
  EXPECT_GT(moved, samples / 4);
  EXPECT_LE(apart, samples / (layout.depth > 12 ? 10 : 1000));
  // Where no sample of luma lies, every byte is as it was.
  std::vector<uint8_t> clean = got.memory(), reference = expected.memory();
  int foreign = 0;
  for (size_t i = 0; i < clean.size(); ++i) foreign += clean[i] != reference[i];
  EXPECT_LE(foreign, 2 * apart);
}

TEST_P(Blend, MeetsTheReferenceInEveryLayout) {
  for (const Layout& layout : test::all_layouts()) {
    SCOPED_TRACE("model " + std::to_string(int(layout.model)) + " step " +
                 std::to_string(layout.step) + " depth " + std::to_string(layout.depth));
    expect_meets_reference(layout, 131, 77, 32, Orientation::kNormal, kNano);
  }
}

TEST_P(Blend, MeetsTheReferenceAtOddSizesAndBandBorders) {
  const Layout grey{ColorModel::kGrey, 1, 8};
  for (const auto& [w, h] : {std::pair{1, 1}, {2, 3}, {17, 31}, {16, 32}, {33, 33}, {40, 97}}) {
    SCOPED_TRACE(std::to_string(w) + "x" + std::to_string(h));
    for (const HeatmapOptions& options : {kUpstream, kNano}) {
      TestFrame got(grey, w, h), expected(grey, w, h);
      const auto residual = random_residual(16);
      ThreadPool pool(3);
      ASSERT_TRUE(blend(got.view, residual, 16, 2.0f, options, &pool).ok());
      reference_blend(expected.view, residual, 16, 2.0f, options);
      for (int y = 0; y < h; ++y) {
        for (int x = 0; x < w; ++x) EXPECT_NEAR(got.get(0, x, y), expected.get(0, x, y), 1);
      }
    }
  }
}

TEST_P(Blend, MeetsTheReferenceInEveryOrientation) {
  for (int o = 1; o <= 8; ++o) {
    SCOPED_TRACE(o);
    expect_meets_reference({ColorModel::kRgb, 3, 8}, 90, 50, 16, static_cast<Orientation>(o),
                           kNano);
  }
}

TEST_P(Blend, HeatmapMeetsTheReference) {
  TestFrame frame({ColorModel::kGrey, 1, 8}, 67, 45);
  const std::vector<double> luma = reference_luma(frame.view);
  const std::vector<float> narrow(luma.begin(), luma.end());
  for (const HeatmapOptions& options : {kUpstream, kNano}) {
    std::vector<float> heat(narrow.size());
    ASSERT_TRUE(heatmap(narrow, 67, 45, options, heat, nullptr).ok());
    const auto expected = reference_heatmap(luma, 67, 45, options);
    for (size_t i = 0; i < heat.size(); ++i) ASSERT_NEAR(heat[i], expected[i], 2e-6) << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Isa, Blend, testing::ValuesIn(kernels::available_isas()),
                         [](const auto& isa) { return isa.param; });

TEST(Blend, ZeroResidualChangesNoByte) {
  for (const Layout& layout : test::all_layouts()) {
    TestFrame frame(layout, 100, 70), untouched(layout, 100, 70);
    const std::vector<float> zero(256 * 256);
    ASSERT_TRUE(blend(frame.view, zero, 256, 1.0f, kNano, nullptr).ok());
    EXPECT_EQ(frame.memory(), untouched.memory());
  }
}

// Heights around multiples of the least band, and enough threads for bands that low.
TEST(Blend, SameSamplesForAnyNumberOfThreads) {
  const Layout layout{ColorModel::kRgb, 3, 8};
  const auto residual = random_residual(64);
  for (const int height : {15, 16, 17, 18, 33, 160, 203}) {
    TestFrame one(layout, 101, height);
    ASSERT_TRUE(blend(one.view, residual, 64, 3.0f, kNano, nullptr).ok());
    for (const int threads : {2, 5, 8}) {
      ThreadPool pool(threads);
      TestFrame many(layout, 101, height);
      ASSERT_TRUE(blend(many.view, residual, 64, 3.0f, kNano, &pool).ok());
      EXPECT_EQ(one.memory(), many.memory()) << height << " rows, " << threads << " threads";
    }
  }
}

TEST(Heatmap, SameBitsForAnyNumberOfThreads) {
  std::vector<float> luma = random_residual(97), one(luma.size()), many(luma.size());
  for (float& v : luma) v = std::abs(v);
  ThreadPool pool(6);
  ASSERT_TRUE(heatmap(luma, 97, 97, kNano, one, nullptr).ok());
  ASSERT_TRUE(heatmap(luma, 97, 97, kNano, many, &pool).ok());
  EXPECT_EQ(one, many);
}

// Where the coded pixel (x, y) of a width x height frame is displayed, from the EXIF definition.
std::pair<int, int> displayed(int x, int y, int width, int height, int exif) {
  if (exif == 2 || exif == 3 || exif == 7 || exif == 8) x = width - 1 - x;
  if (exif == 3 || exif == 4 || exif == 6 || exif == 7) y = height - 1 - y;
  return exif >= 5 ? std::pair{y, x} : std::pair{x, y};
}

// Marking a turned frame and then displaying it is marking the displayed frame.
TEST(Blend, TurningByHandGivesTheSame) {
  const Layout layout{ColorModel::kGrey, 1, 8};
  const auto residual = random_residual(16);
  for (int exif = 1; exif <= 8; ++exif) {
    SCOPED_TRACE(exif);
    TestFrame coded(layout, 50, 34);
    coded.view.orientation = static_cast<Orientation>(exif);
    TestFrame upright(layout, coded.view.display_width(), coded.view.display_height());
    const auto each = [&](const auto& act) {
      for (int y = 0; y < 34; ++y) {
        for (int x = 0; x < 50; ++x) {
          const auto [to_x, to_y] = displayed(x, y, 50, 34, exif);
          act(coded.view.planes[0].row<uint8_t>(y)[x],
              upright.view.planes[0].row<uint8_t>(to_y)[to_x]);
        }
      }
    };
    each([](const uint8_t& from, uint8_t& to) { to = from; });
    ASSERT_TRUE(blend(coded.view, residual, 16, 2.0f, kNano, nullptr).ok());
    ASSERT_TRUE(blend(upright.view, residual, 16, 2.0f, kNano, nullptr).ok());
    int apart = 0;
    each([&](const uint8_t& a, uint8_t& b) { apart += a != b; });
    EXPECT_LE(apart, 2);  // ties
  }
}

// Upstream's map jumps from 0 to 3 right above 127: flat grey must not fall on the wrong side.
TEST_P(Blend, FlatGreyStandsExactlyAtTheJump) {
  TestFrame frame({ColorModel::kGrey, 1, 8}, 90, 40);
  const std::vector<float> residual(64, 1.0f);
  for (const auto& [level, moved] : {std::pair{127, 0}, {128, 9}}) {
    for (int y = 0; y < 40; ++y) std::fill_n(frame.view.planes[0].row<uint8_t>(y), 90, level);
    ASSERT_TRUE(blend(frame.view, residual, 8, 3.0f, kUpstream, nullptr).ok());
    EXPECT_EQ(frame.get(0, 40, 20), level + moved);
    EXPECT_EQ(frame.get(0, 87, 37), level + moved);
  }
}

TEST(Blend, SumsStopAtBlackAndWhite) {
  const std::vector<float> up(64, 1.0f), down(64, -1.0f);
  for (const Layout& layout : test::all_layouts()) {
    TestFrame bright(layout, 45, 20), dark(layout, 45, 20);
    ASSERT_TRUE(blend(bright.view, up, 8, 1e6f, kNano, nullptr).ok());
    ASSERT_TRUE(blend(dark.view, down, 8, 1e6f, kNano, nullptr).ok());
    for (int x = 0; x < 45; ++x) {
      EXPECT_EQ(bright.get(0, x, 10), bright.view.planes[0].max_value());
      EXPECT_EQ(dark.get(0, x, 10), 0);
    }
  }
}

TEST(Blend, RefusesWhatIsNoResidual) {
  TestFrame frame({ColorModel::kGrey, 1, 8}, 64, 64);
  const std::vector<float> residual(10);
  EXPECT_EQ(blend(frame.view, residual, 4, 1.0f, kNano, nullptr).code(), Code::kInvalidArgument);
  const std::vector<float> holed = {0, 0, std::nanf(""), 0};
  EXPECT_EQ(blend(frame.view, holed, 2, 1.0f, kNano, nullptr).code(), Code::kInvalidArgument);
  std::vector<float> heat(9);
  EXPECT_EQ(heatmap(residual, 5, 2, kNano, heat, nullptr).code(), Code::kInvalidArgument);
}

TEST(Blend, RmsOfAMap) {
  EXPECT_FLOAT_EQ(heatmap_rms(std::vector<float>{3, 4, 0, 0}), 2.5f);
  EXPECT_EQ(heatmap_rms({}), 0.0f);
}

}  // namespace
}  // namespace vseal::image
