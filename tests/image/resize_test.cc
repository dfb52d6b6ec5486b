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

std::vector<float> resized(const FrameView& frame, int width, int height,
                           ThreadPool* pool = nullptr) {
  std::vector<float> out(static_cast<size_t>(width) * height);
  const Status status = resize_luma(frame, width, height, out, pool);
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
    SCOPED_TRACE("step " + std::to_string(layout.step) + " depth " + std::to_string(layout.depth));
    TestFrame frame(layout, 131, 77);
    expect_close(resized(frame.view, 32, 24), reference_resize(frame.view, 32, 24));
    expect_close(resized(frame.view, 200, 100), reference_resize(frame.view, 200, 100));
  }
}

TEST_P(Resize, OrientationTurnsTheSmallPicture) {
  TestFrame frame({ColorModel::kRgb, 3, 8}, 61, 47);
  for (int o = 1; o <= 8; ++o) {
    SCOPED_TRACE(o);
    frame.view.orientation = static_cast<Orientation>(o);
    expect_close(resized(frame.view, 30, 20), reference_resize(frame.view, 30, 20));
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

TEST(Resize, RefusesWhatCannotBe) {
  TestFrame frame({ColorModel::kGrey, 1, 8}, 40, 30);
  std::vector<float> out(16);
  EXPECT_EQ(resize_luma(frame.view, 5, 5, out, nullptr).code(), Code::kInvalidArgument);
  frame.view.planes[0].depth_bits = 7;
  EXPECT_EQ(resize_luma(frame.view, 4, 4, out, nullptr).code(), Code::kInvalidArgument);
}

}  // namespace
}  // namespace vseal::image
