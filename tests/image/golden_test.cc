// Against what the upstream project computed, and what the default model's training code computed.
// tiny_videoseal_1.0 is a fixture; the rest needs VSEAL_DATA.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "formats/safetensors.h"
#include "image/blend.h"
#include "image/residual_rows.h"
#include "image/resize.h"
#include "image/test_frame.h"
#include "media/picture.h"

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

std::string data_folder() {
  const char* data = std::getenv("VSEAL_DATA");
  return data == nullptr ? "" : std::string(data) + "/";
}

class Golden : public testing::Test {
 protected:
  void open(const std::string& path) {
    if (data_folder().empty()) {
      GTEST_SKIP() << "SKIPPED: VSEAL_DATA is not set; " << path << " not tested";
    }
    open_file(data_folder() + path);
  }

  void open_file(const std::string& path) {
    auto opened = formats::Safetensors::open(path);
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

  // Holds resize_rgb of an RGB picture to a tensor [3,256,256].
  static void expect_resized(const FrameView& rgb, const formats::StoredTensor& golden,
                             Resampling resampling) {
    SCOPED_TRACE(golden.name);
    const std::vector<float> expected = floats(golden);
    std::vector<float> out(expected.size());
    ASSERT_TRUE(resize_rgb(rgb, 256, 256, out, nullptr, resampling).ok());
    EXPECT_LE(worst_difference(planar(out), expected), 2e-5);
  }

  // The same of a stored picture [h,w,3].
  static void expect_resized(const formats::StoredTensor& rgb, const formats::StoredTensor& golden,
                             Resampling resampling) {
    std::vector<std::byte> bytes;
    expect_resized(picture(rgb, bytes), golden, resampling);
  }

  // [pixels][3] as [3][pixels].
  static std::vector<float> planar(std::span<const float> interleaved) {
    std::vector<float> planes(interleaved.size());
    const size_t pixels = interleaved.size() / 3;
    for (size_t i = 0; i < planes.size(); ++i) planes[i % 3 * pixels + i / 3] = interleaved[i];
    return planes;
  }

  // [c][256 * 256] as [256 * 256][c].
  static std::vector<float> interleaved(const std::vector<float>& planes) {
    std::vector<float> values(planes.size());
    const size_t pixels = 256 * 256, channels = planes.size() / pixels;
    for (size_t i = 0; i < planes.size(); ++i)
      values[i % pixels * channels + i / pixels] = planes[i];
    return values;
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

  // picN.residual put into 16-bit copies of the pictures, whose steps are far below the tolerance.
  // Upstream's map jumps where la is 127; there either branch is right, so a few pixels may differ.
  int check_marked(const char* suffix, const BlendOptions& options) {
    int checked = 0;
    for (const std::string& name : pictures()) {
      const formats::StoredTensor& rgb = *file_.find(name + ".rgb_u8");
      std::vector<uint16_t> deep(rgb.bytes.size());
      FrameView frame = deep_picture(rgb, deep);
      const std::vector<float> residual = interleaved(floats(*file_.find(name + ".residual")));
      const int channels = static_cast<int>(residual.size() / (256 * 256));
      EXPECT_TRUE(blend(frame, {residual, 256, channels}, options, nullptr).ok());
      const std::vector<float> marked = floats(*file_.find(name + suffix));  // [3,h,w] in 0..1
      const size_t pixels = marked.size() / 3;
      int apart = 0;
      for (size_t i = 0; i < marked.size(); ++i) {
        apart += std::abs(deep[i % pixels * 3 + i / pixels] / 65535.0 - marked[i]) > 1e-4;
      }
      const bool jumps = options.attenuation != Attenuation::kNone;
      EXPECT_LE(apart, jumps ? static_cast<int>(marked.size() / 5000) : 0) << name;
      ++checked;
    }
    return checked;
  }

  static FrameView deep_picture(const formats::StoredTensor& rgb, std::vector<uint16_t>& samples) {
    for (size_t i = 0; i < samples.size(); ++i) {
      samples[i] = static_cast<uint16_t>(std::to_integer<int>(rgb.bytes[i]) * 257);
    }
    std::vector<std::byte> bytes;
    FrameView frame = picture(rgb, bytes);
    for (size_t c = 0; c < 3; ++c) {
      frame.planes[c].data = samples.data() + c;
      frame.planes[c].depth_bits = 16;
    }
    return frame;
  }

  formats::Safetensors file_;
};

TEST_F(Golden, ResizeFromALargePicture) {
  open("golden/resize.golden.safetensors");
  if (IsSkipped()) return;
  const auto& frame = *file_.find("frame1080.rgb_u8");
  expect_resized(frame, *file_.find("frame1080.antialiased"), Resampling::kAntialiased);
  expect_resized(frame, *file_.find("frame1080.plain"), Resampling::kPlain);
}

TEST_F(Golden, ResizeFromAPictureFile) {
  open("golden/resize.golden.safetensors");
  if (IsSkipped()) return;
  auto kodim05 = media::Picture::load(data_folder() + "data/eval/kodim05.png");
  ASSERT_TRUE(kodim05.ok()) << kodim05.status().message();
  ASSERT_EQ(kodim05->view().width(), 768);
  expect_resized(kodim05->view(), *file_.find("kodim05.antialiased"), Resampling::kAntialiased);
  expect_resized(kodim05->view(), *file_.find("kodim05.plain"), Resampling::kPlain);
}

// The residual's way back: enlarged by 2 and 3.
TEST_F(Golden, ResidualStretchedAsUpstream) {
  open("golden/resize.golden.safetensors");
  if (IsSkipped()) return;
  const std::vector<float> residual = floats(*file_.find("residual.256"));
  const std::vector<float> expected = floats(*file_.find("residual.512x768"));
  FrameView frame;
  frame.planes[0].width = 768;
  frame.planes[0].height = 512;
  const auto stretched =
      StretchedResidual::create(residual, 256, 1.0f, frame, Resampling::kAntialiased);
  ASSERT_TRUE(stretched.ok());
  auto rows = PaddedRows::allocate(3, 768);
  ASSERT_TRUE(rows.ok());
  ResidualCursor cursor(*stretched, rows->row(0), rows->row(1));
  for (int y = 0; y < 512; ++y) {
    cursor.move_to(y);
    cursor.delta(nullptr, rows->row(2));
    const std::span<const float> row(rows->row(2), 768);
    ASSERT_LT(worst_difference(row, std::span(expected).subspan(size_t(y) * 768, 768)), 2e-5) << y;
  }
}

// A model of the family: its pictures, its heat maps and what it marks.
class GoldenModel : public Golden, public testing::WithParamInterface<const char*> {
 protected:
  void SetUp() override {
    const std::string name = std::string(GetParam()) + ".golden.safetensors";
    if (name.starts_with("tiny_videoseal_1.0")) {
      open_file(std::string(VSEAL_SOURCE_DIR) + "/tests/data/" + name);
    } else {
      open("golden/" + name);
    }
  }
};

TEST_P(GoldenModel, ResizesAsUpstream) {
  EXPECT_GE(pictures().size(), 1u);
  for (const std::string& name : pictures()) {
    expect_resized(*file_.find(name + ".rgb_u8"), *file_.find(name + ".resized"),
                   Resampling::kAntialiased);
  }
}

// The whole of marking: residual of one or three channels stretched, heat map, sum.
TEST_P(GoldenModel, MarksAsUpstream) {
  if (file_.find("pic0.heatmap") == nullptr) {
    EXPECT_GE(check_marked(".marked", {.strength = 1.0f, .attenuation = Attenuation::kNone}), 1);
    return;
  }
  EXPECT_GE(check_heatmaps(), 1);
  EXPECT_GE(check_marked(".marked", {.strength = 0.2f}), 1);
  EXPECT_GE(
      check_marked(".marked_lowres_jnd", {.strength = 0.2f, .attenuation = Attenuation::kLow}), 1);
}

INSTANTIATE_TEST_SUITE_P(Family, GoldenModel,
                         testing::Values("tiny_videoseal_1.0", "tiny_videoseal_0.0",
                                         "tiny_chunkyseal", "videoseal_1.0", "videoseal_0.0",
                                         "pixelseal"),
                         [](const auto& model) {
                           std::string name = model.param;
                           std::ranges::replace(name, '.', '_');
                           return name;
                         });

TEST_F(Golden, HeatmapOfTheNanoFamily) {
  open("model/nano128.vectors.safetensors");
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
