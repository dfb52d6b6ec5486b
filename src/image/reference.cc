#include "image/reference.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "image/orientation.h"
#include "image/sample_rows.h"

namespace vseal::image {
namespace {

double sample_at(const PlaneView& plane, int x, int y) {
  const ptrdiff_t at = static_cast<ptrdiff_t>(x) * plane.step;
  return plane.depth_bits > 8 ? plane.row<uint16_t>(y)[at] : plane.row<uint8_t>(y)[at];
}

void set_sample(const PlaneView& plane, int x, int y, double value) {
  const ptrdiff_t at = static_cast<ptrdiff_t>(x) * plane.step;
  const double level = std::clamp(std::nearbyint(value), 0.0, double(plane.max_value()));
  if (plane.depth_bits > 8) {
    plane.row<uint16_t>(y)[at] = static_cast<uint16_t>(level);
  } else {
    plane.row<uint8_t>(y)[at] = static_cast<uint8_t>(level);
  }
}

double triangle(double distance) { return std::max(0.0, 1.0 - std::abs(distance)); }

// Weight of input i for output o when `in` values become `out`.
double resize_weight(int i, int o, int in, int out) {
  const double scale = static_cast<double>(in) / out;
  return triangle((i + 0.5 - (o + 0.5) * scale) / std::max(scale, 1.0));
}

// One axis of a resize: values are read by get(i), i < in.
template <typename Get>
double resize_one(int o, int in, int out, const Get& get) {
  const double scale = static_cast<double>(in) / out, support = std::max(scale, 1.0);
  const int first = std::max(0, static_cast<int>((o + 0.5) * scale - support) - 1);
  const int last = std::min(in - 1, static_cast<int>((o + 0.5) * scale + support) + 1);
  double sum = 0, total = 0;
  for (int i = first; i <= last; ++i) {
    const double weight = resize_weight(i, o, in, out);
    sum += weight * get(i);
    total += weight;
  }
  return sum / total;
}

// The residual at pixel (x, y) of a width x height frame: bilinear, antialiased where it shrinks.
double residual_at(std::span<const float> map, int side, int x, int y, int width, int height) {
  return resize_one(y, side, height, [&](int j) {
    return resize_one(x, side, width,
                      [&](int i) { return double{map[static_cast<size_t>(j) * side + i]}; });
  });
}

}  // namespace

std::vector<double> reference_luma(const FrameView& frame) {
  const LumaScale scale = luma_scale(frame);
  std::vector<double> luma;
  for (int y = 0; y < frame.height(); ++y) {
    for (int x = 0; x < frame.width(); ++x) {
      double v = sample_at(frame.planes[0], x, y);
      if (frame.model == ColorModel::kRgb) {
        v = 0.299 * v + 0.587 * sample_at(frame.planes[1], x, y) +
            0.114 * sample_at(frame.planes[2], x, y);
      }
      luma.push_back((v - scale.offset) / scale.scale);
    }
  }
  return luma;
}

std::vector<double> reference_resize(const FrameView& frame, int width, int height) {
  const bool swap = swaps_axes(frame.orientation);
  const int out_w = swap ? height : width, out_h = swap ? width : height;
  const int w = frame.width(), h = frame.height();
  const std::vector<double> luma = reference_luma(frame);
  std::vector<double> narrow(static_cast<size_t>(h) * out_w);
  for (int y = 0; y < h; ++y) {
    for (int o = 0; o < out_w; ++o) {
      narrow[static_cast<size_t>(y) * out_w + o] =
          resize_one(o, w, out_w, [&](int i) { return luma[static_cast<size_t>(y) * w + i]; });
    }
  }
  std::vector<float> coded(static_cast<size_t>(out_w) * out_h), turned(coded.size());
  for (int o = 0; o < out_h; ++o) {
    for (int x = 0; x < out_w; ++x) {
      coded[static_cast<size_t>(o) * out_w + x] = static_cast<float>(resize_one(
          o, h, out_h, [&](int i) { return narrow[static_cast<size_t>(i) * out_w + x]; }));
    }
  }
  to_display(coded, out_w, out_h, frame.orientation, turned);
  return {turned.begin(), turned.end()};
}

std::vector<double> reference_heatmap(std::span<const double> luma, int width, int height,
                                      const HeatmapOptions& options) {
  static constexpr int kBox[5][5] = {
      {1, 1, 1, 1, 1}, {1, 2, 2, 2, 1}, {1, 2, 0, 2, 1}, {1, 2, 2, 2, 1}, {1, 1, 1, 1, 1}};
  static constexpr int kSobelX[3][3] = {{-1, 0, 1}, {-2, 0, 2}, {-1, 0, 1}};
  const auto at = [&](int x, int y, bool replicate) {
    if (replicate) {
      x = std::clamp(x, 0, width - 1);
      y = std::clamp(y, 0, height - 1);
    }
    const bool inside = x >= 0 && x < width && y >= 0 && y < height;
    return inside ? 255 * luma[static_cast<size_t>(y) * width + x] : 0.0;
  };
  std::vector<double> heat;
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      double la = 0, gx = 0, gy = 0;
      for (int j = 0; j < 5; ++j) {
        for (int i = 0; i < 5; ++i) la += kBox[j][i] / 32.0 * at(x + i - 2, y + j - 2, false);
      }
      for (int j = 0; j < 3; ++j) {
        for (int i = 0; i < 3; ++i) {
          const double v = at(x + i - 1, y + j - 1, options.replicate_sobel_border);
          gx += kSobelX[j][i] * v;
          gy += kSobelX[i][j] * v;
        }
      }
      const double dark =
          options.low_gain * (1 - std::sqrt(std::max(la, 0.0) / 127 + 1e-5)) + options.low_offset;
      la = la <= 127 ? dark : 3.0 / 128 * (la - 127) + 3;
      const double m = std::sqrt(gx * gx + gy * gy);
      const double cm = 0.117 * 16 * std::pow(m, 2.4) / (m * m + 26 * 26);
      heat.push_back(std::max(la + cm - 0.3 * std::min(la, cm), 0.0) / 255);
    }
  }
  return heat;
}

void reference_blend(FrameView& frame, std::span<const float> residual, int side, float strength,
                     const HeatmapOptions& options) {
  const int w = frame.width(), h = frame.height();
  const std::vector<double> heat = reference_heatmap(reference_luma(frame), w, h, options);
  std::vector<float> coded(residual.size());
  to_coded(residual, side, side, frame.orientation, coded);
  const double scale = luma_scale(frame).scale;
  const int planes = frame.model == ColorModel::kRgb ? 3 : 1;
  for (int y = 0; y < h; ++y) {
    for (int x = 0; x < w; ++x) {
      const double delta = strength * heat[static_cast<size_t>(y) * w + x] *
                           residual_at(coded, side, x, y, w, h) * scale;
      for (int i = 0; i < planes; ++i) {
        const PlaneView& plane = frame.planes[static_cast<size_t>(i)];
        set_sample(plane, x, y, sample_at(plane, x, y) + delta);
      }
    }
  }
}

}  // namespace vseal::image
