// The C API on frames in memory: round trips, key frames, and calls that must be refused.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "api/scene.h"
#include "vseal/vseal.h"

namespace vseal {
namespace {

using test::Scene;

class FramesTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    vseal_error error;
    ASSERT_EQ(vseal_context_create(nullptr, &context_, &error), VSEAL_OK) << error.message;
  }
  static void TearDownTestSuite() { vseal_context_destroy(context_); }

  vseal_marker* make_marker(const char* id) {
    vseal_mark_options options;
    vseal_mark_options_init(&options);
    options.id = id;
    vseal_marker* marker = nullptr;
    EXPECT_EQ(vseal_marker_create(context_, &options, &marker, &error_), VSEAL_OK)
        << error_.message;
    return marker;
  }

  vseal_reading read(const vseal_image& image) {
    vseal_reader* reader = nullptr;
    vseal_reading reading{};
    EXPECT_EQ(vseal_reader_create(context_, nullptr, &reader, &error_), VSEAL_OK);
    EXPECT_EQ(vseal_reader_add(reader, &image, &error_), VSEAL_OK) << error_.message;
    EXPECT_EQ(vseal_reader_result(reader, &reading, &error_), VSEAL_OK);
    vseal_reader_destroy(reader);
    return reading;
  }

  static vseal_context* context_;
  vseal_error error_{};
};
vseal_context* FramesTest::context_ = nullptr;

TEST_F(FramesTest, EveryFormatAndDepthGivesItsIdBack) {
  const struct {
    vseal_pixel_format format;
    int depth;
    int limited;
  } cases[] = {{VSEAL_GREY, 8, 0},    {VSEAL_RGB, 8, 0},     {VSEAL_RGBA, 8, 0},
               {VSEAL_RGB, 16, 0},    {VSEAL_YUV420, 8, 1},  {VSEAL_YUV420, 10, 1},
               {VSEAL_YUV422, 10, 0}, {VSEAL_YUV444, 12, 1}, {VSEAL_GREY, 9, 0}};
  for (const auto& c : cases) {
    SCOPED_TRACE("format " + std::to_string(c.format) + " depth " + std::to_string(c.depth));
    Scene scene(c.format, 401, 300, c.depth);
    vseal_image image = scene.image();
    image.limited_range = c.limited;
    vseal_marker* marker = make_marker("4711");
    ASSERT_EQ(vseal_marker_mark(marker, &image, 1, &error_), VSEAL_OK) << error_.message;
    vseal_marker_destroy(marker);
    const vseal_reading reading = read(image);
    EXPECT_EQ(reading.verdict, VSEAL_PRESENT);
    EXPECT_STREQ(reading.id, "4711");
    EXPECT_LT(reading.p_value, 1e-6);
  }
}

TEST_F(FramesTest, AlphaAndChromaStayAsTheyAre) {
  Scene rgba(VSEAL_RGBA, 320, 200, 8);
  const std::vector<uint8_t> before = rgba.bytes();
  vseal_marker* marker = make_marker("1");
  const vseal_image image = rgba.image();
  ASSERT_EQ(vseal_marker_mark(marker, &image, 1, &error_), VSEAL_OK);
  int moved = 0;
  for (size_t i = 0; i < before.size(); ++i) {
    if (i % 4 == 3) {
      ASSERT_EQ(rgba.bytes()[i], before[i]) << "alpha at " << i;
    }
    moved += rgba.bytes()[i] != before[i];
  }
  EXPECT_GT(moved, 1000);

  Scene yuv(VSEAL_YUV420, 320, 200, 8);
  const std::vector<uint8_t> yuv_before = yuv.bytes();
  const vseal_image yuv_image = yuv.image();
  ASSERT_EQ(vseal_marker_mark(marker, &yuv_image, 1, &error_), VSEAL_OK);
  EXPECT_TRUE(std::equal(yuv_before.begin() + 320 * 200, yuv_before.end(),
                         yuv.bytes().begin() + 320 * 200));
  vseal_marker_destroy(marker);
}

TEST_F(FramesTest, RotatedStorageReadsAsDisplayed) {
  Scene scene(VSEAL_GREY, 384, 256, 8);
  vseal_image image = scene.image();
  image.orientation = 6;
  vseal_marker* marker = make_marker("66");
  ASSERT_EQ(vseal_marker_mark(marker, &image, 1, &error_), VSEAL_OK);
  vseal_marker_destroy(marker);
  EXPECT_STREQ(read(image).id, "66");

  // Turned upright by hand (clockwise by 90 degrees) and without the flag.
  Scene upright(VSEAL_GREY, 256, 384, 8);
  for (int y = 0; y < 384; ++y) {
    for (int x = 0; x < 256; ++x) {
      upright.bytes()[static_cast<size_t>(y * 256 + x)] =
          scene.bytes()[static_cast<size_t>((255 - x) * 384 + y)];
    }
  }
  EXPECT_STREQ(read(upright.image()).id, "66");
}

TEST_F(FramesTest, FollowingFramesShareTheKeyFramesResidual) {
  Scene first(VSEAL_GREY, 300, 300, 8), second(VSEAL_GREY, 300, 300, 8, 1);
  const vseal_image a = first.image(), b = second.image();
  vseal_marker* marker = make_marker("99");
  EXPECT_EQ(vseal_marker_mark(marker, &b, 0, &error_), VSEAL_INVALID_ARGUMENT);
  ASSERT_EQ(vseal_marker_mark(marker, &a, 1, &error_), VSEAL_OK);
  ASSERT_EQ(vseal_marker_mark(marker, &b, 0, &error_), VSEAL_OK);
  vseal_marker_destroy(marker);
  EXPECT_STREQ(read(b).id, "99");
}

TEST_F(FramesTest, RawBitsAreReadAsTheyAre) {
  vseal_model_info info{};
  vseal_context_model(context_, &info);
  const auto count = static_cast<size_t>(info.bits);
  std::string bits(count, '0');
  for (size_t i = 0; i < bits.size(); i += 3) bits[i] = '1';
  vseal_mark_options marking;
  vseal_mark_options_init(&marking);
  marking.bits = bits.c_str();
  vseal_marker* marker = nullptr;
  ASSERT_EQ(vseal_marker_create(context_, &marking, &marker, &error_), VSEAL_OK) << error_.message;
  Scene scene(VSEAL_RGB, 400, 300, 8);
  const vseal_image image = scene.image();
  ASSERT_EQ(vseal_marker_mark(marker, &image, 1, &error_), VSEAL_OK) << error_.message;
  vseal_marker_destroy(marker);

  vseal_read_options reading_options;
  vseal_read_options_init(&reading_options);
  reading_options.raw = 1;
  reading_options.expected_bits = bits.c_str();
  vseal_reader* reader = nullptr;
  ASSERT_EQ(vseal_reader_create(context_, &reading_options, &reader, &error_), VSEAL_OK);
  ASSERT_EQ(vseal_reader_add(reader, &image, &error_), VSEAL_OK);
  vseal_reading reading{};
  ASSERT_EQ(vseal_reader_result(reader, &reading, &error_), VSEAL_OK);
  EXPECT_EQ(reading.verdict, VSEAL_PRESENT);
  EXPECT_GT(reading.bit_accuracy, 0.97);
  EXPECT_LT(reading.expected_p_value, std::exp2(-0.75 * info.bits));
  std::vector<float> logits(count);
  ASSERT_EQ(vseal_reader_logits(reader, logits.data(), count, &error_), VSEAL_OK);
  ASSERT_EQ(std::strlen(reading.bits), count);
  for (size_t k = 0; k < count; ++k) EXPECT_EQ(reading.bits[k] == '1', logits[k] > 0) << k;
  EXPECT_EQ(vseal_reader_logits(reader, logits.data(), count - 1, &error_), VSEAL_INVALID_ARGUMENT);
  vseal_reader_destroy(reader);
}

TEST_F(FramesTest, OptionsOutOfRangeAreNamed) {
  const auto refused = [&](const auto& spoil, const char* word) {
    vseal_mark_options options;
    vseal_mark_options_init(&options);
    options.id = "1";
    spoil(options);
    vseal_marker* marker = nullptr;
    EXPECT_EQ(vseal_marker_create(context_, &options, &marker, &error_), VSEAL_INVALID_ARGUMENT);
    EXPECT_EQ(marker, nullptr);
    EXPECT_NE(std::strstr(error_.message, word), nullptr) << error_.message;
  };
  refused([](vseal_mark_options& o) { o.bits = "01"; }, "both");
  refused([](vseal_mark_options& o) { o.id = nullptr; }, "id");
  refused([](vseal_mark_options& o) { o.scaling_w = -1; }, "scaling_w");
  refused([](vseal_mark_options& o) { o.step = 129; }, "step");
  refused([](vseal_mark_options& o) { o.jnd = static_cast<vseal_jnd>(2); }, "jnd");
  refused([](vseal_mark_options& o) { o.resize = static_cast<vseal_resize>(2); }, "resize");
  refused([](vseal_mark_options& o) { o.video_mode = static_cast<vseal_video_mode>(3); }, "mode");

  vseal_read_options options;
  vseal_read_options_init(&options);
  options.expected_bits = "01";
  vseal_reader* reader = nullptr;
  EXPECT_EQ(vseal_reader_create(context_, &options, &reader, &error_), VSEAL_INVALID_ARGUMENT);
  options.expected_bits = nullptr;
  options.pooling = static_cast<vseal_pooling>(4);
  EXPECT_EQ(vseal_reader_create(context_, &options, &reader, &error_), VSEAL_INVALID_ARGUMENT);
}

TEST_F(FramesTest, UnmarkedIsAbsent) {
  Scene scene(VSEAL_RGB, 300, 200, 8);
  const vseal_reading reading = read(scene.image());
  EXPECT_EQ(reading.verdict, VSEAL_ABSENT);
  EXPECT_STREQ(reading.id, "");
}

TEST_F(FramesTest, KeysSeparateReaders) {
  const uint8_t key[16] = {1, 2, 3};
  vseal_context_options options;
  vseal_context_options_init(&options);
  options.key = key;
  options.key_size = sizeof(key);
  vseal_context* keyed = nullptr;
  ASSERT_EQ(vseal_context_create(&options, &keyed, &error_), VSEAL_OK) << error_.message;
  std::swap(keyed, context_);
  Scene scene(VSEAL_GREY, 300, 300, 8);
  const vseal_image image = scene.image();
  vseal_marker* marker = make_marker("12");
  ASSERT_EQ(vseal_marker_mark(marker, &image, 1, &error_), VSEAL_OK);
  vseal_marker_destroy(marker);
  EXPECT_STREQ(read(image).id, "12");
  std::swap(keyed, context_);
  EXPECT_EQ(read(image).verdict, VSEAL_ABSENT);
  vseal_context_destroy(keyed);

  options.key_size = 3;
  EXPECT_EQ(vseal_context_create(&options, &keyed, &error_), VSEAL_INVALID_ARGUMENT);
  EXPECT_EQ(keyed, nullptr);
}

TEST_F(FramesTest, RefusedImagesAreNamed) {
  Scene scene(VSEAL_RGB, 300, 200, 8);
  const vseal_image good = scene.image();
  vseal_reader* reader = nullptr;
  ASSERT_EQ(vseal_reader_create(context_, nullptr, &reader, &error_), VSEAL_OK);
  vseal_reading reading;
  EXPECT_EQ(vseal_reader_result(reader, &reading, &error_), VSEAL_INVALID_ARGUMENT);

  vseal_image bad = good;
  bad.strides[0] = 10;
  EXPECT_EQ(vseal_reader_add(reader, &bad, &error_), VSEAL_INVALID_ARGUMENT);
  EXPECT_NE(std::string(error_.message).find("900 bytes"), std::string::npos) << error_.message;
  bad = good;
  bad.planes[0] = nullptr;
  EXPECT_EQ(vseal_reader_add(reader, &bad, &error_), VSEAL_INVALID_ARGUMENT);
  bad = good;
  bad.depth = 7;
  EXPECT_EQ(vseal_reader_add(reader, &bad, &error_), VSEAL_INVALID_ARGUMENT);
  bad = good;
  bad.orientation = 9;
  EXPECT_EQ(vseal_reader_add(reader, &bad, &error_), VSEAL_INVALID_ARGUMENT);
  bad = good;
  bad.width = 15;
  EXPECT_EQ(vseal_reader_add(reader, &bad, &error_), VSEAL_UNSUPPORTED);
  EXPECT_EQ(vseal_reader_add(reader, nullptr, &error_), VSEAL_INVALID_ARGUMENT);
  vseal_reader_destroy(reader);

  vseal_marker* marker = make_marker("5");
  bad = good;
  bad.height = 63;
  EXPECT_EQ(vseal_marker_mark(marker, &bad, 1, &error_), VSEAL_UNSUPPORTED);
  EXPECT_NE(std::string(error_.message).find("300x63"), std::string::npos) << error_.message;
  vseal_marker_destroy(marker);
}

TEST_F(FramesTest, AnIdThatDoesNotFitSaysHowLongItMayBe) {
  vseal_mark_options options;
  vseal_mark_options_init(&options);
  const std::string text(200, 'x');
  options.id = text.c_str();
  vseal_marker* marker = nullptr;
  EXPECT_EQ(vseal_marker_create(context_, &options, &marker, &error_), VSEAL_INVALID_ARGUMENT);
  vseal_model_info info;
  vseal_context_model(context_, &info);
  EXPECT_NE(std::string(error_.message).find(std::to_string(info.max_text_bytes)),
            std::string::npos)
      << error_.message;
  EXPECT_EQ(marker, nullptr);
}

}  // namespace
}  // namespace vseal
