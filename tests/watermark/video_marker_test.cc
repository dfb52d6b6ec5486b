// Which frame of a video gets which residual.
#include "watermark/video_marker.h"

#include <gtest/gtest.h>

#include <cstdint>

#include "watermark/toy_model.h"

namespace vseal::watermark {
namespace {

using enum VideoMode;

std::vector<float> next_weights(VideoMode mode, int step, int64_t begin, int64_t end) {
  std::vector<float> weights;
  for (int64_t i = begin; i < end; ++i) weights.push_back(plan_frame(i, {mode, step}).next_weight);
  return weights;
}

TEST(PlanFrame, KeysComeEveryStep) {
  for (const VideoMode mode : {kRepeat, kAlternate, kInterpolate}) {
    for (int64_t i = 0; i < 20; ++i) {
      const FramePlan plan = plan_frame(i, {mode, 5});
      EXPECT_EQ(plan.key, i / 5);
      EXPECT_EQ(plan.is_key, i % 5 == 0);
      EXPECT_EQ(plan.marked, mode != kAlternate || i % 5 == 0);
    }
  }
}

TEST(PlanFrame, InterpolationRunsFromOwnKeyToTheNext) {
  EXPECT_EQ(next_weights(kInterpolate, 3, 0, 7), (std::vector<float>{0, 0.5f, 1, 0, 0.5f, 1, 0}));
  EXPECT_EQ(next_weights(kInterpolate, 1, 0, 4), (std::vector<float>(4)));
  EXPECT_EQ(next_weights(kRepeat, 3, 0, 4), (std::vector<float>(4)));
}

// The 32nd key is the last of upstream's chunk: the frames behind it know of no next one.
TEST(PlanFrame, InterpolationRestartsAfterAChunk) {
  EXPECT_EQ(next_weights(kInterpolate, 2, 60, 67), (std::vector<float>{0, 1, 0, 0, 0, 1, 0}));
}

constexpr int kSide = 64;
constexpr int kFrames = 11;
constexpr float kStrength = 0.3f;  // nothing clamps

// Flat 16-bit frames, each of its own level: the toy model's residual tells key frames apart.
struct Video {
  Video() {
    for (int i = 0; i < kFrames; ++i) {
      pixels.emplace_back(kSide * kSide, level(i));
      FrameView frame;
      frame.planes[0] = {pixels.back().data(), kSide, kSide, kSide, 1, 16};
      frames.push_back(frame);
    }
  }
  static uint16_t level(int i) { return static_cast<uint16_t>(26000 + 1200 * (i * 7 % kFrames)); }
  // What was added to the frame's mean, in 0..1.
  double added(int i) const {
    double sum = 0;
    for (const uint16_t v : pixels[static_cast<size_t>(i)]) sum += v;
    return (sum / (kSide * kSide) - level(i)) / 65535;
  }
  // The toy model's residual in the mean: patterns have none.
  static double residual(int key_frame) {
    return kStrength * test::kToyPictureGain * (level(key_frame) / 65535.0 - 0.5);
  }

  std::vector<std::vector<uint16_t>> pixels;
  std::vector<FrameView> frames;
};

// Marks as a pipeline does, delay included.
void mark(Video& video, const VideoOptions& options) {
  const auto networks = Networks::compile(test::toy_model(1, 1));
  ASSERT_TRUE(networks.ok()) << networks.status().message();
  const auto marker = Marker::create(*networks, &test::pool(), {.strength = kStrength});
  ASSERT_TRUE(marker.ok());
  ASSERT_TRUE((*marker)->set_message(std::vector<float>(test::kToyBits, 1.0f)).ok());
  VideoMarker frames(**marker, options);
  EXPECT_LE(frames.delay_frames(), options.step);
  for (int i = 0; i < kFrames + frames.delay_frames(); ++i) {
    if (i < kFrames) {
      ASSERT_TRUE(frames.preview(video.frames[static_cast<size_t>(i)], i).ok());
    }
    const int late = i - frames.delay_frames();
    if (late >= 0) {
      const Status status = frames.mark(video.frames[static_cast<size_t>(late)], late);
      ASSERT_TRUE(status.ok()) << status.message();
    }
  }
}

TEST(VideoMarker, RepeatServesTheWholeGroup) {
  Video video;
  mark(video, {kRepeat, 4});
  for (int i = 0; i < kFrames; ++i) EXPECT_NEAR(video.added(i), Video::residual(i / 4 * 4), 1e-4);
}

TEST(VideoMarker, AlternateLeavesOtherFramesAlone) {
  Video video;
  mark(video, {kAlternate, 4});
  const Video untouched;
  for (int i = 0; i < kFrames; ++i) {
    const size_t at = static_cast<size_t>(i);
    EXPECT_EQ(video.pixels[at] == untouched.pixels[at], i % 4 != 0) << i;
  }
}

TEST(VideoMarker, InterpolateMixesAndTheTailKeepsTheLast) {
  Video video;
  mark(video, {kInterpolate, 4});
  for (int i = 0; i < kFrames; ++i) {
    const int key = i / 4 * 4, next = std::min(key + 4, 8);
    const double weight = i % 4 / 3.0;
    const double expected = (1 - weight) * Video::residual(key) + weight * Video::residual(next);
    EXPECT_NEAR(video.added(i), expected, 1e-4) << i;
  }
}

TEST(VideoMarker, AFrameThatWasNotPreviewedIsABug) {
  const auto networks = Networks::compile(test::toy_model(1, 1));
  const auto marker = Marker::create(*networks, &test::pool(), {});
  ASSERT_TRUE(marker.ok());
  VideoMarker frames(**marker, {kRepeat, 4});
  Video video;
  EXPECT_EQ(frames.mark(video.frames[0], 0).code(), Code::kInternal);
}

}  // namespace
}  // namespace vseal::watermark
