// The vectors that apps test their own preprocessing against (docs/phones.md) hold for ours.
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <vector>

#include "image/resize.h"

namespace vseal::image {
namespace {

// By the formulas that the file states.
std::vector<uint8_t> picture(int width, int height) {
  std::vector<uint8_t> rgb;
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      rgb.push_back(static_cast<uint8_t>((7 * x + 3 * y) % 256));
      rgb.push_back(static_cast<uint8_t>((5 * x + 11 * y) % 251));
      rgb.push_back(static_cast<uint8_t>((x * y) % 256));
    }
  }
  return rgb;
}

FrameView view_of(std::vector<uint8_t>& rgb, int width, int height) {
  FrameView frame{.planes = {}, .plane_count = 3, .model = ColorModel::kRgb};
  for (int c = 0; c < 3; ++c) {
    frame.planes[static_cast<size_t>(c)] = {rgb.data() + c, width, height, 3 * width, 3, 8};
  }
  return frame;
}

TEST(Preprocessing, GivesTheVectors) {
  std::ifstream in(VSEAL_SOURCE_DIR "/tests/data/preprocessing.json");
  const auto file = nlohmann::json::parse(in, nullptr, false);
  ASSERT_TRUE(file.is_object());
  const int side = file["side"];
  const auto at = [&](const nlohmann::json& v) {
    return static_cast<size_t>(v[1].get<int>()) * side + v[0].get<size_t>();
  };
  size_t compared = 0;
  for (const auto& entry : file["pictures"]) {
    const int width = entry["width"], height = entry["height"];
    std::vector<uint8_t> samples = picture(width, height);
    const FrameView frame = view_of(samples, width, height);
    const size_t pixels = static_cast<size_t>(side) * side;
    std::vector<float> rgb(3 * pixels), luma(pixels);
    ASSERT_TRUE(resize_rgb(frame, side, side, rgb, nullptr).ok());
    ASSERT_TRUE(resize_luma(frame, side, side, luma, nullptr).ok());
    for (const auto& v : entry["values"]) {
      for (size_t c = 0; c < 3; ++c) {
        EXPECT_NEAR(rgb[3 * at(v) + c], v[2 + c].get<double>(), 2e-6) << width << " " << v.dump();
      }
      EXPECT_NEAR(luma[at(v)], v[5].get<double>(), 2e-6) << width << " " << v.dump();
      ++compared;
    }
  }
  EXPECT_EQ(compared, 6u * 36u);
}

}  // namespace
}  // namespace vseal::image
