// Against what the upstream project computed, and what the default model's training code computed.
// Needs VSEAL_DATA.
#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "formats/safetensors.h"
#include "image/blend.h"
#include "image/resize.h"
#include "image/test_frame.h"

namespace vseal::image {
namespace {

std::vector<float> floats(const formats::StoredTensor& tensor) {
  std::vector<float> values(tensor.bytes.size() / sizeof(float));
  std::memcpy(values.data(), tensor.bytes.data(), tensor.bytes.size());
  return values;
}

double worst_difference(std::span<const float> got, std::span<const float> expected) {
  double worst = 0;
  for (size_t i = 0; i < expected.size(); ++i) {
    worst = std::max(worst, std::abs(double{got[i]} - expected[i]));
  }
  return worst;
}

class Golden : public testing::Test {
 protected:
  void open(const std::string& path) {
    const char* data = std::getenv("VSEAL_DATA");
    if (data == nullptr)
      GTEST_SKIP() << "SKIPPED: VSEAL_DATA is not set; golden vectors not tested";
    auto opened = formats::Safetensors::open(std::string(data) + "/" + path);
    ASSERT_TRUE(opened.ok()) << opened.status().message();
    file_ = std::move(*opened);
  }

  // One channel of picN.rgb_u8 [h,w,3] as a grey frame.
  static FrameView channel(const formats::StoredTensor& rgb, int c) {
    FrameView frame;
    frame.planes[0].data = const_cast<std::byte*>(rgb.bytes.data()) + c;
    frame.planes[0].height = static_cast<int>(rgb.shape[0]);
    frame.planes[0].width = static_cast<int>(rgb.shape[1]);
    frame.planes[0].step = 3;
    frame.planes[0].stride = 3 * rgb.shape[1];
    return frame;
  }

  int check_resized() {
    int checked = 0;
    for (const auto& tensor : file_.tensors()) {
      const std::string suffix = ".rgb_u8";
      if (tensor.name.find(suffix) == std::string::npos || tensor.shape.rank() != 3) continue;
      const std::string stem = tensor.name.substr(0, tensor.name.size() - suffix.size());
      const auto* expected = file_.find(stem + ".resized");
      if (expected == nullptr) expected = file_.find(stem + ".antialiased");
      if (expected == nullptr) continue;
      const std::vector<float> all = floats(*expected);
      for (int c = 0; c < 3; ++c) {
        std::vector<float> out(256 * 256);
        EXPECT_TRUE(resize_luma(channel(tensor, c), 256, 256, out, nullptr).ok());
        EXPECT_LT(worst_difference(out, std::span(all).subspan(c * out.size(), out.size())), 2e-5)
            << tensor.name << " channel " << c;
        ++checked;
      }
    }
    return checked;
  }

  // picN.rgb_u8 as an RGB frame, over bytes of the caller.
  static FrameView picture(const formats::StoredTensor& rgb, std::vector<std::byte>& bytes) {
    bytes.assign(rgb.bytes.begin(), rgb.bytes.end());
    FrameView frame = channel(rgb, 0);
    frame.model = ColorModel::kRgb;
    frame.plane_count = 3;
    for (size_t c = 0; c < 3; ++c) {
      frame.planes[c] = frame.planes[0];
      frame.planes[c].data = bytes.data() + c;
    }
    return frame;
  }

  // Every picN, with its pixels.
  std::vector<std::string> pictures() const {
    std::vector<std::string> names;
    for (const auto& tensor : file_.tensors()) {
      const size_t at = tensor.name.find(".rgb_u8");
      if (at != std::string::npos && tensor.name.starts_with("pic")) {
        names.push_back(tensor.name.substr(0, at));
      }
    }
    return names;
  }

  int check_heatmaps() {
    int checked = 0;
    for (const std::string& name : pictures()) {
      std::vector<std::byte> bytes;
      const FrameView frame = picture(*file_.find(name + ".rgb_u8"), bytes);
      const int width = frame.width(), height = frame.height();
      std::vector<float> luma(static_cast<size_t>(width) * height), heat(luma.size());
      EXPECT_TRUE(resize_luma(frame, width, height, luma, nullptr).ok());
      EXPECT_TRUE(heatmap(luma, width, height, {}, heat, nullptr).ok());
      const std::vector<float> expected = floats(*file_.find(name + ".heatmap"));
      int apart = 0;  // only where the luminance lies on the jump at 127, and there either is right
      for (size_t i = 0; i < heat.size(); ++i) apart += std::abs(heat[i] - expected[i]) > 2e-5;
      EXPECT_LE(apart, static_cast<int>(heat.size() / 5000)) << name;
      ++checked;
    }
    return checked;
  }

  int check_marked() {
    int checked = 0;
    for (const std::string& name : pictures()) {
      std::vector<std::byte> bytes;
      FrameView frame = picture(*file_.find(name + ".rgb_u8"), bytes);
      const std::vector<float> residual = floats(*file_.find(name + ".residual"));
      EXPECT_TRUE(blend(frame, residual, 256, 0.2f, {}, nullptr).ok());
      const std::vector<float> marked = floats(*file_.find(name + ".marked"));  // [3,h,w] in 0..1
      const size_t pixels = marked.size() / 3;
      int apart = 0;  // the jump again
      for (size_t i = 0; i < marked.size(); ++i) {
        const int got = std::to_integer<int>(bytes[i % pixels * 3 + i / pixels]);
        apart += std::abs(got - 255.0 * marked[i]) > 0.5 + 2e-3;
      }
      EXPECT_LE(apart, static_cast<int>(marked.size() / 5000)) << name;
      ++checked;
    }
    return checked;
  }

  formats::Safetensors file_;
};

TEST_F(Golden, ResizeFromLargePictures) {
  open("golden/resize.golden.safetensors");
  if (IsSkipped()) return;
  EXPECT_GE(check_resized(), 3);
}

TEST_F(Golden, ResizeAsUpstream) {
  for (const char* model : {"tiny_videoseal_1.0", "tiny_videoseal_0.0", "tiny_chunkyseal",
                            "videoseal_1.0", "videoseal_0.0", "pixelseal"}) {
    SCOPED_TRACE(model);
    open(std::string("golden/") + model + ".golden.safetensors");
    if (IsSkipped()) return;
    EXPECT_GE(check_resized(), 3);
  }
}

TEST_F(Golden, HeatmapAsUpstream) {
  for (const char* model :
       {"tiny_videoseal_1.0", "tiny_chunkyseal", "videoseal_1.0", "pixelseal"}) {
    SCOPED_TRACE(model);
    open(std::string("golden/") + model + ".golden.safetensors");
    if (IsSkipped()) return;
    EXPECT_GE(check_heatmaps(), 1);
  }
}

// The whole of marking: residual stretched, heat map, sum. Models that work on luma only.
TEST_F(Golden, MarkedAsUpstream) {
  for (const char* model : {"tiny_videoseal_1.0", "videoseal_1.0", "pixelseal"}) {
    SCOPED_TRACE(model);
    open(std::string("golden/") + model + ".golden.safetensors");
    if (IsSkipped()) return;
    EXPECT_GE(check_marked(), 1);
  }
}

TEST_F(Golden, HeatmapOfTheDefaultModel) {
  open("model/nano256.vectors.safetensors");
  if (IsSkipped()) return;
  for (const std::string picture : {"v0", "v1"}) {
    const std::vector<float> luma = floats(*file_.find(picture + ".luma256"));
    const std::vector<float> expected = floats(*file_.find(picture + ".heatmap256"));
    std::vector<float> heat(luma.size());
    ASSERT_TRUE(heatmap(luma, 256, 256, {9.0f, 3.0f, true}, heat, nullptr).ok());
    EXPECT_LT(worst_difference(heat, expected), 2e-5);
  }
}

}  // namespace
}  // namespace vseal::image
