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

struct Case {
  Layout layout;
  int width = 131;
  int height = 77;
  int side = 32;
  int channels = 1;
  Orientation orientation = Orientation::kNormal;
};

int channels_that_move(const Case& c) {
  if (c.layout.model == ColorModel::kYCbCr) return c.channels;
  return c.layout.model == ColorModel::kRgb ? 3 : 1;
}

// At most one level apart, and that in few samples only; nothing else in memory has changed. Of 16
// bits a float holds eight more than of 8: there sums fall between two levels far more often.
void expect_meets_reference(const Case& c, const BlendOptions& options) {
  SCOPED_TRACE(c.layout.name() + " size " + std::to_string(c.width) + "x" +
               std::to_string(c.height) + " channels " + std::to_string(c.channels));
  TestFrame got(c.layout, c.width, c.height), expected(c.layout, c.width, c.height);
  got.view.orientation = expected.view.orientation = c.orientation;
  const std::vector<float> values = random_residual(c.side, 3, c.channels);
  const Residual residual{values, c.side, c.channels};
  ThreadPool pool(3);
  ASSERT_TRUE(blend(got.view, residual, options, &pool).ok());
  reference_blend(expected.view, residual, options);
  int apart = 0, moved = 0, samples = 0;
  TestFrame original(c.layout, c.width, c.height);
  for (int i = 0; i < channels_that_move(c); ++i) {
    const PlaneView& plane = got.view.planes[static_cast<size_t>(i)];
    for (int y = 0; y < plane.height; ++y) {
      for (int x = 0; x < plane.width; ++x, ++samples) {
        const int a = got.get(i, x, y), b = expected.get(i, x, y);
        ASSERT_LE(std::abs(a - b), 1) << i << " " << x << " " << y;
        apart += a != b;
        moved += b != original.get(i, x, y);
      }
    }
  }
  EXPECT_GE(moved, samples / 4);
  EXPECT_LE(apart, samples / (c.layout.depth > 12 ? 10 : 1000) + 1);
  // Beside the samples that move, every byte is as it was.
  std::vector<uint8_t> clean = got.memory(), reference = expected.memory();
  int foreign = 0;
  for (size_t i = 0; i < clean.size(); ++i) foreign += clean[i] != reference[i];
  EXPECT_LE(foreign, 2 * apart);
}

BlendOptions with(const HeatmapOptions& heatmap, float strength) {
  return {.strength = strength, .heatmap = heatmap};
}

TEST_P(Blend, MeetsTheReferenceInEveryLayout) {
  for (const Layout& layout : test::all_layouts()) {
    for (const int channels : {1, 3}) {
      expect_meets_reference({.layout = layout, .channels = channels}, with(kNano, 2.5f));
    }
  }
}

TEST_P(Blend, MeetsTheReferenceAtOddSizesAndBandBorders) {
  for (const auto& [w, h] : {std::pair{1, 1}, {2, 3}, {17, 31}, {16, 32}, {33, 33}, {40, 97}}) {
    for (const HeatmapOptions& heatmap : {kUpstream, kNano}) {
      for (const ColorModel model : {ColorModel::kGrey, ColorModel::kYCbCr}) {
        const int channels = model == ColorModel::kGrey ? 1 : 3;
        expect_meets_reference({Layout{model, 1, 8}, w, h, 16, channels}, with(heatmap, 3.5f));
      }
    }
  }
}

TEST_P(Blend, MeetsTheReferenceInEveryOrientation) {
  for (int o = 1; o <= 8; ++o) {
    SCOPED_TRACE(o);
    const auto orientation = static_cast<Orientation>(o);
    expect_meets_reference({Layout{ColorModel::kRgb, 3, 8}, 90, 50, 16, 1, orientation},
                           with(kNano, 2.5f));
    expect_meets_reference({Layout{ColorModel::kYCbCr, 1, 8}, 90, 50, 16, 3, orientation},
                           with(kNano, 2.5f));
  }
}

TEST_P(Blend, MeetsTheReferenceWithoutAMapAndWithASmallOne) {
  for (const Layout& layout : {Layout{ColorModel::kRgb, 3, 8}, Layout{ColorModel::kYCbCr, 1, 10},
                               Layout{ColorModel::kGrey, 1, 8}}) {
    for (const int channels : {1, 3}) {
      for (const Resampling resampling : {Resampling::kAntialiased, Resampling::kPlain}) {
        // A residual larger than the frame on one axis: that is where resampling counts.
        const Case c{layout, 131, 40, 64, channels};
        expect_meets_reference(c, {0.03f, Attenuation::kNone, kNano, resampling});
        expect_meets_reference(c, {2.5f, Attenuation::kLow, kNano, resampling});
      }
    }
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
    ASSERT_TRUE(blend(frame.view, {zero, 256}, {.strength = 1.0f, .heatmap = kNano}, nullptr).ok());
    EXPECT_EQ(frame.memory(), untouched.memory());
  }
}

// Heights around multiples of the least band, and enough threads for bands that low.
TEST(Blend, SameSamplesForAnyNumberOfThreads) {
  for (const int channels : {1, 3}) {
    const Layout layout{channels == 1 ? ColorModel::kRgb : ColorModel::kYCbCr,
                        channels == 1 ? 3 : 1, 8};
    const auto values = random_residual(64, 3, channels);
    const Residual residual{values, 64, channels};
    for (const int height : {15, 16, 17, 18, 33, 160, 203}) {
      TestFrame one(layout, 101, height);
      ASSERT_TRUE(blend(one.view, residual, with(kNano, 3.0f), nullptr).ok());
      for (const int threads : {2, 5, 8}) {
        ThreadPool pool(threads);
        TestFrame many(layout, 101, height);
        ASSERT_TRUE(blend(many.view, residual, with(kNano, 3.0f), &pool).ok());
        EXPECT_EQ(one.memory(), many.memory()) << height << " rows, " << threads << " threads";
      }
    }
  }
}

// Red alone, marked by BT.709: luma moves by Kr of it, Cr up by half, Cb down.
TEST(Blend, ARedResidualMovesEachPlaneByItsShare) {
  TestFrame frame({ColorModel::kYCbCr, 1, 8, ColorRange::kLimited}, 64, 64);
  for (const PlaneView& plane : frame.view.planes) {
    for (int y = 0; y < plane.height; ++y) std::fill_n(plane.row<uint8_t>(y), plane.width, 100);
  }
  std::vector<float> red(3 * 64);
  for (size_t i = 0; i < red.size(); i += 3) red[i] = 1.0f;
  const BlendOptions options{.strength = 0.2f, .attenuation = Attenuation::kNone};
  ASSERT_TRUE(blend(frame.view, {red, 8, 3}, options, nullptr).ok());
  EXPECT_EQ(frame.get(0, 30, 30), 100 + std::lround(0.2 * 219 * 0.2126));
  EXPECT_EQ(frame.get(1, 15, 15), 100 - std::lround(0.2 * 224 * 0.2126 / 1.8556));
  EXPECT_EQ(frame.get(2, 15, 15), 100 + std::lround(0.2 * 224 * 0.5));
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
    ASSERT_TRUE(
        blend(coded.view, {residual, 16}, {.strength = 2.0f, .heatmap = kNano}, nullptr).ok());
    ASSERT_TRUE(
        blend(upright.view, {residual, 16}, {.strength = 2.0f, .heatmap = kNano}, nullptr).ok());
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
    ASSERT_TRUE(
        blend(frame.view, {residual, 8}, {.strength = 3.0f, .heatmap = kUpstream}, nullptr).ok());
    EXPECT_EQ(frame.get(0, 40, 20), level + moved);
    EXPECT_EQ(frame.get(0, 87, 37), level + moved);
  }
}

TEST(Blend, SumsStopAtBlackAndWhite) {
  const std::vector<float> up(64, 1.0f), down(64, -1.0f);
  for (const Layout& layout : test::all_layouts()) {
    TestFrame bright(layout, 45, 20), dark(layout, 45, 20);
    ASSERT_TRUE(blend(bright.view, {up, 8}, {.strength = 1e6f, .heatmap = kNano}, nullptr).ok());
    ASSERT_TRUE(blend(dark.view, {down, 8}, {.strength = 1e6f, .heatmap = kNano}, nullptr).ok());
    for (int x = 0; x < 45; ++x) {
      EXPECT_EQ(bright.get(0, x, 10), bright.view.planes[0].max_value());
      EXPECT_EQ(dark.get(0, x, 10), 0);
    }
  }
}

TEST(Blend, RefusesWhatIsNoResidual) {
  TestFrame frame({ColorModel::kGrey, 1, 8}, 64, 64);
  const std::vector<float> residual(10);
  EXPECT_EQ(blend(frame.view, {residual, 4}, {.strength = 1.0f, .heatmap = kNano}, nullptr).code(),
            Code::kInvalidArgument);
  const std::vector<float> holed = {0, 0, std::nanf(""), 0};
  EXPECT_EQ(blend(frame.view, {holed, 2}, {.strength = 1.0f, .heatmap = kNano}, nullptr).code(),
            Code::kInvalidArgument);
  const BlendOptions options{.strength = 1.0f, .heatmap = kNano};
  EXPECT_EQ(blend(frame.view, {residual, 1, 10}, options, nullptr).code(), Code::kInvalidArgument);
  std::vector<float> heat(9);
  EXPECT_EQ(heatmap(residual, 5, 2, kNano, heat, nullptr).code(), Code::kInvalidArgument);
}

TEST(Blend, ThreeChannelsNeedSoundChroma) {
  const std::vector<float> one(64), three(3 * 64);
  const BlendOptions options{.strength = 1.0f, .heatmap = kNano};
  const Layout layout{ColorModel::kYCbCr, 1, 8};
  const auto blended = [&](int channels, const auto& spoil) {
    TestFrame frame(layout, 64, 64);
    spoil(frame.view.planes);
    return blend(frame.view, {channels == 1 ? one : three, 8, channels}, options, nullptr).code();
  };
  const auto lost = [](auto& planes) { planes[2].data = nullptr; };
  const auto narrow = [](auto& planes) { planes[1].width = planes[2].width = 20; };
  const auto unequal = [](auto& planes) { planes[1].height = 16; };
  const auto deep = [](auto& planes) { planes[1].depth_bits = planes[2].depth_bits = 10; };
  EXPECT_EQ(blended(3, lost), Code::kInvalidArgument);
  EXPECT_EQ(blended(3, narrow), Code::kInvalidArgument);
  EXPECT_EQ(blended(3, unequal), Code::kInvalidArgument);
  EXPECT_EQ(blended(3, deep), Code::kInvalidArgument);
  EXPECT_EQ(blended(1, lost), Code::kOk);
}

TEST(Blend, RmsOfAMap) {
  EXPECT_FLOAT_EQ(heatmap_rms(std::vector<float>{3, 4, 0, 0}), 2.5f);
  EXPECT_EQ(heatmap_rms({}), 0.0f);
}

}  // namespace
}  // namespace vseal::image
