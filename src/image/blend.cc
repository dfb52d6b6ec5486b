#include "image/blend.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "image/blend_rows.h"
#include "image/luma_window.h"
#include "image/orientation.h"
#include "image/sample_rows.h"
#include "image/triangle.h"

namespace vseal::image {
namespace {

constexpr int kBandRows = 32;

void scale_to_255(float* row, int width) {
  for (int x = 0; x < width; ++x) row[x] *= 255.0f;
}

// A residual in coded orientation, no larger than the frame on either axis.
struct Residual {
  std::vector<float> values;
  int width;
  int height;
};

// Columns of [height][width] reduced to `out` by the antialiasing filter.
Residual reduce_columns(const Residual& in, int out) {
  const TriangleFilter filter = make_triangle_filter(in.width, out);
  Residual reduced{{}, out, in.height};
  for (int y = 0; y < in.height; ++y) {
    const float* row = in.values.data() + static_cast<size_t>(y) * in.width;
    for (size_t o = 0; o < filter.first.size(); ++o) {
      float sum = 0;
      for (int i = 0; i < filter.count[o]; ++i) {
        sum += row[filter.first[o] + i] * filter.weights[o * static_cast<size_t>(filter.taps) + i];
      }
      reduced.values.push_back(sum);
    }
  }
  return reduced;
}

Residual transposed(const Residual& in) {
  Residual out{std::vector<float>(in.values.size()), in.height, in.width};
  for (int y = 0; y < in.height; ++y) {
    for (int x = 0; x < in.width; ++x) {
      out.values[static_cast<size_t>(x) * in.height + y] =
          in.values[static_cast<size_t>(y) * in.width + x];
    }
  }
  return out;
}

Residual coded_residual(std::span<const float> displayed, int side, const FrameView& frame) {
  Residual residual{std::vector<float>(displayed.size()), side, side};
  to_coded(displayed, side, side, frame.orientation, residual.values);
  if (frame.width() < side) residual = reduce_columns(residual, frame.width());
  if (frame.height() < side) {
    residual = transposed(reduce_columns(transposed(residual), frame.height()));
  }
  return residual;
}

// The residual stretched to the frame: columns by table, rows one at a time.
class Stretch {
 public:
  Stretch(const Residual& residual, int width, int height)
      : in_width_(residual.width),
        in_height_(residual.height),
        width_(width),
        height_(height),
        first_(static_cast<size_t>(width)),
        weight_(static_cast<size_t>(width)) {
    // One value more a row than the residual has, so that a last column may read its neighbour.
    for (int y = 0; y < in_height_; ++y) {
      const float* row = residual.values.data() + static_cast<size_t>(y) * in_width_;
      rows_.insert(rows_.end(), row, row + in_width_);
      rows_.push_back(row[in_width_ - 1]);
    }
    for (int x = 0; x < width; ++x) {
      const double source = position(x, width, in_width_);
      first_[static_cast<size_t>(x)] = static_cast<int>(source);
      weight_[static_cast<size_t>(x)] = static_cast<float>(source - static_cast<int>(source));
    }
  }

  int low_row(int y) const { return static_cast<int>(position(y, height_, in_height_)); }
  int high_row(int y) const { return std::min(low_row(y) + 1, in_height_ - 1); }
  float row_weight(int y) const {
    return static_cast<float>(position(y, height_, in_height_) - low_row(y));
  }

  void stretch(int residual_row, float* out) const {
    stretch_row(rows_.data() + static_cast<size_t>(residual_row) * (in_width_ + 1), first_.data(),
                weight_.data(), width_, out);
  }

 private:
  static double position(int i, int extent, int in) {
    return std::clamp((i + 0.5) * in / extent - 0.5, 0.0, in - 1.0);
  }

  const int in_width_, in_height_, width_, height_;
  std::vector<float> rows_;
  std::vector<int> first_;
  std::vector<float> weight_;
};

// Two stretched rows of the residual, kept while the frame's rows lie between them.
class StretchedPair {
 public:
  StretchedPair(const Stretch& stretch, int width)
      : stretch_(stretch), low_(static_cast<size_t>(width)), high_(static_cast<size_t>(width)) {}

  void move_to(int y) {
    const int low = stretch_.low_row(y), high = stretch_.high_row(y);
    if (low == high_index_) {
      std::swap(low_, high_);
      std::swap(low_index_, high_index_);
    }
    if (low != low_index_) stretch_.stretch(low_index_ = low, low_.data());
    if (high != high_index_) stretch_.stretch(high_index_ = high, high_.data());
  }
  const float* low() const { return low_.data(); }
  const float* high() const { return high_.data(); }

 private:
  const Stretch& stretch_;
  std::vector<float> low_, high_;
  int low_index_ = -1, high_index_ = -1;
};

// The rows next to each band's borders, read before any band is changed.
class BorderRows {
 public:
  BorderRows(const FrameView& frame)
      : width_(static_cast<size_t>(frame.width())),
        bands_((frame.height() + kBandRows - 1) / kBandRows),
        rows_(width_ * 4 * static_cast<size_t>(bands_)) {
    for (int band = 0; band < bands_; ++band) {
      for (int i = 0; i < 4; ++i) {
        const int y = row_of(band, i);
        if (y >= 0 && y < frame.height()) load_luma_row(frame, y, slot(band, i));
      }
    }
  }

  int bands() const { return bands_; }

  // The saved row y next to `band`, or null when it lies inside the band.
  const float* find(int band, int y) const {
    for (int i = 0; i < 4; ++i) {
      if (row_of(band, i) == y) return const_cast<BorderRows*>(this)->slot(band, i);
    }
    return nullptr;
  }

 private:
  static int row_of(int band, int i) {
    return i < 2 ? band * kBandRows - 2 + i : (band + 1) * kBandRows + i - 2;
  }
  float* slot(int band, int i) { return rows_.data() + width_ * static_cast<size_t>(band * 4 + i); }

  const size_t width_;
  const int bands_;
  std::vector<float> rows_;
};

struct BlendJob {
  const FrameView& frame;
  const Stretch& stretch;
  const BorderRows& borders;
  const HeatmapOptions& options;
  float strength;
};

void blend_band(const BlendJob& job, int band) {
  const int width = job.frame.width(), height = job.frame.height();
  const int begin = band * kBandRows, end = std::min(begin + kBandRows, height);
  LumaWindow window(width, height, job.options, [&](int y, float* out) {
    if (const float* saved = job.borders.find(band, y)) {
      std::copy_n(saved, width, out);
    } else {
      load_luma_row(job.frame, y, out);
    }
    scale_to_255(out, width);
  });
  StretchedPair residual(job.stretch, width);
  std::vector<float> heat(static_cast<size_t>(width)), delta(static_cast<size_t>(width));
  for (int y = begin; y < end; ++y) {
    window.move_to(y);
    residual.move_to(y);
    heat_row(window.rows(), width, job.options, window.scratch(), heat.data());
    delta_row(heat.data(), residual.low(), residual.high(), job.stretch.row_weight(y), job.strength,
              width, delta.data());
    add_to_row(job.frame, y, delta.data());
  }
}

template <typename Body>
void for_each_band(ThreadPool* pool, int bands, const Body& body) {
  const auto range = [&](size_t begin, size_t end) {
    for (size_t band = begin; band < end; ++band) body(static_cast<int>(band));
  };
  if (pool != nullptr) {
    pool->parallel_for(static_cast<size_t>(bands), 1, range);
  } else {
    range(0, static_cast<size_t>(bands));
  }
}

}  // namespace

Status heatmap(std::span<const float> luma, int width, int height, const HeatmapOptions& options,
               std::span<float> heat, ThreadPool* pool) {
  const size_t size =
      static_cast<size_t>(std::max(width, 0)) * static_cast<size_t>(std::max(height, 0));
  if (size == 0 || luma.size() != size || heat.size() != size) {
    return invalid_argument("[heatmap] expected " + std::to_string(width) + "x" +
                            std::to_string(height) + " values, got " + std::to_string(luma.size()) +
                            " and " + std::to_string(heat.size()));
  }
  const int bands = (height + kBandRows - 1) / kBandRows;
  for_each_band(pool, bands, [&](int band) {
    LumaWindow window(width, height, options, [&](int y, float* out) {
      std::copy_n(luma.data() + static_cast<size_t>(y) * width, width, out);
      scale_to_255(out, width);
    });
    const int begin = band * kBandRows, end = std::min(begin + kBandRows, height);
    for (int y = begin; y < end; ++y) {
      window.move_to(y);
      heat_row(window.rows(), width, options, window.scratch(),
               heat.data() + static_cast<size_t>(y) * width);
    }
  });
  return {};
}

float heatmap_rms(std::span<const float> heat) {
  if (heat.empty()) return 0.0f;
  double sum = 0;
  for (const float v : heat) sum += double{v} * v;
  return static_cast<float>(std::sqrt(sum / static_cast<double>(heat.size())));
}

Status blend(FrameView& frame, std::span<const float> residual, int side, float strength,
             const HeatmapOptions& options, ThreadPool* pool) {
  VSEAL_RETURN_IF_ERROR(check_frame("blend", frame));
  if (side < 1 || residual.size() != static_cast<size_t>(side) * side) {
    return invalid_argument("[blend] residual: expected " + std::to_string(side) + "x" +
                            std::to_string(side) + " values, got " +
                            std::to_string(residual.size()));
  }
  const Stretch stretch(coded_residual(residual, side, frame), frame.width(), frame.height());
  const BorderRows borders(frame);
  const BlendJob job{frame, stretch, borders, options, strength};
  for_each_band(pool, borders.bands(), [&](int band) { blend_band(job, band); });
  return {};
}

}  // namespace vseal::image
