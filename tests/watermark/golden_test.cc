// Whole frames through models of the VideoSeal family: marked pictures, logits, the three video
// modes and the poolings, as upstream computed them. tiny_videoseal_1.0 always; others, and the
// models of full size with their weights by rule, need VSEAL_DATA.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "base/half.h"
#include "formats/safetensors.h"
#include "models/full_size.h"
#include "watermark/reader.h"
#include "watermark/toy_model.h"
#include "watermark/video_marker.h"

namespace vseal::watermark {
namespace {

std::vector<float> floats(const formats::StoredTensor& tensor) {
  std::vector<float> values(tensor.bytes.size() / sizeof(float));
  std::memcpy(values.data(), tensor.bytes.data(), tensor.bytes.size());
  return values;
}

std::vector<float> halves(const formats::StoredTensor& tensor) {
  std::vector<uint16_t> stored(tensor.bytes.size() / sizeof(uint16_t));
  std::memcpy(stored.data(), tensor.bytes.data(), tensor.bytes.size());
  std::vector<float> values;
  for (const uint16_t half : stored) values.push_back(half_to_float(half));
  return values;
}

// [h,w,3] bytes as 16-bit samples: their steps are far below every tolerance here.
struct DeepFrame {
  DeepFrame(std::span<const std::byte> rgb, int height, int width) {
    for (const std::byte b : rgb) {
      samples.push_back(static_cast<uint16_t>(std::to_integer<int>(b) * 257));
    }
    view.model = ColorModel::kRgb;
    view.plane_count = 3;
    for (size_t c = 0; c < 3; ++c) {
      view.planes[c] = {samples.data() + c, width, height, 3 * ptrdiff_t{width}, 3, 16};
    }
  }
  DeepFrame(const DeepFrame&) = delete;

  // How many samples lie further than `tolerance` from `marked` [3,h,w] in 0..1.
  int apart(std::span<const float> marked, double tolerance) const {
    const size_t pixels = samples.size() / 3;
    int count = 0;
    for (size_t i = 0; i < samples.size(); ++i) {
      const double expected = double{marked[i % 3 * pixels + i / 3]};
      count += std::abs(samples[i] / 65535.0 - expected) > tolerance;
    }
    return count;
  }

  std::vector<uint16_t> samples;
  FrameView view;
};

class UpstreamTest : public testing::Test {
 protected:
  // The folder of golden vectors of the models that are no fixture; empty without VSEAL_DATA.
  static std::string golden_folder() {
    const char* data = std::getenv("VSEAL_DATA");
    return data == nullptr ? "" : std::string(data) + "/golden/";
  }

  void open(const std::string& golden, const std::string& checkpoint) {
    auto file = formats::Safetensors::open(golden);
    ASSERT_TRUE(file.ok()) << file.status().message();
    file_ = std::move(*file);
    const auto model = models::load_model(checkpoint);
    ASSERT_TRUE(model.ok()) << model.status().message();
    auto networks = Networks::compile(**model);
    ASSERT_TRUE(networks.ok()) << networks.status().message();
    networks_ = *networks;
  }

  std::vector<float> message(const std::string& name) const {
    std::vector<float> values;
    for (const std::byte b : file_.find(name)->bytes) values.push_back(b != std::byte{0} ? 1 : -1);
    return values;
  }

  std::unique_ptr<DeepFrame> picture(const std::string& name) const {
    const auto& rgb = *file_.find(name + ".rgb_u8");
    return std::make_unique<DeepFrame>(rgb.bytes, static_cast<int>(rgb.shape[0]),
                                       static_cast<int>(rgb.shape[1]));
  }

  std::vector<std::unique_ptr<DeepFrame>> video() const {
    const auto& rgb = *file_.find("video.rgb_u8");
    const size_t bytes = rgb.bytes.size() / static_cast<size_t>(rgb.shape[0]);
    std::vector<std::unique_ptr<DeepFrame>> frames;
    for (size_t i = 0; i < static_cast<size_t>(rgb.shape[0]); ++i) {
      frames.push_back(std::make_unique<DeepFrame>(rgb.bytes.subspan(i * bytes, bytes),
                                                   static_cast<int>(rgb.shape[1]),
                                                   static_cast<int>(rgb.shape[2])));
    }
    return frames;
  }

  std::unique_ptr<Marker> marker(const std::string& message_name, JndResolution jnd) const {
    auto made = Marker::create(networks_, &test::pool(), {.jnd = jnd});
    EXPECT_TRUE(made.ok()) << made.status().message();
    EXPECT_TRUE((*made)->set_message(message(message_name)).ok());
    return std::move(*made);
  }

  // Upstream's heat map jumps where its luminance is 127; there either branch is right.
  int may_differ(size_t samples) const {
    const bool jumps = networks_->card().attenuation == models::Attenuation::kJnd;
    return jumps ? static_cast<int>(samples / 5000) : 0;
  }

  // What a reader of one frame says, against upstream's 1 + n values: the detection score, then
  // the bits' logits.
  void expect_logits(const FrameView& frame, std::span<const float> expected,
                     image::Resampling resampling) const {
    auto reader = Reader::create(networks_, &test::pool(), {.resampling = resampling});
    ASSERT_TRUE(reader.ok());
    ASSERT_TRUE((*reader)->add(frame).ok());
    const std::span<const float> bits = expected.subspan(1);
    const auto [low, high] = std::ranges::minmax(bits);
    const double tolerance = 1e-3 * (double{high} - low);
    for (size_t k = 0; k < bits.size(); ++k) {
      const float got = (*reader)->logits()[k];
      EXPECT_NEAR(got, bits[k], tolerance) << "bit " << k;
      EXPECT_EQ(got > 0, bits[k] > 0) << "bit " << k;
    }
  }

  void mark_video(std::vector<std::unique_ptr<DeepFrame>>& frames, VideoMode mode) const {
    const auto made = marker("video.message", JndResolution::kNative);
    VideoMarker video(*made, {mode, made->card().step});
    const int count = static_cast<int>(frames.size()), delay = video.delay_frames();
    for (int i = 0; i < count + delay; ++i) {
      if (i < count) {
        ASSERT_TRUE(video.preview(frames[static_cast<size_t>(i)]->view, i).ok());
      }
      if (i >= delay) {
        ASSERT_TRUE(video.mark(frames[static_cast<size_t>(i - delay)]->view, i - delay).ok());
      }
    }
  }

  void expect_picture(const std::string& name) const {
    SCOPED_TRACE(name);
    const auto native = picture(name), low = picture(name);
    const auto at_native = marker(name + ".message", JndResolution::kNative);
    ASSERT_TRUE(at_native->look(native->view).ok());
    ASSERT_TRUE(at_native->blend(native->view).ok());
    EXPECT_LE(native->apart(floats(*file_.find(name + ".marked")), 1e-4),
              may_differ(native->samples.size()));
    expect_logits(native->view, floats(*file_.find(name + ".logits")),
                  image::Resampling::kAntialiased);
    expect_logits(native->view, floats(*file_.find(name + ".logits_no_antialias")),
                  image::Resampling::kPlain);

    const auto at_low = marker(name + ".message", JndResolution::kLow);
    ASSERT_TRUE(at_low->look(low->view).ok());
    ASSERT_TRUE(at_low->blend(low->view).ok());
    EXPECT_LE(low->apart(floats(*file_.find(name + ".marked_lowres_jnd")), 1e-4),
              may_differ(low->samples.size()));
  }

  // Two of the three modes are stored as half.
  void expect_marked_videos() const {
    const struct {
      VideoMode mode;
      const char* name;
      double tolerance;
    } cases[] = {{VideoMode::kRepeat, "video.marked_repeat", 1e-4},
                 {VideoMode::kAlternate, "video.marked_alternate", 4e-4},
                 {VideoMode::kInterpolate, "video.marked_interpolate", 4e-4}};
    for (const auto& c : cases) {
      SCOPED_TRACE(c.name);
      auto frames = video();
      mark_video(frames, c.mode);
      const std::vector<float> expected =
          c.mode == VideoMode::kRepeat ? floats(*file_.find(c.name)) : halves(*file_.find(c.name));
      const size_t samples = frames[0]->samples.size();
      for (size_t i = 0; i < frames.size(); ++i) {
        const std::span<const float> marked = std::span(expected).subspan(i * samples, samples);
        EXPECT_LE(frames[i]->apart(marked, c.tolerance), may_differ(samples)) << "frame " << i;
      }
    }
  }

  // The logits of each frame, then the bits of all of them by each pooling.
  void expect_read_videos() const {
    auto frames = video();
    mark_video(frames, VideoMode::kRepeat);
    const std::vector<float> logits = floats(*file_.find("video.logits"));
    const size_t columns = logits.size() / frames.size();
    for (size_t i = 0; i < frames.size(); ++i) {
      SCOPED_TRACE("frame " + std::to_string(i));
      expect_logits(frames[i]->view, std::span(logits).subspan(i * columns, columns),
                    image::Resampling::kPlain);
    }
    const std::pair<Pooling, const char*> cases[] = {
        {Pooling::kMean, "video.bits_avg"},
        {Pooling::kSquaredMean, "video.bits_squared_avg"},
        {Pooling::kL1NormMean, "video.bits_l1norm_avg"},
        {Pooling::kL2NormMean, "video.bits_l2norm_avg"}};
    for (const auto& [pooling, name] : cases) {
      auto reader = Reader::create(networks_, &test::pool(), {pooling, image::Resampling::kPlain});
      ASSERT_TRUE(reader.ok());
      for (const auto& frame : frames) ASSERT_TRUE((*reader)->add(frame->view).ok());
      for (size_t k = 0; k < (*reader)->logits().size(); ++k) {
        EXPECT_EQ((*reader)->logits()[k] > 0, file_.find(name)->bytes[k] != std::byte{0})
            << name << " bit " << k;
      }
    }
  }

  formats::Safetensors file_;
  std::shared_ptr<const Networks> networks_;
};

std::string test_name(std::string model) {
  std::ranges::replace(model, '.', '_');
  return model;
}

class Family : public UpstreamTest, public testing::WithParamInterface<const char*> {
 protected:
  void SetUp() override {
    const std::string name = GetParam();
    std::string folder = std::string(VSEAL_SOURCE_DIR) + "/tests/data/";
    if (name != "tiny_videoseal_1.0") folder = golden_folder();
    if (folder.empty()) GTEST_SKIP() << "SKIPPED: VSEAL_DATA is not set; " << name << " not tested";
    open(folder + name + ".golden.safetensors", folder + name + ".pth");
  }
};

TEST_P(Family, PicturesAreMarkedAndReadAsUpstream) {
  for (const std::string name : {"pic0", "pic1"}) expect_picture(name);
}

TEST_P(Family, VideosAreMarkedAsUpstream) { expect_marked_videos(); }

TEST_P(Family, VideosAreReadAsUpstream) { expect_read_videos(); }

INSTANTIATE_TEST_SUITE_P(Tiny, Family,
                         testing::Values("tiny_videoseal_1.0", "tiny_videoseal_0.0",
                                         "tiny_chunkyseal"),
                         [](const auto& model) { return test_name(model.param); });

class FullFamily : public UpstreamTest, public testing::WithParamInterface<models::FullSize> {};

TEST_P(FullFamily, AsUpstream) {
  const std::string name = GetParam().name;
  if (golden_folder().empty()) {
    GTEST_SKIP() << "SKIPPED: VSEAL_DATA is not set; " << name << " not tested";
  }
  const std::string path = testing::TempDir() + "vseal_frames_" + name + ".safetensors";
  const Status written = models::write_filled(GetParam().sizes, path);
  ASSERT_TRUE(written.ok()) << written.message();
  open(golden_folder() + name + ".golden.safetensors", path);
  std::filesystem::remove(path);
  if (HasFatalFailure()) return;
  expect_picture("pic0");
  if (file_.find("video.rgb_u8") == nullptr) return;
  expect_marked_videos();
  expect_read_videos();
}

INSTANTIATE_TEST_SUITE_P(Full, FullFamily, testing::ValuesIn(models::full_sizes()),
                         [](const auto& model) { return test_name(model.param.name); });

}  // namespace
}  // namespace vseal::watermark
