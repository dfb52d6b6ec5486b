// Marker and Reader on synthetic frames with the default model.
#include "watermark/marker.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "models/model.h"
#include "watermark/reader.h"

namespace vseal::watermark {
namespace {

constexpr int kSide = 320;

// A grey frame of waves and noise; `phase` changes the scene.
struct Picture {
  explicit Picture(double phase = 0) : pixels(kSide * kSide) {
    std::mt19937 random(3);
    for (int i = 0; i < kSide * kSide; ++i) {
      const double x = i % kSide, y = i / kSide;
      const double wave = std::sin(x / 19 + phase) * std::cos(y / 23 - phase);
      pixels[static_cast<size_t>(i)] = static_cast<uint8_t>(120 + 60 * wave + random() % 24);
    }
    view.planes[0] = {pixels.data(), kSide, kSide, kSide};
  }
  std::vector<uint8_t> pixels;
  FrameView view;
};

class MarkerTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    const auto model = models::default_model();
    ASSERT_TRUE(model.ok()) << model.status().message();
    auto networks = Networks::compile(**model);
    ASSERT_TRUE(networks.ok()) << networks.status().message();
    networks_ = *networks;
  }
  static void TearDownTestSuite() { networks_.reset(); }

  std::unique_ptr<Marker> make(MarkerOptions options = {}) {
    auto marker = Marker::create(networks_, &pool_, options);
    EXPECT_TRUE(marker.ok()) << marker.status().message();
    EXPECT_TRUE((*marker)->set_message(message()).ok());
    return std::move(*marker);
  }

  static std::vector<float> message() {
    std::mt19937 random(17);
    std::vector<float> bits(static_cast<size_t>(networks_->card().bits));
    for (float& bit : bits) bit = random() % 2 == 0 ? 1.0f : -1.0f;
    return bits;
  }

  // Margins logit * bit that the detector sees in a frame.
  std::vector<float> margins(const FrameView& frame) {
    auto reader = Reader::create(networks_, &pool_);
    EXPECT_TRUE(reader.ok());
    EXPECT_TRUE((*reader)->add(frame).ok());
    std::vector<float> m((*reader)->logits().begin(), (*reader)->logits().end());
    const std::vector<float> bits = message();
    for (size_t i = 0; i < m.size(); ++i) m[i] *= bits[i];
    return m;
  }

  int wrong_bits(const FrameView& frame) {
    int wrong = 0;
    for (const float m : margins(frame)) wrong += m <= 0;
    return wrong;
  }

  static std::shared_ptr<const Networks> networks_;
  ThreadPool pool_{2};
};
std::shared_ptr<const Networks> MarkerTest::networks_;

TEST_F(MarkerTest, FeedbackLiftsTheWeakestBits) {
  double weakest[2] = {0, 0};
  for (const int passes : {0, 2}) {
    Picture picture;
    const auto marker = make({1.0f, passes});
    ASSERT_TRUE(marker->look(picture.view).ok());
    ASSERT_TRUE(marker->blend(picture.view).ok());
    std::vector<float> m = margins(picture.view);
    std::ranges::sort(m);
    double mean = 0;
    for (const float v : m) mean += v / static_cast<double>(m.size());
    // The lowest eighth of the margins, in units of the mean.
    for (size_t i = 0; i < m.size() / 8; ++i) weakest[passes != 0] += m[i] / mean;
  }
  EXPECT_GT(weakest[1], weakest[0] + 2.0);
}

TEST_F(MarkerTest, AReusedMarkerMarksANewSceneLikeAFreshOne) {
  const auto used = make(), fresh = make();
  Picture other(0.0), a(2.0), b(2.0);
  ASSERT_TRUE(used->look(other.view).ok());
  ASSERT_TRUE(used->look(a.view).ok());
  ASSERT_TRUE(used->blend(a.view).ok());
  ASSERT_TRUE(fresh->look(b.view).ok());
  ASSERT_TRUE(fresh->blend(b.view).ok());
  EXPECT_EQ(a.pixels, b.pixels);
}

TEST_F(MarkerTest, StrengthScalesTheChange) {
  double energy[2] = {0, 0};
  for (const int strong : {0, 1}) {
    Picture picture;
    const std::vector<uint8_t> before = picture.pixels;
    const auto marker = make({strong == 1 ? 4.0f : 2.0f, 0});
    ASSERT_TRUE(marker->look(picture.view).ok());
    ASSERT_TRUE(marker->blend(picture.view).ok());
    for (size_t i = 0; i < before.size(); ++i) {
      energy[strong] += std::pow(picture.pixels[i] - before[i], 2);
    }
  }
  EXPECT_NEAR(std::sqrt(energy[1] / energy[0]), 2.0, 0.15);
}

TEST_F(MarkerTest, ReaderPoolsTheMeanOverFrames) {
  Picture a(0.0), b(1.0);
  auto reader = Reader::create(networks_, &pool_);
  ASSERT_TRUE(reader.ok());
  const auto logits_of = [&](const FrameView& frame) {
    (*reader)->reset();
    EXPECT_TRUE((*reader)->add(frame).ok());
    return std::vector<float>((*reader)->logits().begin(), (*reader)->logits().end());
  };
  const std::vector<float> first = logits_of(a.view), second = logits_of(b.view);
  ASSERT_TRUE((*reader)->add(a.view).ok());
  ASSERT_TRUE((*reader)->add(a.view).ok());
  EXPECT_EQ((*reader)->frames(), 3);
  for (size_t i = 0; i < first.size(); ++i) {
    EXPECT_NEAR((*reader)->logits()[i], (2 * first[i] + second[i]) / 3, 1e-4);
  }
}

TEST_F(MarkerTest, CallsOutOfOrderOrSizeAreRefused) {
  auto marker = Marker::create(networks_, &pool_, {});
  ASSERT_TRUE(marker.ok());
  Picture picture;
  EXPECT_EQ((*marker)->look(picture.view).code(), Code::kInvalidArgument);
  EXPECT_EQ((*marker)->set_message(std::vector<float>(3)).code(), Code::kInvalidArgument);
  ASSERT_TRUE((*marker)->set_message(message()).ok());
  EXPECT_EQ((*marker)->blend(picture.view).code(), Code::kInvalidArgument);
  picture.view.planes[0].height = kMinSide - 1;
  EXPECT_EQ((*marker)->look(picture.view).code(), Code::kUnsupported);
  EXPECT_EQ(Marker::create(networks_, &pool_, {9.0f, 2}).status().code(), Code::kInvalidArgument);
}

TEST_F(MarkerTest, EveryBitIsReadBack) {
  Picture picture;
  EXPECT_GT(wrong_bits(picture.view), networks_->card().bits / 4);
  const auto marker = make();
  ASSERT_TRUE(marker->look(picture.view).ok());
  ASSERT_TRUE(marker->blend(picture.view).ok());
  EXPECT_LE(wrong_bits(picture.view), 4);
}

}  // namespace
}  // namespace vseal::watermark
