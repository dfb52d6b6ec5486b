#include "image/resize.h"

#include <gtest/gtest.h>

#include "image/orientation.h"
#include "image/reference.h"
#include "image/test_frame.h"
#include "kernels/isa.h"

namespace vseal::image {
namespace {

using test::Layout;
using test::TestFrame;

class EveryIsa : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override { ASSERT_TRUE(kernels::force_isa(GetParam()).ok()); }
  void TearDown() override { ASSERT_TRUE(kernels::force_isa("auto").ok()); }
};
using Resize = EveryIsa;

using enum Resampling;

std::vector<float> resized(const FrameView& frame, int width, int height,
                           ThreadPool* pool = nullptr, Resampling resampling = kAntialiased) {
  std::vector<float> out(static_cast<size_t>(width) * height);
  const Status status = resize_luma(frame, width, height, out, pool, resampling);
  EXPECT_TRUE(status.ok()) << status.message();
  return out;
}

std::vector<float> resized_rgb(const FrameView& frame, int width, int height,
                               Resampling resampling = kAntialiased) {
  ThreadPool pool(2);
  std::vector<float> out(static_cast<size_t>(width) * height * 3);
  const Status status = resize_rgb(frame, width, height, out, &pool, resampling);
  EXPECT_TRUE(status.ok()) << status.message();
  return out;
}

void expect_close(const std::vector<float>& got, const std::vector<double>& expected) {
  ASSERT_EQ(got.size(), expected.size());
  double worst = 0;
  for (size_t i = 0; i < got.size(); ++i) worst = std::max(worst, std::abs(got[i] - expected[i]));
  EXPECT_LT(worst, 2e-6);
}

TEST_P(Resize, MeetsTheReferenceInEveryLayout) {
  for (const Layout& layout : test::all_layouts()) {
    SCOPED_TRACE(layout.name());
    const TestFrame frame(layout, 131, 77);
    for (const auto& [w, h] : {std::pair{32, 24}, {5, 3}, {200, 100}}) {
      for (const Resampling r : {kAntialiased, kPlain}) {
        expect_close(resized(frame.view, w, h, nullptr, r), reference_resize(frame.view, w, h, r));
        expect_close(resized_rgb(frame.view, w, h, r), reference_resize_rgb(frame.view, w, h, r));
      }
    }
  }
}

TEST_P(Resize, HasTheSameBitsOnEveryInstructionSet) {
  for (const Layout& layout : test::all_layouts()) {
    SCOPED_TRACE(layout.name());
    const TestFrame frame(layout, 531, 277);
    for (const auto& [w, h] : {std::pair{64, 64}, {5, 3}, {600, 300}}) {
      const auto got = resized(frame.view, w, h), got_rgb = resized_rgb(frame.view, w, h);
      ASSERT_TRUE(kernels::force_isa("scalar").ok());
      EXPECT_EQ(got, resized(frame.view, w, h));
      EXPECT_EQ(got_rgb, resized_rgb(frame.view, w, h));
      ASSERT_TRUE(kernels::force_isa(GetParam()).ok());
    }
  }
}

TEST_P(Resize, OrientationTurnsTheSmallPicture) {
  TestFrame rgb({ColorModel::kRgb, 3, 8}, 61, 47), ycbcr({ColorModel::kYCbCr, 1, 8}, 61, 47);
  for (FrameView* frame : {&rgb.view, &ycbcr.view}) {
    for (int o = 1; o <= 8; ++o) {
      SCOPED_TRACE(o);
      frame->orientation = static_cast<Orientation>(o);
      expect_close(resized(*frame, 30, 20), reference_resize(*frame, 30, 20));
      expect_close(resized_rgb(*frame, 30, 20), reference_resize_rgb(*frame, 30, 20));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Isa, Resize, testing::ValuesIn(kernels::available_isas()),
                         [](const auto& isa) { return isa.param; });

TEST(Orientation, DisplayAndCodedAreInverse) {
  const std::vector<float> coded = {1, 2, 3, 4, 5, 6};  // 3 wide, 2 high
  std::vector<float> displayed(6), back(6);
  for (int o = 1; o <= 8; ++o) {
    to_display(coded, 3, 2, static_cast<Orientation>(o), displayed);
    to_coded(displayed, 3, 2, static_cast<Orientation>(o), back);
    EXPECT_EQ(back, coded) << o;
  }
  to_display(coded, 3, 2, Orientation::kRotate90, displayed);
  EXPECT_EQ(displayed, (std::vector<float>{4, 1, 5, 2, 6, 3}));
  to_display(coded, 3, 2, Orientation::kRotate270, displayed);
  EXPECT_EQ(displayed, (std::vector<float>{3, 6, 2, 5, 1, 4}));
  to_display(coded, 3, 2, Orientation::kTranspose, displayed);
  EXPECT_EQ(displayed, (std::vector<float>{1, 4, 2, 5, 3, 6}));
}

TEST(Resize, SameBitsForAnyNumberOfThreads) {
  TestFrame frame({ColorModel::kGrey, 1, 8}, 333, 222);
  ThreadPool three(3);
  EXPECT_EQ(resized(frame.view, 64, 64), resized(frame.view, 64, 64, &three));
}

TEST(Resize, NegativeStrideReadsUpwards) {
  TestFrame frame({ColorModel::kGrey, 1, 8}, 40, 30);
  FrameView flipped = frame.view;
  flipped.planes[0].data = frame.view.planes[0].row<uint8_t>(29);
  flipped.planes[0].stride = -frame.view.planes[0].stride;
  FrameView tagged = frame.view;
  tagged.orientation = Orientation::kFlipVertical;
  const auto a = resized(flipped, 16, 16), b = resized(tagged, 16, 16);
  for (size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], 1e-6);
}

// The plain filter takes the two inputs around the centre and no others, as PyTorch's does.
TEST(Resize, PlainReadsTwoInputsOfMany) {
  std::vector<uint8_t> row = {0, 0, 0, 100, 200, 0, 0, 0};
  FrameView frame;
  frame.planes[0] = {row.data(), 8, 1, 8};
  std::vector<float> out(1);
  ASSERT_TRUE(resize_luma(frame, 1, 1, out, nullptr, kPlain).ok());
  EXPECT_FLOAT_EQ(out[0], 150.0f / 255.0f);
  ASSERT_TRUE(resize_luma(frame, 1, 1, out, nullptr, kAntialiased).ok());
  EXPECT_LT(out[0], 100.0f / 255.0f);
}

// BT.709's red in studio range, from ITU-R BT.709: Y 63, Cb 102, Cr 240. Full-range BT.601 blue, as
// JFIF has it: Y 29, Cb 255, Cr 107.
TEST(Resize, PrimariesComeOutOfTheirCodes) {
  const auto colour = [](const Layout& layout, std::array<int, 3> codes) {
    TestFrame frame(layout, 16, 16);
    for (size_t i = 0; i < 3; ++i) {
      const PlaneView& plane = frame.view.planes[i];
      for (int y = 0; y < plane.height; ++y) {
        std::fill_n(plane.row<uint8_t>(y), plane.width, static_cast<uint8_t>(codes[i]));
      }
    }
    return resized_rgb(frame.view, 1, 1);
  };
  const auto red = colour({ColorModel::kYCbCr, 1, 8, ColorRange::kLimited}, {63, 102, 240});
  EXPECT_NEAR(red[0], 1, 5e-3);
  EXPECT_NEAR(red[1], 0, 5e-3);
  EXPECT_NEAR(red[2], 0, 5e-3);
  const auto blue = colour({ColorModel::kYCbCr, 1, 8, ColorRange::kFull, 1, 1, ColorMatrix::kBt601},
                           {29, 255, 107});
  EXPECT_NEAR(blue[0], 0, 5e-3);
  EXPECT_NEAR(blue[1], 0, 5e-3);
  EXPECT_NEAR(blue[2], 1, 5e-3);
}

TEST(Resize, RefusesWhatCannotBe) {
  TestFrame frame({ColorModel::kGrey, 1, 8}, 40, 30);
  std::vector<float> out(16);
  EXPECT_EQ(resize_luma(frame.view, 5, 5, out, nullptr).code(), Code::kInvalidArgument);
  std::vector<float> rgb(3 * 16);
  EXPECT_EQ(resize_rgb(frame.view, 4, 4, out, nullptr).code(), Code::kInvalidArgument);
  TestFrame ycbcr({ColorModel::kYCbCr, 1, 8}, 40, 30);
  ycbcr.view.planes[1].data = nullptr;
  EXPECT_EQ(resize_rgb(ycbcr.view, 4, 4, rgb, nullptr).code(), Code::kInvalidArgument);
  frame.view.planes[0].depth_bits = 7;
  EXPECT_EQ(resize_luma(frame.view, 4, 4, out, nullptr).code(), Code::kInvalidArgument);
}

}  // namespace
}  // namespace vseal::image
