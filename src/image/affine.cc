#include "image/affine.h"

#include <algorithm>
#include <cmath>

#include "image/resize.h"

namespace vseal::image {
namespace {

constexpr int kLongSides[] = {1024, 768};  // each is halved twice
constexpr int kHalvings = 2;
constexpr double kWantedStep = 2.0;  // level pixels: what the detector was trained with
constexpr size_t kRowsPerChunk = 16;

// Means of 2x2 pixels; an odd last row or column is left out.
FloatPicture halved(const FloatPicture& from) {
  FloatPicture to{from.width / 2, from.height / 2, from.channels, {}};
  const size_t row = static_cast<size_t>(from.width) * from.channels;
  to.values.reserve(static_cast<size_t>(to.width) * to.height * to.channels);
  for (int y = 0; y < to.height; ++y) {
    const float* above = from.values.data() + static_cast<size_t>(2 * y) * row;
    const float* below = above + row;
    for (int x = 0; x < to.width; ++x) {
      for (int c = 0; c < to.channels; ++c) {
        const int left = 2 * x * from.channels + c, right = left + from.channels;
        to.values.push_back(0.25f * (above[left] + above[right] + below[left] + below[right]));
      }
    }
  }
  return to;
}

Result<FloatPicture> reduced(const FrameView& frame, int long_side, int channels,
                             ThreadPool* pool) {
  const double scale = std::min(1.0, static_cast<double>(long_side) /
                                         std::max(frame.display_width(), frame.display_height()));
  FloatPicture picture{std::max(1, static_cast<int>(std::lround(frame.display_width() * scale))),
                       std::max(1, static_cast<int>(std::lround(frame.display_height() * scale))),
                       channels,
                       {}};
  picture.values.resize(static_cast<size_t>(picture.width) * picture.height * channels);
  const auto resize = channels == 3 ? resize_rgb : resize_luma;
  VSEAL_RETURN_IF_ERROR(
      resize(frame, picture.width, picture.height, picture.values, pool, Resampling::kAntialiased));
  return picture;
}

// `map`, which leads to a frame, leading to a picture of another size that shows the same.
AffineMap scaled(const AffineMap& map, double x, double y) {
  return {map.xx * x, map.xy * x, (map.x0 + 0.5) * x - 0.5,
          map.yx * y, map.yy * y, (map.y0 + 0.5) * y - 0.5};
}

// Adds a bilinear sample times `weight` to `out`.
inline void add_sample(const FloatPicture& picture, float x, float y, float weight, float* out) {
  x = std::clamp(x, 0.0f, static_cast<float>(picture.width - 1));
  y = std::clamp(y, 0.0f, static_cast<float>(picture.height - 1));
  const int left = static_cast<int>(x), top = static_cast<int>(y);
  const float fx = x - static_cast<float>(left), fy = y - static_cast<float>(top);
  const size_t channels = static_cast<size_t>(picture.channels);
  const size_t row = static_cast<size_t>(picture.width) * channels;
  const float* p =
      picture.values.data() + static_cast<size_t>(top) * row + static_cast<size_t>(left) * channels;
  const size_t next = left < picture.width - 1 ? channels : 0;
  const size_t below = top < picture.height - 1 ? row : 0;
  for (size_t c = 0; c < channels; ++c) {
    const float upper = p[c] + fx * (p[next + c] - p[c]);
    const float lower = p[below + c] + fx * (p[below + next + c] - p[below + c]);
    out[c] += weight * (upper + fy * (lower - upper));
  }
}

// Samples along one axis of a pixel whose neighbours are `step` pixels of the picture away.
int taps(double step) { return std::max(1, static_cast<int>(std::lround(step / kWantedStep))); }

void sample_rows(const FloatPicture& picture, const AffineMap& map, int width, size_t begin,
                 size_t end, float* out) {
  const int across = taps(map.step_x()), down = taps(map.step_y());
  const float weight = 1.0f / static_cast<float>(across * down);
  const size_t row_values = static_cast<size_t>(width) * picture.channels;
  const float xx = static_cast<float>(map.xx), yx = static_cast<float>(map.yx);
  std::fill(out + begin * row_values, out + end * row_values, 0.0f);
  for (size_t row = begin; row < end; ++row) {
    for (int i = 0; i < across * down; ++i) {
      const int column_tap = i % across, row_tap = i / across;
      const double u = (column_tap + 0.5) / across - 0.5;
      const double v = static_cast<double>(row) + (row_tap + 0.5) / down - 0.5;
      const float x0 = static_cast<float>(map.xx * u + map.xy * v + map.x0);
      const float y0 = static_cast<float>(map.yx * u + map.yy * v + map.y0);
      float* pixel = out + row * row_values;
      for (int x = 0; x < width; ++x, pixel += picture.channels) {
        const float column = static_cast<float>(x);
        add_sample(picture, x0 + xx * column, y0 + yx * column, weight, pixel);
      }
    }
  }
}

}  // namespace

double AffineMap::step_x() const { return std::hypot(xx, yx); }
double AffineMap::step_y() const { return std::hypot(xy, yy); }

void sample_affine(const FloatPicture& picture, const AffineMap& map, int width, int height,
                   std::span<float> out, ThreadPool* pool) {
  const auto rows = [&](size_t begin, size_t end) {
    sample_rows(picture, map, width, begin, end, out.data());
  };
  if (pool != nullptr) {
    pool->parallel_for(static_cast<size_t>(height), kRowsPerChunk, rows);
  } else {
    rows(0, static_cast<size_t>(height));
  }
}

Result<Pyramid> Pyramid::create(const FrameView& frame, int channels, ThreadPool* pool) {
  Pyramid pyramid;
  pyramid.frame_width_ = frame.display_width();
  pyramid.frame_height_ = frame.display_height();
  for (const int long_side : kLongSides) {
    const bool first = pyramid.levels_.empty();
    if (!first && std::max(frame.display_width(), frame.display_height()) <= long_side) continue;
    VSEAL_ASSIGN_OR_RETURN(FloatPicture level, reduced(frame, long_side, channels, pool));
    pyramid.levels_.push_back(std::move(level));
    for (int i = 0; i < kHalvings; ++i) {
      const FloatPicture& last = pyramid.levels_.back();
      if (std::min(last.width, last.height) < 2) break;
      pyramid.levels_.push_back(halved(last));
    }
  }
  std::ranges::sort(pyramid.levels_, std::ranges::greater(), &FloatPicture::width);
  return pyramid;
}

// The one whose shorter step is nearest to the wanted one, by ratio.
const FloatPicture& Pyramid::level_for(const AffineMap& map) const {
  const FloatPicture* best = &levels_.front();
  double best_distance = INFINITY;
  for (const FloatPicture& level : levels_) {
    const AffineMap there = scaled(map, static_cast<double>(level.width) / frame_width_,
                                   static_cast<double>(level.height) / frame_height_);
    const double step = std::min(there.step_x(), there.step_y());
    const double distance = std::fabs(std::log(step / kWantedStep));
    if (distance < best_distance) {
      best_distance = distance;
      best = &level;
    }
  }
  return *best;
}

void Pyramid::sample(const AffineMap& map, int width, int height, std::span<float> out,
                     ThreadPool* pool) const {
  const FloatPicture& level = level_for(map);
  sample_affine(level,
                scaled(map, static_cast<double>(level.width) / frame_width_,
                       static_cast<double>(level.height) / frame_height_),
                width, height, out, pool);
}

}  // namespace vseal::image
