// A PSNR asked for, and what feedback makes of the same PSNR, with the default model.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "image/frame_copy.h"
#include "image/metrics.h"
#include "image/rgb_error.h"
#include "models/model.h"
#include "watermark/marker.h"
#include "watermark/reader.h"

namespace vseal::watermark {
namespace {

std::shared_ptr<const Networks> networks() {
  static const auto compiled = Networks::compile(**models::default_model());
  EXPECT_TRUE(compiled.ok()) << compiled.status().message();
  return *compiled;
}

std::vector<float> message() {
  std::mt19937 random(17);
  std::vector<float> bits(static_cast<size_t>(networks()->card().bits));
  for (float& bit : bits) bit = random() % 2 == 0 ? 1.0f : -1.0f;
  return bits;
}

// What a synthetic frame shows; amplitudes and levels are shares of full scale.
struct Content {
  double wave = 0.25;
  double grain = 0.04;
  double level = 0.45;
  double phase = 0;
};

class Frame {
 public:
  Frame(ColorModel model, int depth, int width, int height, const Content& content)
      : samples_(3 * static_cast<size_t>(width) * height) {
    view.model = model;
    view.plane_count = model == ColorModel::kGrey ? 1 : 3;
    view.range = model == ColorModel::kYCbCr ? ColorRange::kLimited : ColorRange::kFull;
    std::mt19937 random(5);
    std::normal_distribution<double> grain(0, content.grain);
    for (int i = 0; i < view.plane_count; ++i) {
      PlaneView& plane = view.planes[static_cast<size_t>(i)];
      plane = {samples_.data() + static_cast<size_t>(i) * width * height, width, height, width};
      plane.depth_bits = depth;
      for (int y = 0; y < height; ++y) {
        for (int x = 0; x < width; ++x) {
          const double wave = std::sin(x / 19.0 + content.phase) * std::cos(y / 23.0 + i);
          const double value = content.level + content.wave * wave + grain(random);
          put(plane, x, y, std::clamp(value, 0.0, 1.0));
        }
      }
    }
  }

  FrameView view;

 private:
  static void put(const PlaneView& plane, int x, int y, double value) {
    const double sample = std::nearbyint(value * plane.max_value());
    if (plane.depth_bits > 8) {
      plane.row<uint16_t>(y)[x] = static_cast<uint16_t>(sample);
    } else {
      plane.row<uint8_t>(y)[x] = static_cast<uint8_t>(sample);
    }
  }

  std::vector<uint16_t> samples_;
};

Frame textured(double phase = 0) {
  return {ColorModel::kGrey, 8, 320, 320, {.wave = 0.24, .grain = 0.028, .phase = phase}};
}

std::unique_ptr<Marker> make(const MarkerOptions& options, ThreadPool& pool) {
  auto marker = Marker::create(networks(), &pool, options);
  EXPECT_TRUE(marker.ok()) << marker.status().message();
  EXPECT_TRUE((*marker)->set_message(message()).ok());
  return std::move(*marker);
}

// Marks `frame` and returns the PSNR of the mark, in RGB.
double mark(Marker& marker, FrameView& frame) {
  image::FrameCopy copies;
  const FrameView before = copies.take(frame, image::CopiedPlanes::kAll);
  EXPECT_TRUE(marker.look(frame).ok());
  EXPECT_TRUE(marker.blend(frame).ok());
  const auto mse = image::rgb_squared_error(before, frame, nullptr);
  EXPECT_TRUE(mse.ok());
  return image::psnr_db(*mse);
}

std::vector<float> sorted_margins(const FrameView& frame, ThreadPool& pool) {
  const auto reader = Reader::create(networks(), &pool);
  EXPECT_TRUE((*reader)->add(frame).ok());
  std::vector<float> margins((*reader)->logits().begin(), (*reader)->logits().end());
  const std::vector<float> bits = message();
  for (size_t i = 0; i < margins.size(); ++i) margins[i] *= bits[i];
  std::ranges::sort(margins);
  return margins;
}

struct Case {
  const char* name;
  ColorModel model;
  int depth;
  int width, height;
  Content content;
};

TEST(Psnr, IsMetOnPicturesOfEveryKind) {
  using enum ColorModel;
  const Case cases[] = {
      {"grey", kGrey, 8, 320, 240, {}},
      {"RGB", kRgb, 8, 300, 420, {}},
      {"RGB of 16 bits", kRgb, 16, 200, 260, {}},
      {"tiny", kRgb, 8, kMinSide, kMinSide, {}},
      {"flat grey", kGrey, 8, 333, 250, {.wave = 0, .grain = 0, .level = 0.5}},
      {"flat grey of the network's size",
       kGrey,
       8,
       256,
       256,
       {.wave = 0, .grain = 0, .level = 0.5}},
      {"video of limited range", kYCbCr, 8, 320, 240, {}},
      {"video of 10 bits", kYCbCr, 10, 320, 240, {}},
      {"half saturated", kRgb, 8, 320, 240, {.wave = 0.6, .level = 0.9}},
  };
  ThreadPool pool(2);
  for (const Case& c : cases) {
    for (const float target : {38.0f, 44.0f, 50.0f}) {
      Frame frame(c.model, c.depth, c.width, c.height, c.content);
      const auto marker = make({.psnr_db = target}, pool);
      EXPECT_NEAR(mark(*marker, frame.view), target, 0.05) << c.name;
    }
  }
}

TEST(Psnr, IsKeptForTheSceneAndFoundAnewForTheNext) {
  ThreadPool pool(2);
  const auto marker = make({.psnr_db = 42.0f}, pool);
  Frame first = textured(0), second = textured(0.05), cut = textured(2);
  EXPECT_NEAR(mark(*marker, first.view), 42.0, 0.05);
  const int tries = marker->cost().tries;
  EXPECT_NEAR(mark(*marker, second.view), 42.0, 0.5);
  EXPECT_EQ(marker->cost().tries, tries) << "the strength of the scene serves";
  EXPECT_NEAR(mark(*marker, cut.view), 42.0, 0.05);
  EXPECT_GT(marker->cost().tries, tries);
  EXPECT_EQ(marker->cost().scenes, 2);
  EXPECT_EQ(marker->cost().passes, 2 * MarkerOptions{}.feedback_passes);
}

TEST(Psnr, OutOfRangeIsRefused) {
  ThreadPool pool(1);
  for (const float psnr : {24.0f, 61.0f, NAN}) {
    const auto marker = Marker::create(networks(), &pool, {.psnr_db = psnr});
    EXPECT_EQ(marker.status().code(), Code::kInvalidArgument) << psnr;
  }
}

// Each pass lifts the weakest eighth of the bits; of a wrong sign it would press them down.
TEST(Feedback, LiftsTheWeakestBitsAtTheSamePsnr) {
  ThreadPool pool(2);
  std::vector<double> weak;
  for (const int passes : {0, 1, 3}) {
    Frame frame = textured();
    const auto marker = make({.feedback_passes = passes, .psnr_db = 44.0f}, pool);
    EXPECT_NEAR(mark(*marker, frame.view), 44.0, 0.05);
    const std::vector<float> margins = sorted_margins(frame.view, pool);
    double sum = 0;
    for (size_t i = 0; i < margins.size() / 8; ++i) sum += margins[i];
    weak.push_back(sum / (static_cast<double>(margins.size()) / 8));
  }
  EXPECT_GT(weak[1], weak[0] + 0.5);
  EXPECT_GT(weak[2], weak[1] + 0.2);
}

// Without a PSNR asked for, passes leave the strength's PSNR as it is.
TEST(Feedback, KeepsTheEnergyOfTheMark) {
  ThreadPool pool(2);
  std::vector<double> psnr;
  for (const int passes : {0, 1, 4}) {
    Frame frame = textured();
    psnr.push_back(mark(*make({.feedback_passes = passes}, pool), frame.view));
  }
  EXPECT_NEAR(psnr[1], psnr[0], 0.1);
  EXPECT_NEAR(psnr[2], psnr[0], 0.1);
}

// The weights of a scene's first look serve its later ones, which run no detector.
TEST(Feedback, RunsOnceAScene) {
  ThreadPool pool(2);
  const auto marker = make({}, pool);
  Frame first = textured(0), later = textured(0.05), alone = textured(0.05);
  mark(*marker, first.view);
  EXPECT_EQ(marker->cost().passes, MarkerOptions{}.feedback_passes);
  mark(*marker, later.view);
  EXPECT_EQ(marker->cost().passes, MarkerOptions{}.feedback_passes);
  mark(*make({.feedback_passes = 0}, pool), alone.view);
  const auto weakest = [&](const FrameView& view) { return sorted_margins(view, pool)[8]; };
  EXPECT_GT(weakest(later.view), weakest(alone.view) + 0.3);
}

TEST(Feedback, GivesTheSameSamplesForAnyNumberOfThreads) {
  std::vector<std::vector<float>> residuals;
  std::vector<float> strengths;
  for (const int threads : {1, 2, 5}) {
    ThreadPool pool(threads);
    Frame frame = textured();
    const auto marker = make({.psnr_db = 43.0f}, pool);
    ASSERT_TRUE(marker->look(frame.view).ok());
    residuals.push_back(marker->last_look().residual);
    strengths.push_back(marker->last_look().strength);
  }
  for (size_t i = 1; i < residuals.size(); ++i) {
    EXPECT_EQ(residuals[i], residuals[0]);
    EXPECT_EQ(strengths[i], strengths[0]);
  }
}

}  // namespace
}  // namespace vseal::watermark
