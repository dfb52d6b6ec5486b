// Values worked out outside of this project, with exact fractions for the resize and in double for
// the heat map, from the definitions alone: PyTorch's antialiased bilinear interpolation, and the
// JND map of VideoSeal.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <vector>

#include "image/blend.h"
#include "image/metrics.h"
#include "image/resize.h"

namespace vseal::image {
namespace {

FrameView grey(std::vector<uint8_t>& samples, int width, int height) {
  FrameView frame;
  frame.planes[0].data = samples.data();
  frame.planes[0].width = width;
  frame.planes[0].height = height;
  frame.planes[0].stride = width;
  return frame;
}

void expect_values(const std::vector<float>& got, const std::vector<float>& expected) {
  ASSERT_EQ(got.size(), expected.size());
  for (size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], expected[i], 1e-6) << i;
}

class KnownResize : public testing::Test {
 protected:
  std::vector<float> resized(int width, int height) {
    std::vector<float> out(static_cast<size_t>(width) * height);
    EXPECT_TRUE(resize_luma(grey(samples_, 7, 5), width, height, out, nullptr).ok());
    return out;
  }

  std::vector<uint8_t> samples_ = {0,   7,   28,  63,  112, 175, 252,  //
                                   53,  71,  103, 149, 209, 27,  115,  //
                                   106, 135, 178, 235, 50,  135, 234,  //
                                   159, 199, 253, 65,  147, 243, 97,   //
                                   212, 7,   72,  151, 244, 95,  216};
};

TEST_F(KnownResize, Down) {
  expect_values(resized(3, 2), {0.28011204f, 0.48667296f, 0.55808505f,  //
                                0.56440031f, 0.58674636f, 0.63845174f});
}

TEST_F(KnownResize, UpOnOneAxisDownOnTheOther) {
  expect_values(
      resized(10, 4),
      {0.05196078f, 0.07299020f, 0.11348039f, 0.17867647f, 0.27955882f, 0.40240196f, 0.53465686f,
       0.53946078f, 0.68191176f, 0.85392157f, 0.29444444f, 0.34315359f, 0.41887255f, 0.51929739f,
       0.65540850f, 0.66707516f, 0.54593137f, 0.35171569f, 0.44573529f, 0.64542484f, 0.53692810f,
       0.61331699f, 0.72426471f, 0.85991830f, 0.65060458f, 0.49253268f, 0.43589869f, 0.68684641f,
       0.69897059f, 0.60424837f, 0.77941176f, 0.46936275f, 0.27671569f, 0.44759804f, 0.49102941f,
       0.63171569f, 0.84455882f, 0.60367647f, 0.61338235f, 0.73039216f});
}

TEST_F(KnownResize, TheSameSizeIsTheSamePicture) {
  const std::vector<float> out = resized(7, 5);
  for (size_t i = 0; i < out.size(); ++i) EXPECT_FLOAT_EQ(out[i], samples_[i] / 255.0f) << i;
}

TEST(KnownHeatmap, UpstreamAndNano) {
  const std::vector<float> luma = {0.0f, 0.25f, 0.5f, 1.0f, 0.5f, 0.6f,
                                   0.7f, 0.2f,  1.0f, 0.9f, 0.1f, 0.45f};
  std::vector<float> heat(luma.size());
  ASSERT_TRUE(heatmap(luma, 4, 3, {17.0f, 0.0f, false}, heat, nullptr).ok());
  expect_values(heat,
                {0.10586223f, 0.11291142f, 0.10906601f, 0.10935940f, 0.12779688f, 0.09736478f,
                 0.07317821f, 0.11220543f, 0.12189684f, 0.11596185f, 0.10957047f, 0.09701187f});
  ASSERT_TRUE(heatmap(luma, 4, 3, {9.0f, 3.0f, true}, heat, nullptr).ok());
  expect_values(heat,
                {0.10719804f, 0.10733780f, 0.10085227f, 0.11466068f, 0.12998006f, 0.10063919f,
                 0.07640806f, 0.10591308f, 0.10351107f, 0.11300408f, 0.10063106f, 0.07089060f});
}

// Of flat pictures only the luminance term is left: (2ab + C1) / (a^2 + b^2 + C1).
TEST(KnownSsim, FlatPictures) {
  std::vector<uint8_t> a(20 * 15, 100), b(20 * 15, 140);
  const auto quality = compare(grey(a, 20, 15), grey(b, 20, 15), nullptr);
  ASSERT_TRUE(quality.ok());
  const double u = 100 / 255.0, v = 140 / 255.0;
  EXPECT_NEAR(quality->ssim, (2 * u * v + 1e-4) / (u * u + v * v + 1e-4), 1e-6);
  EXPECT_NEAR(quality->psnr_db, 20 * std::log10(255 / 40.0), 1e-9);
}

}  // namespace
}  // namespace vseal::image
