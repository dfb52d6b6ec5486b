// Random frames of every layout, in memory of their own.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "base/plane.h"

namespace vseal::image::test {

struct Layout {
  ColorModel model = ColorModel::kGrey;
  int step = 1;  // of interleaved samples; 1 is planar
  int depth = 8;
  ColorRange range = ColorRange::kFull;
  int chroma_x = 2;  // luma samples for each chroma sample of kYCbCr
  int chroma_y = 2;
  ColorMatrix matrix = ColorMatrix::kBt709;

  std::string name() const {
    return "model " + std::to_string(static_cast<int>(model)) + " step " + std::to_string(step) +
           " depth " + std::to_string(depth) + " chroma " + std::to_string(chroma_x) + "x" +
           std::to_string(chroma_y);
  }
};

inline std::vector<Layout> all_layouts() {
  using enum ColorModel;
  return {{kGrey, 1, 8},
          {kGrey, 2, 8},
          {kGrey, 1, 16},
          {kRgb, 3, 8},
          {kRgb, 4, 8},
          {kRgb, 3, 16},
          {kRgb, 4, 16},
          {kRgb, 1, 8},
          {kRgb, 1, 10},
          {kYCbCr, 1, 8, ColorRange::kLimited},
          {kYCbCr, 1, 10, ColorRange::kLimited},
          {kYCbCr, 1, 12, ColorRange::kFull},
          {kYCbCr, 1, 8, ColorRange::kFull, 1, 1, ColorMatrix::kBt601},
          {kYCbCr, 1, 8, ColorRange::kLimited, 2, 1, ColorMatrix::kBt2020},
          {kYCbCr, 1, 8, ColorRange::kLimited, 4, 1}};
}

// Smooth content with some noise, so that all parts of the heat map are met. Guard samples lie
// around every row and must keep their value.
class TestFrame {
 public:
  TestFrame(const Layout& layout, int width, int height, unsigned seed = 1) : layout_(layout) {
    const bool interleaved = layout.model == ColorModel::kRgb && layout.step >= 3;
    const int planes = layout.model == ColorModel::kGrey ? 1 : 3;
    const int stored = interleaved ? 1 : planes;
    const ptrdiff_t stride = static_cast<ptrdiff_t>(width) * layout.step + 2 * kGuard;
    const size_t plane_samples = static_cast<size_t>(stride) * (height + 2);
    const size_t bytes = layout.depth > 8 ? 2 : 1;
    memory_.assign(plane_samples * stored * bytes, kGuardByte);
    view.model = layout.model;
    view.range = layout.range;
    view.matrix = layout.matrix;
    view.plane_count = planes;
    for (int i = 0; i < planes; ++i) {
      PlaneView& plane = view.planes[static_cast<size_t>(i)];
      const size_t shift = interleaved ? size_t(i) : plane_samples * i;
      const bool chroma = layout.model == ColorModel::kYCbCr && i > 0;
      const int cx = chroma ? layout.chroma_x : 1, cy = chroma ? layout.chroma_y : 1;
      plane.data = memory_.data() + (stride + kGuard + shift) * bytes;
      plane.width = (width + cx - 1) / cx;
      plane.height = (height + cy - 1) / cy;
      plane.stride = stride;
      plane.step = layout.step;
      plane.depth_bits = layout.depth;
    }
    std::mt19937 random(seed);
    fill(stored, random);
  }
  TestFrame(const TestFrame&) = delete;

  // Bytes of everything, guards included.
  std::vector<uint8_t> memory() const { return memory_; }
  uint8_t* raw() { return memory_.data(); }

  int get(int channel, int x, int y) const {
    const PlaneView& p = view.planes[static_cast<size_t>(channel)];
    const ptrdiff_t at = static_cast<ptrdiff_t>(x) * p.step;
    return p.depth_bits > 8 ? p.row<uint16_t>(y)[at] : p.row<uint8_t>(y)[at];
  }

  FrameView view;

 private:
  static constexpr ptrdiff_t kGuard = 5;
  static constexpr uint8_t kGuardByte = 0xA5;

  void fill(int stored, std::mt19937& random) {
    const int max = view.planes[0].max_value();
    for (int i = 0; i < stored; ++i) {
      const PlaneView& p = view.planes[static_cast<size_t>(i)];
      for (int y = 0; y < p.height; ++y) {
        for (int x = 0; x < p.width * p.step; ++x) {
          const double wave = 0.5 + 0.45 * std::sin((x + 3 * y) / 29.0 + i);
          const double noise = static_cast<double>(random() % 1000) / 8000;
          const int level = static_cast<int>(std::min(1.0, wave + noise) * max);
          if (p.depth_bits > 8) {
            p.row<uint16_t>(y)[x] = static_cast<uint16_t>(level);
          } else {
            p.row<uint8_t>(y)[x] = static_cast<uint8_t>(level);
          }
        }
      }
    }
  }

  Layout layout_;
  std::vector<uint8_t> memory_;
};

inline std::vector<float> random_residual(int side, unsigned seed = 3, int channels = 1) {
  std::mt19937 random(seed);
  std::vector<float> r(static_cast<size_t>(side) * side * channels);
  for (float& v : r) v = static_cast<float>(random() % 2001) / 1000.0f - 1.0f;
  return r;
}

}  // namespace vseal::image::test
