// Attacks on the clip that the repository carries: 72 frames of 640x360, 24 a second.
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "attacks/attack.h"

namespace vseal::attacks {
namespace {

constexpr int kFrames = 72;

struct Outcome {
  media::ChainReport report;
  std::vector<double> times_s;
  int width = 0;
  int height = 0;
  double mean = 0;  // of all first planes
};

double plane_mean(const PlaneView& p) {
  double sum = 0;
  for (int y = 0; y < p.height; ++y) {
    for (int x = 0; x < p.width; ++x) sum += p.row<uint8_t>(y)[x * p.step];
  }
  return sum / (static_cast<double>(p.width) * p.height);
}

Outcome attacked(const std::string& text, int64_t max_frames = kFrames, int frame_step = 1) {
  const auto attack = parse_attack(text);
  EXPECT_TRUE(attack.ok()) << attack.status().message();
  const Clip clip{std::string(VSEAL_SOURCE_DIR) + "/examples/clip.mp4", max_frames, frame_step, 2};
  Outcome out;
  const auto report = attack_clip(clip, *attack, 1, [&](media::VideoFrame& frame) -> Status {
    EXPECT_EQ(frame.index, static_cast<int64_t>(out.times_s.size()));
    out.times_s.push_back(frame.time_s);
    out.width = frame.view.width();
    out.height = frame.view.height();
    out.mean += plane_mean(frame.view.planes[0]);
    return {};
  });
  EXPECT_TRUE(report.ok()) << text << ": " << report.status().message();
  if (report.ok()) out.report = *report;
  if (!out.times_s.empty()) out.mean /= static_cast<double>(out.times_s.size());
  return out;
}

TEST(AttackClips, HigherRateFactorMakesFewerBytes) {
  const Outcome good = attacked("x264:23", 24);
  const Outcome bad = attacked("x264:40", 24);
  EXPECT_EQ(good.times_s.size(), 24U);
  EXPECT_EQ(bad.times_s.size(), 24U);
  EXPECT_GT(bad.report.coded_bytes, 100);
  EXPECT_LT(bad.report.coded_bytes, good.report.coded_bytes / 2);
  EXPECT_NEAR(good.mean, attacked("identity", 24).mean, 0.1);
}

TEST(AttackClips, EveryCodecGivesAllFramesBack) {
  for (const char* text : {"x264rgb:30", "x265:30", "vp9:40", "av1:50"}) {
    const Outcome out = attacked(text, 12);
    EXPECT_EQ(out.times_s.size(), 12U) << text;
    EXPECT_EQ(out.width, 640) << text;
    EXPECT_EQ(out.height, 360) << text;
    EXPECT_GT(out.report.coded_bytes, 0) << text;
    for (size_t i = 1; i < out.times_s.size(); ++i) {
      EXPECT_NEAR(out.times_s[i] - out.times_s[i - 1], 1.0 / 24, 1e-3) << text;
    }
  }
}

TEST(AttackClips, TimeChangesAsStated) {
  const Outcome faster = attacked("fps:30");
  EXPECT_NEAR(static_cast<double>(faster.times_s.size()), kFrames * 30.0 / 24, 1);
  EXPECT_NEAR(faster.times_s[1] - faster.times_s[0], 1.0 / 30, 1e-3);
  EXPECT_NEAR(static_cast<double>(attacked("speed:2").times_s.size()), kFrames / 2.0, 1);
  const Outcome cut = attacked("cut:1", 0);
  EXPECT_NEAR(static_cast<double>(cut.times_s.size()), 24, 1);
  const size_t left = attacked("drop:0.25").times_s.size();
  EXPECT_GT(left, 40U);
  EXPECT_LT(left, 68U);
  EXPECT_EQ(attacked("drop:0.25").times_s.size(), left);
}

TEST(AttackClips, PictureAttacksComeBeforeAndBehindCodecs) {
  const Outcome half = attacked("resize:0.5+x264:30", 6);
  EXPECT_EQ(half.width, 320);
  EXPECT_EQ(half.height, 180);
  // 16:9 cropped to 9:16 is 203 px wide; codecs take even sizes.
  EXPECT_EQ(attacked("window:0.5625+x264:30", 6).width, 202);
  const Outcome combined = attacked("x264:30+crop:0.71+brightness:0.5", 6);
  EXPECT_EQ(combined.width, 454);
  EXPECT_EQ(combined.height, 256);
  const Outcome bright = attacked("x264:30+crop:0.71", 6);
  EXPECT_NEAR(combined.mean, bright.mean / 2, 1);
}

TEST(AttackClips, OnlyWantedFramesAreHandedOver) {
  const Outcome all = attacked("brightness:0.5", 12);
  const Outcome some = attacked("brightness:0.5", 12, 4);
  EXPECT_EQ(all.times_s.size(), 12U);
  EXPECT_EQ(some.times_s.size(), 3U);
  EXPECT_NEAR(some.times_s[1], all.times_s[4], 1e-6);
}

TEST(AttackClips, FramesArePreparedBeforeTheAttack) {
  Clip clip{std::string(VSEAL_SOURCE_DIR) + "/examples/clip.mp4", 6};
  std::vector<int64_t> indices;
  clip.prepare = [&](FrameView& frame, int64_t index) -> Status {
    indices.push_back(index);
    PlaneView& luma = frame.planes[0];
    for (int y = 0; y < luma.height; ++y) std::fill_n(luma.row<uint8_t>(y), luma.width, 90);
    return {};
  };
  for (const char* text : {"identity", "x264:20", "x264:20+resize:0.5"}) {
    indices.clear();
    double mean = 0;
    int frames = 0;
    const auto report = attack_clip(clip, *parse_attack(text), 1, [&](media::VideoFrame& frame) {
      if (frame.view.model == ColorModel::kYCbCr) mean += plane_mean(frame.view.planes[0]) / 6;
      ++frames;
      return Status();
    });
    ASSERT_TRUE(report.ok()) << report.status().message();
    EXPECT_EQ(frames, 6) << text;
    EXPECT_EQ(indices, (std::vector<int64_t>{0, 1, 2, 3, 4, 5})) << text;
    if (std::string(text).find('+') == std::string::npos) {
      EXPECT_NEAR(mean, 90, 0.5) << text;
    }
  }
  clip.prepare = [](FrameView&, int64_t) { return unsupported("no"); };
  const auto none = [](media::VideoFrame&) { return Status(); };
  EXPECT_EQ(attack_clip(clip, *parse_attack("flip"), 1, none).status().code(), Code::kUnsupported);
}

TEST(AttackClips, TheMiddleIsThatOfWhatIsTaken) {
  // Of the first second of three, the middle half second.
  const Outcome cut = attacked("cut:0.5", 24);
  EXPECT_NEAR(static_cast<double>(cut.times_s.size()), 12, 1);
  EXPECT_NEAR(static_cast<double>(attacked("cut:10", 24).times_s.size()), 24, 1);
}

TEST(AttackClips, FailuresAreErrors) {
  const Clip missing{"/does/not/exist.mp4"};
  const auto none = [](media::VideoFrame&) { return Status(); };
  EXPECT_EQ(attack_clip(missing, *parse_attack("flip"), 1, none).status().code(), Code::kNotFound);
  const Clip clip{std::string(VSEAL_SOURCE_DIR) + "/examples/clip.mp4", 6};
  const auto stop = [](media::VideoFrame&) { return Status(Code::kCancelled, "enough"); };
  EXPECT_EQ(attack_clip(clip, *parse_attack("x264:30"), 1, stop).status().code(), Code::kCancelled);
  Clip backwards = clip;
  backwards.frame_step = 0;
  EXPECT_EQ(attack_clip(backwards, *parse_attack("flip"), 1, none).status().code(),
            Code::kInvalidArgument);
}

}  // namespace
}  // namespace vseal::attacks
