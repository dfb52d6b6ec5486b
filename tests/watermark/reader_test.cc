// Frames that are read side by side.
#include "watermark/reader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>

#include "watermark/toy_model.h"

namespace vseal::watermark {
namespace {

constexpr int kSide = 48;
constexpr int kFrames = 23;

// Frames that the toy detector tells apart.
struct Video {
  Video() {
    uint32_t seed = 1;
    for (int i = 0; i < kFrames; ++i) {
      pixels.emplace_back(kSide * kSide);
      for (uint8_t& pixel : pixels.back()) {
        pixel = static_cast<uint8_t>((seed = seed * 1664525 + 1013904223) >> 24);
      }
      FrameView frame;
      frame.planes[0] = {pixels.back().data(), kSide, kSide, kSide, 1, 8};
      frames.push_back(frame);
    }
  }
  std::vector<std::vector<uint8_t>> pixels;
  std::vector<FrameView> frames;
};

std::unique_ptr<Reader> make_reader(ThreadPool& pool) {
  auto networks = Networks::compile(test::toy_model(1, 1));
  EXPECT_TRUE(networks.ok()) << networks.status().message();
  auto reader = Reader::create(*networks, &pool);
  EXPECT_TRUE(reader.ok()) << reader.status().message();
  return std::move(*reader);
}

std::vector<float> logits_of(const Reader& reader) {
  return {reader.logits().begin(), reader.logits().end()};
}

// Pooled logits of the first `count` frames, one after the other.
std::vector<float> pooled(const Video& video, int count) {
  ThreadPool one(1);
  const auto reader = make_reader(one);
  for (int i = 0; i < count; ++i) EXPECT_TRUE(reader->add(video.frames[i]).ok());
  return logits_of(*reader);
}

TEST(Reader, SameBitsForFramesSideBySide) {
  const Video video;
  const std::vector<float> expected = pooled(video, kFrames);
  for (const int threads : {1, 2, 3, 8, 11}) {
    SCOPED_TRACE(threads);
    ThreadPool pool(threads);
    const auto reader = make_reader(pool);
    for (int i = 0; i < kFrames; ++i) {
      // What is taken is small already: the frame may change.
      std::vector<uint8_t> copy = video.pixels[i];
      FrameView frame = video.frames[i];
      frame.planes[0].data = copy.data();
      ASSERT_TRUE(reader->take(frame).ok());
      std::ranges::fill(copy, uint8_t{0});
      EXPECT_EQ(reader->frames(), i + 1);
    }
    ASSERT_TRUE(reader->settle().ok());
    EXPECT_EQ(reader->frames(), kFrames);
    EXPECT_EQ(logits_of(*reader), expected);
  }
}

TEST(Reader, AddSettlesWhatWasTaken) {
  const Video video;
  ThreadPool pool(3);
  const auto reader = make_reader(pool);
  for (int i = 0; i < kFrames; ++i) {
    if (i % 5 != 2) {
      ASSERT_TRUE(reader->take(video.frames[i]).ok());
      continue;
    }
    ASSERT_TRUE(reader->add(video.frames[i]).ok());
    EXPECT_EQ(logits_of(*reader), pooled(video, i + 1)) << i;
  }
}

TEST(Reader, ResetForgetsWhatWasTaken) {
  const Video video;
  ThreadPool pool(3);
  const auto reader = make_reader(pool);
  for (int i = kFrames - 1; i >= 0; --i) {
    if (i == 3) reader->reset();
    ASSERT_TRUE(reader->take(video.frames[i]).ok());
  }
  EXPECT_EQ(reader->frames(), 4);
  reader->reset();
  EXPECT_EQ(reader->frames(), 0);
  EXPECT_EQ(logits_of(*reader), std::vector<float>(test::kToyBits));
  ASSERT_TRUE(reader->take(video.frames[0]).ok());
  ASSERT_TRUE(reader->settle().ok());
  EXPECT_EQ(logits_of(*reader), pooled(video, 1));
}

TEST(Reader, AFrameTooSmallIsNotTaken) {
  const Video video;
  ThreadPool pool(2);
  const auto reader = make_reader(pool);
  FrameView small = video.frames[1];
  small.planes[0].height = kMinReadableSide - 1;
  ASSERT_TRUE(reader->take(video.frames[0]).ok());
  EXPECT_EQ(reader->take(small).code(), Code::kUnsupported);
  EXPECT_EQ(reader->frames(), 1);
  ASSERT_TRUE(reader->settle().ok());
  EXPECT_EQ(logits_of(*reader), pooled(video, 1));
}

// Leaving while frames are being read must neither hang nor read what is gone.
TEST(Reader, GoesWithFramesTaken) {
  const Video video;
  ThreadPool pool(3);
  for (int round = 0; round < 20; ++round) {
    const auto reader = make_reader(pool);
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(reader->take(video.frames[i]).ok());
  }
}

}  // namespace
}  // namespace vseal::watermark
