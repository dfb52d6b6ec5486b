// RGB error of frames of every layout against plain conversion in double.
#include "image/rgb_error.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/thread_pool.h"
#include "image/color.h"
#include "image/frame_copy.h"
#include "image/metrics.h"
#include "image/test_frame.h"

namespace vseal::image {
namespace {

using test::all_layouts;
using test::Layout;
using test::TestFrame;

constexpr int kWidth = 62, kHeight = 70;

// R, G and B of a pixel, unclamped.
std::array<double, 3> colour(const TestFrame& f, int x, int y) {
  const FrameView& view = f.view;
  if (view.model == ColorModel::kRgb) {
    const double max = view.planes[0].max_value();
    return {f.get(0, x, y) / max, f.get(1, x, y) / max, f.get(2, x, y) / max};
  }
  const SampleScale grey = luma_scale(view);
  const double luma = (f.get(0, x, y) - grey.offset) / grey.scale;
  if (view.model == ColorModel::kGrey) return {luma, luma, luma};
  const PlaneView& chroma = view.planes[1];
  const int sx = (kWidth + chroma.width - 1) / chroma.width;
  const int sy = (kHeight + chroma.height - 1) / chroma.height;
  const SampleScale scale = chroma_scale(view);
  const double cb = (f.get(1, x / sx, y / sy) - scale.offset) / scale.scale;
  const double cr = (f.get(2, x / sx, y / sy) - scale.offset) / scale.scale;
  const auto [kr, kb] = luma_weights(view.matrix);
  const double r = luma + 2 * (1 - kr) * cr, b = luma + 2 * (1 - kb) * cb;
  return {r, (luma - kr * r - kb * b) / (1 - kr - kb), b};
}

double plain_error(const TestFrame& a, const TestFrame& b) {
  double sum = 0;
  for (int y = 0; y < kHeight; ++y) {
    for (int x = 0; x < kWidth; ++x) {
      const auto p = colour(a, x, y), q = colour(b, x, y);
      for (size_t c = 0; c < 3; ++c) sum += (p[c] - q[c]) * (p[c] - q[c]);
    }
  }
  return sum / (3.0 * kWidth * kHeight);
}

TEST(RgbError, IsThatOfTheConvertedFrames) {
  ThreadPool pool(2);
  for (const Layout& layout : all_layouts()) {
    const TestFrame a(layout, kWidth, kHeight, 1), b(layout, kWidth, kHeight, 2);
    const auto error = rgb_squared_error(a.view, b.view, &pool);
    ASSERT_TRUE(error.ok()) << layout.name() << error.status().message();
    const double expected = plain_error(a, b);
    EXPECT_NEAR(*error, expected, 1e-6 * expected) << layout.name();
  }
}

// What a mark on luma alone does: limited range counts 255/219 as much, 1.32 dB (of more bits a
// little more, 1023/876).
TEST(RgbError, OfLumaAloneIsScaledByTheRange) {
  for (const Layout& layout : all_layouts()) {
    if (layout.model != ColorModel::kYCbCr) continue;
    TestFrame a(layout, kWidth, kHeight, 1);
    const TestFrame b(layout, kWidth, kHeight, 2);
    FrameView marked = a.view;
    marked.planes[0] = b.view.planes[0];
    const auto error = rgb_squared_error(a.view, marked, nullptr);
    ASSERT_TRUE(error.ok()) << layout.name();
    FrameView before = a.view, after = marked;
    for (FrameView* luma : {&before, &after}) {
      luma->model = ColorModel::kGrey;
      luma->plane_count = 1;
    }
    const double db = psnr_db(*mean_squared_error(before, after, nullptr)) - psnr_db(*error);
    const double limited = layout.depth == 8 ? 1.3219 : 1.3474;
    EXPECT_NEAR(db, layout.range == ColorRange::kFull ? 0.0 : limited, 1e-3) << layout.name();
  }
}

TEST(RgbError, FramesThatDoNotFitAreRefused) {
  const Layout yuv{ColorModel::kYCbCr, 1, 8, ColorRange::kLimited};
  const Layout full{ColorModel::kYCbCr, 1, 8, ColorRange::kLimited, 1, 1};
  const TestFrame a(yuv, 62, 70), wider(yuv, 64, 70), other(full, 62, 70);
  const TestFrame rgb({ColorModel::kRgb, 3, 8}, 62, 70);
  for (const TestFrame* b : {&wider, &other, &rgb}) {
    EXPECT_EQ(rgb_squared_error(a.view, b->view, nullptr).status().code(), Code::kInvalidArgument);
  }
}

TEST(FrameCopy, HoldsTheSamplesAndNotTheMemory) {
  FrameCopy copies;
  for (const Layout& layout : all_layouts()) {
    TestFrame frame(layout, kWidth, kHeight);
    const FrameView copy = copies.take(frame.view, CopiedPlanes::kAll);
    EXPECT_EQ(*rgb_squared_error(frame.view, copy, nullptr), 0.0) << layout.name();
    for (int i = 0; i < copy.plane_count; ++i) {
      EXPECT_NE(copy.planes[static_cast<size_t>(i)].data,
                frame.view.planes[static_cast<size_t>(i)].data);
      EXPECT_EQ(copy.planes[static_cast<size_t>(i)].step,
                frame.view.planes[static_cast<size_t>(i)].step);
    }
    static_cast<uint8_t*>(copy.planes[0].data)[0] ^= 1;
    EXPECT_GT(*rgb_squared_error(frame.view, copy, nullptr), 0.0) << layout.name();
  }
}

TEST(FrameCopy, OfLumaSharesChroma) {
  FrameCopy copies;
  const TestFrame frame({ColorModel::kYCbCr, 1, 10, ColorRange::kLimited}, kWidth, kHeight);
  const FrameView copy = copies.take(frame.view, CopiedPlanes::kLuma);
  EXPECT_NE(copy.planes[0].data, frame.view.planes[0].data);
  EXPECT_EQ(copy.planes[1].data, frame.view.planes[1].data);
  EXPECT_EQ(*rgb_squared_error(frame.view, copy, nullptr), 0.0);
}

}  // namespace
}  // namespace vseal::image
