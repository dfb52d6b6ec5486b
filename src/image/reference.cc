#include "image/reference.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "image/color.h"
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

// One axis of a resize: values are read by get(i), i < in. Plain filters are as wide as an
// enlargement's wherever they are used.
template <typename Get>
double resize_one(int o, int in, int out, Resampling resampling, const Get& get) {
  const double scale = static_cast<double>(in) / out;
  const double support = resampling == Resampling::kPlain ? 1.0 : std::max(scale, 1.0);
  const double centre = (o + 0.5) * scale;
  const int first = std::max(0, static_cast<int>(centre - support) - 1);
  const int last = std::min(in - 1, static_cast<int>(centre + support) + 1);
  double sum = 0, total = 0;
  for (int i = first; i <= last; ++i) {
    const double weight = triangle((i + 0.5 - centre) / support);
    sum += weight * get(i);
    total += weight;
  }
  return sum / total;
}

// A picture [height][width], read by get(x, y), at pixel (x, y) of another size.
template <typename Get>
double resized_at(int x, int y, int width, int height, int out_width, int out_height,
                  Resampling resampling, const Get& get) {
  return resize_one(y, height, out_height, resampling, [&](int j) {
    return resize_one(x, width, out_width, resampling, [&](int i) { return get(i, j); });
  });
}

// A plane [h][w] as displayed at out_width x out_height.
std::vector<double> resize_plane(const std::vector<double>& plane, int w, int h,
                                 Orientation orientation, int width, int height,
                                 Resampling resampling) {
  const bool swap = swaps_axes(orientation);
  const int out_w = swap ? height : width, out_h = swap ? width : height;
  std::vector<double> narrow;
  for (int y = 0; y < h; ++y) {
    for (int o = 0; o < out_w; ++o) {
      narrow.push_back(resize_one(o, w, out_w, resampling,
                                  [&](int i) { return plane[static_cast<size_t>(y) * w + i]; }));
    }
  }
  std::vector<float> coded, turned(static_cast<size_t>(out_w) * out_h);
  for (int o = 0; o < out_h; ++o) {
    for (int x = 0; x < out_w; ++x) {
      coded.push_back(static_cast<float>(resize_one(o, h, out_h, resampling, [&](int i) {
        return narrow[static_cast<size_t>(i) * out_w + x];
      })));
    }
  }
  to_display(coded, out_w, out_h, orientation, turned);
  return {turned.begin(), turned.end()};
}

std::vector<double> samples_of(const PlaneView& plane) {
  std::vector<double> samples;
  for (int y = 0; y < plane.height; ++y) {
    for (int x = 0; x < plane.width; ++x) samples.push_back(sample_at(plane, x, y));
  }
  return samples;
}

// Mean of the heat of the luma pixels that chroma sample (x, y) covers.
double pooled_heat(const std::vector<double>& heat, const FrameView& frame, int x, int y) {
  const ChromaSteps steps = chroma_steps(frame);
  double sum = 0;
  int count = 0;
  for (int j = y * steps.y; j < std::min((y + 1) * steps.y, frame.height()); ++j) {
    for (int i = x * steps.x; i < std::min((x + 1) * steps.x, frame.width()); ++i, ++count) {
      sum += heat[static_cast<size_t>(j) * frame.width() + i];
    }
  }
  return sum / count;
}

}  // namespace

std::vector<double> reference_luma(const FrameView& frame) {
  const SampleScale scale = luma_scale(frame);
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

std::vector<double> reference_resize(const FrameView& frame, int width, int height,
                                     Resampling resampling) {
  return resize_plane(reference_luma(frame), frame.width(), frame.height(), frame.orientation,
                      width, height, resampling);
}

std::vector<double> reference_resize_rgb(const FrameView& frame, int width, int height,
                                         Resampling resampling) {
  std::vector<float> pixels(static_cast<size_t>(width) * height * 3);
  for (size_t c = 0; c < 3; ++c) {
    const PlaneView& plane = frame.planes[frame.model == ColorModel::kGrey ? 0 : c];
    const std::vector<double> small = resize_plane(samples_of(plane), plane.width, plane.height,
                                                   frame.orientation, width, height, resampling);
    const bool chroma = frame.model == ColorModel::kYCbCr && c > 0;
    const SampleScale scale = chroma ? chroma_scale(frame) : luma_scale(frame);
    for (size_t i = 0; i < small.size(); ++i) {
      pixels[3 * i + c] = static_cast<float>((small[i] - scale.offset) / scale.scale);
    }
  }
  if (frame.model == ColorModel::kYCbCr) to_rgb(pixels, frame.matrix);
  return {pixels.begin(), pixels.end()};
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

namespace {

// Heat of every luma pixel: 1 where blend() uses no map at full size.
std::vector<double> heat_of(const FrameView& frame, const BlendOptions& options) {
  if (options.attenuation == Attenuation::kNative) {
    return reference_heatmap(reference_luma(frame), frame.width(), frame.height(), options.heatmap);
  }
  return std::vector<double>(static_cast<size_t>(frame.width()) * frame.height(), 1.0);
}

// The residual in the frame's own colours, times the heat map at its size for kLow.
std::vector<float> own_colours(const FrameView& frame, const Residual& residual,
                               const BlendOptions& options) {
  std::vector<float> values(residual.values.begin(), residual.values.end());
  if (options.attenuation == Attenuation::kLow) {
    const auto luma = reference_resize(frame, residual.side, residual.side, options.resampling);
    const auto heat = reference_heatmap(luma, residual.side, residual.side, options.heatmap);
    for (size_t i = 0; i < values.size(); ++i) {
      values[i] *= static_cast<float>(heat[i / static_cast<size_t>(residual.channels)]);
    }
  }
  if (residual.channels == 3 && frame.model != ColorModel::kRgb) {
    to_ycbcr(values, frame.model == ColorModel::kGrey ? ColorMatrix::kBt601 : frame.matrix);
  }
  return values;
}

}  // namespace

void reference_blend(FrameView& frame, const Residual& residual, const BlendOptions& options) {
  const std::vector<double> heat = heat_of(frame, options);
  const std::vector<float> values = own_colours(frame, residual, options);
  const bool ycbcr = frame.model == ColorModel::kYCbCr;
  const size_t planes =
      frame.model == ColorModel::kRgb || (ycbcr && residual.channels == 3) ? 3 : 1;
  const int side = residual.side;
  for (size_t c = 0; c < planes; ++c) {
    const PlaneView& plane = frame.planes[c];
    std::vector<float> channel, coded(static_cast<size_t>(side) * side);
    const size_t from = residual.channels == 3 ? c : 0;
    for (size_t i = from; i < values.size(); i += static_cast<size_t>(residual.channels)) {
      channel.push_back(values[i]);
    }
    to_coded(channel, side, side, frame.orientation, coded);
    const bool chroma = ycbcr && c > 0;
    const double scale =
        options.strength * (chroma ? chroma_scale(frame) : luma_scale(frame)).scale;
    for (int y = 0; y < plane.height; ++y) {
      for (int x = 0; x < plane.width; ++x) {
        const double value =
            resized_at(x, y, side, side, plane.width, plane.height, options.resampling,
                       [&](int i, int j) { return coded[static_cast<size_t>(j) * side + i]; });
        const double here = chroma ? pooled_heat(heat, frame, x, y)
                                   : heat[static_cast<size_t>(y) * plane.width + x];
        set_sample(plane, x, y, sample_at(plane, x, y) + scale * here * value);
      }
    }
  }
}

}  // namespace vseal::image
