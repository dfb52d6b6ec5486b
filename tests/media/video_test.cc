// The video half of media on the clip that the repository carries. What happens beside the picture
// is tested from outside, with ffprobe, in tests/cli/test_videos.py.
#include "media/video.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include "media/bounded_queue.h"
#include "media/frame_view.h"

namespace vseal::media {
namespace {

namespace fs = std::filesystem;
const std::string kClip = std::string(VSEAL_SOURCE_DIR) + "/examples/clip.mp4";
constexpr int kClipFrames = 72;

class VideoTest : public testing::Test {
 protected:
  VideoTest()
      : dir_(testing::TempDir() + "video_" + std::to_string(::getpid()) + "_" +
             testing::UnitTest::GetInstance()->current_test_info()->name()) {
    fs::create_directories(dir_);
    fast_.preset = "ultrafast";
  }
  ~VideoTest() override { fs::remove_all(dir_); }

  std::string path(const std::string& name) const { return dir_ + "/" + name; }

  static Status untouched(VideoFrame&) { return {}; }

  int count_frames(const std::string& file) {
    auto reader = VideoReader::open(file, {});
    EXPECT_TRUE(reader.ok()) << reader.status().message();
    int frames = 0;
    for (;;) {
      auto frame = (*reader)->next();
      EXPECT_TRUE(frame.ok()) << frame.status().message();
      if (!frame.ok() || !frame->has_value()) return frames;
      EXPECT_EQ((*frame)->index, frames);
      ++frames;
    }
  }

  std::string dir_;
  TranscodeOptions fast_;
};

TEST_F(VideoTest, ReaderTellsWhatTheClipIs) {
  auto reader = VideoReader::open(kClip, {});
  ASSERT_TRUE(reader.ok()) << reader.status().message();
  const VideoInfo& info = (*reader)->info();
  EXPECT_EQ(info.codec, "h264");
  EXPECT_EQ(info.width, 640);
  EXPECT_EQ(info.height, 360);
  EXPECT_EQ(info.depth_bits, 8);
  EXPECT_EQ(info.frame_count, kClipFrames);
  EXPECT_NEAR(info.duration_s, 3.0, 0.1);
  auto frame = (*reader)->next();
  ASSERT_TRUE(frame.ok() && frame->has_value());
  const FrameView& view = (*frame)->view;
  EXPECT_EQ(view.model, ColorModel::kYCbCr);
  EXPECT_EQ(view.range, ColorRange::kLimited);
  EXPECT_EQ(view.planes[1].width, 320);
  EXPECT_EQ((*frame)->time_s, 0.0);
}

TEST_F(VideoTest, ReaderGivesEveryFrameInOrder) { EXPECT_EQ(count_frames(kClip), kClipFrames); }

TEST_F(VideoTest, SeekGoesToASeekPointBefore) {
  auto reader = VideoReader::open(kClip, {});
  ASSERT_TRUE(reader.ok());
  for (int i = 0; i < 40; ++i) ASSERT_TRUE((*reader)->next().ok());
  ASSERT_TRUE((*reader)->seek(0.5).ok());
  auto frame = (*reader)->next();
  ASSERT_TRUE(frame.ok() && frame->has_value());
  EXPECT_LE((*frame)->time_s, 0.5);
}

TEST_F(VideoTest, EditsReachTheOutput) {
  const auto paint = [](VideoFrame& frame) -> Status {
    const PlaneView& luma = frame.view.planes[0];
    for (int y = 0; y < luma.height; ++y) {
      std::memset(luma.row<uint8_t>(y), 30 + static_cast<int>(frame.index),
                  static_cast<size_t>(luma.width));
    }
    return {};
  };
  const auto report = transcode(kClip, path("out"), path("out.mkv"), fast_, {paint}, {});
  ASSERT_TRUE(report.ok()) << report.status().message();
  EXPECT_EQ(report->frames, kClipFrames);
  EXPECT_EQ(report->encoder, "libx264");
  EXPECT_TRUE(report->dropped.empty());
  auto reader = VideoReader::open(path("out"), {});
  ASSERT_TRUE(reader.ok());
  for (int i = 0; i < kClipFrames; ++i) {
    auto frame = (*reader)->next();
    ASSERT_TRUE(frame.ok() && frame->has_value());
    EXPECT_NEAR((*frame)->view.planes[0].row<uint8_t>(180)[320], 30 + i, 3);
  }
}

// Seven frames are previewed before the first is edited; what the edit does reaches the output.
TEST_F(VideoTest, EditsLagBehindPreviews) {
  constexpr int kDelay = 7;
  int64_t previewed = 0, edited = 0;
  FrameEdits edits;
  edits.delay_frames = kDelay;
  edits.preview = [&](VideoFrame& frame) -> Status {
    EXPECT_EQ(frame.index, previewed++);
    return {};
  };
  edits.edit = [&](VideoFrame& frame) -> Status {
    EXPECT_EQ(frame.index, edited++);
    EXPECT_EQ(previewed, std::min<int64_t>(edited + kDelay, kClipFrames));
    const PlaneView& luma = frame.view.planes[0];
    for (int y = 0; y < luma.height; ++y) {
      std::memset(luma.row<uint8_t>(y), 30 + static_cast<int>(frame.index),
                  static_cast<size_t>(luma.width));
    }
    return {};
  };
  const auto report = transcode(kClip, path("out"), path("out.mkv"), fast_, edits, {});
  ASSERT_TRUE(report.ok()) << report.status().message();
  EXPECT_EQ(report->frames, kClipFrames);
  EXPECT_EQ(edited, kClipFrames);
  auto reader = VideoReader::open(path("out"), {});
  ASSERT_TRUE(reader.ok());
  for (int i = 0; i < kClipFrames; ++i) {
    auto frame = (*reader)->next();
    ASSERT_TRUE(frame.ok() && frame->has_value());
    EXPECT_NEAR((*frame)->view.planes[0].row<uint8_t>(180)[320], 30 + i, 3);
  }
}

TEST_F(VideoTest, LosslessUntouchedFramesAreTheSame) {
  TranscodeOptions lossless;
  lossless.codec = "ffv1";
  ASSERT_TRUE(transcode(kClip, path("out"), path("out.mkv"), lossless, {untouched}, {}).ok());
  auto before = VideoReader::open(kClip, {}), after = VideoReader::open(path("out"), {});
  ASSERT_TRUE(before.ok() && after.ok());
  for (int i = 0; i < kClipFrames; ++i) {
    auto a = (*before)->next(), b = (*after)->next();
    ASSERT_TRUE(a.ok() && b.ok() && a->has_value() && b->has_value());
    EXPECT_NEAR((*a)->time_s, (*b)->time_s, 1e-3);
    for (int y = 0; y < 360; y += 17) {
      ASSERT_EQ(0, std::memcmp((*a)->view.planes[0].row<uint8_t>(y),
                               (*b)->view.planes[0].row<uint8_t>(y), 640));
    }
  }
}

TEST_F(VideoTest, AnErrorOfTheEditStopsEverything) {
  const auto fail = [](VideoFrame& frame) {
    return frame.index == 20 ? invalid_argument("enough") : Status();
  };
  const auto report = transcode(kClip, path("out"), path("out.mp4"), fast_, {fail}, {});
  EXPECT_EQ(report.status().code(), Code::kInvalidArgument);
  EXPECT_EQ(report.status().message(), "enough");
  EXPECT_FALSE(VideoReader::open(path("out"), {}).ok());  // no index was written
}

TEST_F(VideoTest, ProgressCancels) {
  int64_t last = 0;
  const auto progress = [&](const TranscodeStatus& status) {
    EXPECT_EQ(status.frames, last + 1);
    EXPECT_EQ(status.total_frames, kClipFrames);
    last = status.frames;
    return last < 30;
  };
  const auto report = transcode(kClip, path("out"), path("out.mp4"), fast_, {untouched}, progress);
  EXPECT_EQ(report.status().code(), Code::kCancelled);
  EXPECT_EQ(last, 30);
}

TEST_F(VideoTest, BadAskingIsNamed) {
  const auto ask = [&](const TranscodeOptions& options, const std::string& name) {
    return transcode(kClip, path("out"), path(name), options, {untouched}, {}).status();
  };
  TranscodeOptions options;
  options.codec = "nonesuch";
  EXPECT_EQ(ask(options, "a.mp4").code(), Code::kUnavailable);
  options = {};
  options.encoder_options = "nonesuch=1";
  EXPECT_NE(ask(options, "a.mp4").message().find("nonesuch"), std::string::npos);
  options = {};
  options.input.video_stream = 1;  // the sound
  EXPECT_EQ(ask(options, "a.mp4").code(), Code::kInvalidArgument);
  EXPECT_EQ(ask({}, "a.xyz").code(), Code::kInvalidArgument);
  options = {};
  options.codec = "x264";
  EXPECT_EQ(ask(options, "a.webm").code(), Code::kInvalidArgument);
}

TEST_F(VideoTest, SniffKnowsVideosFromTheRest) {
  EXPECT_TRUE(*sniff_video(kClip));
  EXPECT_FALSE(*sniff_video(std::string(VSEAL_SOURCE_DIR) + "/tests/data/picture.png"));
  EXPECT_FALSE(*sniff_video(std::string(VSEAL_SOURCE_DIR) + "/README.md"));
  EXPECT_FALSE(*sniff_video(dir_));
  EXPECT_EQ(sniff_video(path("missing")).status().code(), Code::kNotFound);
  // A playlist would make libav read another file.
  std::ofstream(path("list.m3u8")) << "#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:3,\n"
                                   << kClip << "\n";
  EXPECT_FALSE(*sniff_video(path("list.m3u8")));
  std::ofstream(path("list.ffconcat")) << "ffconcat version 1.0\nfile " << kClip << "\n";
  EXPECT_FALSE(*sniff_video(path("list.ffconcat")));
}

TEST_F(VideoTest, ATruncatedFileIsReadOnlyWhenDamageIsTolerated) {
  std::ifstream in(kClip, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(in)), {});
  std::ofstream(path("cut.mp4"), std::ios::binary) << bytes.substr(0, bytes.size() * 3 / 4);
  const auto strict = VideoReader::open(path("cut.mp4"), {});
  EXPECT_EQ(strict.status().code(), Code::kCorruptInput);
  EXPECT_NE(strict.status().message().find("truncated"), std::string::npos);
  OpenOptions options;
  options.tolerate_damage = true;
  auto reader = VideoReader::open(path("cut.mp4"), options);
  ASSERT_TRUE(reader.ok()) << reader.status().message();
  EXPECT_TRUE((*reader)->next()->has_value());
}

TEST(Orientation, DisplayMatricesOfTheEightCases) {
  constexpr int32_t kOne = 1 << 16;
  const struct {
    int a, b, c, d;
    Orientation orientation;
  } cases[] = {
      {1, 0, 0, 1, Orientation::kNormal},       {-1, 0, 0, 1, Orientation::kFlipHorizontal},
      {-1, 0, 0, -1, Orientation::kRotate180},  {1, 0, 0, -1, Orientation::kFlipVertical},
      {0, 1, 1, 0, Orientation::kTranspose},    {0, 1, -1, 0, Orientation::kRotate90},
      {0, -1, -1, 0, Orientation::kTransverse}, {0, -1, 1, 0, Orientation::kRotate270}};
  for (const auto& c : cases) {
    const int32_t matrix[9] = {c.a * kOne, c.b * kOne, 0, c.c * kOne, c.d * kOne, 0, 0, 0, 1 << 30};
    EXPECT_EQ(orientation_of(matrix), c.orientation) << static_cast<int>(c.orientation);
  }
  EXPECT_EQ(orientation_of(nullptr), Orientation::kNormal);
}

TEST(BoundedQueue, DeliversInOrderAndHoldsNoMoreThanItMay) {
  BoundedQueue<int> queue(3);
  std::thread producer([&] {
    for (int i = 0; i < 1000; ++i) ASSERT_TRUE(queue.push(i));
    queue.close();
  });
  int item = 0;
  for (int i = 0; i < 1000; ++i) {
    ASSERT_TRUE(queue.pop(item));
    EXPECT_EQ(item, i);
  }
  EXPECT_FALSE(queue.pop(item));
  producer.join();
}

TEST(BoundedQueue, AbortFreesAWaitingProducer) {
  BoundedQueue<int> queue(1);
  ASSERT_TRUE(queue.push(1));
  std::thread producer([&] { EXPECT_FALSE(queue.push(2)); });
  queue.abort();
  producer.join();
  int item = 0;
  EXPECT_FALSE(queue.pop(item));
}

}  // namespace
}  // namespace vseal::media
