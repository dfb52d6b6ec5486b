// Cuts of synthetic clips, whose places are known.
#include "watermark/scene.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace vseal::watermark {
namespace {

constexpr int kSide = 256;

// Waves of a scene's own, moved by dx, of a mean and a contrast, with grain.
std::vector<float> picture(int scene, double dx = 0, double mean = 0.5, double contrast = 0.25,
                           double grain = 0.01) {
  std::mt19937 random(static_cast<unsigned>(scene * 1000) + static_cast<unsigned>(dx * 10));
  std::normal_distribution<double> noise(0, grain);
  std::vector<float> luma;
  for (int i = 0; i < kSide * kSide; ++i) {
    const double x = i % kSide - dx, y = static_cast<double>(i / kSide);
    const double wave = std::sin(x / (20 + 15 * scene) + scene) * std::cos(y / (40 - 12 * scene));
    luma.push_back(static_cast<float>(mean + contrast * wave + noise(random)));
  }
  return luma;
}

TEST(SceneDetector, FindsKnownCutsAndNoOthers) {
  SceneDetector detector;
  const std::vector<int> scenes = {0, 0, 0, 1, 1, 2, 2, 2, 2, 0, 0};
  std::vector<int> found;
  for (int i = 0; i < static_cast<int>(scenes.size()); ++i) {
    // Each look moves on by a pixel: within a scene the picture is never the same.
    if (detector.begins(picture(scenes[static_cast<size_t>(i)], i))) found.push_back(i);
  }
  EXPECT_EQ(found, (std::vector<int>{0, 3, 5, 9}));
}

TEST(SceneDetector, FindsCutsBetweenNightScenes) {
  SceneDetector detector;
  EXPECT_TRUE(detector.begins(picture(0, 0, 0.05, 0.04, 0.004)));
  EXPECT_FALSE(detector.begins(picture(0, 1, 0.05, 0.04, 0.004)));
  EXPECT_TRUE(detector.begins(picture(1, 1, 0.05, 0.04, 0.004)));
}

TEST(SceneDetector, GrainOnAFlatPictureIsNoCut) {
  SceneDetector detector;
  EXPECT_TRUE(detector.begins(picture(0, 0, 0.5, 0, 0.012)));
  EXPECT_FALSE(detector.begins(picture(1, 0, 0.5, 0, 0.012)));
}

TEST(SceneDetector, ASlowFadeEndsTheSceneOnceItHasLedAway) {
  SceneDetector detector;
  int scenes = 0;
  for (int i = 0; i < 50; ++i) scenes += detector.begins(picture(0, 0, 0.2 + 0.01 * i, 0.15));
  EXPECT_GE(scenes, 5);
  EXPECT_LE(scenes, 12);
}

TEST(SceneDetector, ResetForgetsTheScene) {
  SceneDetector detector;
  EXPECT_TRUE(detector.begins(picture(0)));
  EXPECT_FALSE(detector.begins(picture(0)));
  detector.reset();
  EXPECT_TRUE(detector.begins(picture(0)));
}

}  // namespace
}  // namespace vseal::watermark
