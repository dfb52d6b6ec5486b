#include "image/metrics.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <vector>

#include "image/sample_rows.h"

namespace vseal::image {
namespace {

constexpr int kWindow = 11;
constexpr double kSigma = 1.5;
constexpr double kC1 = 0.01 * 0.01;
constexpr double kC2 = 0.03 * 0.03;
constexpr int kBandRows = 64;
constexpr double kIdenticalPsnr = 100.0;

std::array<float, kWindow> gaussian() {
  std::array<double, kWindow> weights{};
  double total = 0;
  for (int i = 0; i < kWindow; ++i) {
    const double d = i - kWindow / 2;
    total += weights[static_cast<size_t>(i)] = std::exp(-d * d / (2 * kSigma * kSigma));
  }
  std::array<float, kWindow> out{};
  for (size_t i = 0; i < kWindow; ++i) out[i] = static_cast<float>(weights[i] / total);
  return out;
}

template <typename T>
double squared_error_row(const PlaneView& a, const PlaneView& b, int y) {
  const T *left = a.row<T>(y), *right = b.row<T>(y);
  uint64_t sum = 0;
  for (int x = 0; x < a.width; ++x) {
    const int64_t d = int64_t{left[static_cast<ptrdiff_t>(x) * a.step]} -
                      right[static_cast<ptrdiff_t>(x) * b.step];
    sum += static_cast<uint64_t>(d * d);
  }
  return static_cast<double>(sum);
}

double squared_error(const PlaneView& a, const PlaneView& b, int begin, int end) {
  double sum = 0;
  for (int y = begin; y < end; ++y) {
    sum += a.depth_bits > 8 ? squared_error_row<uint16_t>(a, b, y)
                            : squared_error_row<uint8_t>(a, b, y);
  }
  return sum;
}

// The five maps whose local means make SSIM: x, y, x^2, y^2, xy.
constexpr size_t kMaps = 5;
using MapRow = std::array<std::vector<float>, kMaps>;

// Horizontal filter of one row of all maps; the result is width - 10 long.
void filter_columns(const MapRow& in, const std::array<float, kWindow>& weights, MapRow& out) {
  for (size_t m = 0; m < kMaps; ++m) {
    std::ranges::fill(out[m], 0.0f);
    for (size_t k = 0; k < kWindow; ++k) {
      const float* source = in[m].data() + k;
      float* target = out[m].data();
      for (size_t x = 0; x < out[m].size(); ++x) target[x] += weights[k] * source[x];
    }
  }
}

double ssim_of(float mx, float my, float xx, float yy, float xy) {
  const double var_x = double{xx} - double{mx} * mx, var_y = double{yy} - double{my} * my;
  const double cov = double{xy} - double{mx} * my;
  return (2 * double{mx} * my + kC1) * (2 * cov + kC2) /
         ((double{mx} * mx + double{my} * my + kC1) * (var_x + var_y + kC2));
}

// Slides the window down a band and sums SSIM over its positions.
class SsimBand {
 public:
  SsimBand(const FrameView& a, const FrameView& b)
      : a_(a), b_(b), weights_(gaussian()), valid_(static_cast<size_t>(a.width() - kWindow + 1)) {
    for (auto& map : maps_) map.resize(static_cast<size_t>(a.width()));
    for (auto& row : ring_) {
      for (auto& map : row) map.resize(valid_);
    }
    for (auto& map : means_) map.resize(valid_);
  }

  double sum(int begin, int end) {
    double total = 0;
    for (int y = begin; y < begin + kWindow - 1; ++y) add_row(y);
    for (int y = begin; y < end; ++y) {
      add_row(y + kWindow - 1);
      filter_rows(y);
      for (size_t x = 0; x < valid_; ++x) {
        total += ssim_of(means_[0][x], means_[1][x], means_[2][x], means_[3][x], means_[4][x]);
      }
    }
    return total;
  }

 private:
  void add_row(int y) {
    load_luma_row(a_, y, 1.0f, maps_[0].data());
    load_luma_row(b_, y, 1.0f, maps_[1].data());
    for (size_t x = 0; x < maps_[0].size(); ++x) {
      const float u = maps_[0][x], v = maps_[1][x];
      maps_[2][x] = u * u;
      maps_[3][x] = v * v;
      maps_[4][x] = u * v;
    }
    filter_columns(maps_, weights_, ring_[static_cast<size_t>(y % kWindow)]);
  }

  void filter_rows(int y) {
    for (size_t m = 0; m < kMaps; ++m) {
      std::ranges::fill(means_[m], 0.0f);
      for (int k = 0; k < kWindow; ++k) {
        const float* source = ring_[static_cast<size_t>((y + k) % kWindow)][m].data();
        const float weight = weights_[static_cast<size_t>(k)];
        for (size_t x = 0; x < valid_; ++x) means_[m][x] += weight * source[x];
      }
    }
  }

  const FrameView& a_;
  const FrameView& b_;
  const std::array<float, kWindow> weights_;
  const size_t valid_;
  MapRow maps_;
  std::array<MapRow, kWindow> ring_;
  MapRow means_;
};

Status check_pair(const FrameView& a, const FrameView& b) {
  VSEAL_RETURN_IF_ERROR(check_frame("compare", a));
  VSEAL_RETURN_IF_ERROR(check_frame("compare", b));
  bool same = a.plane_count == b.plane_count && a.model == b.model;
  for (int i = 0; same && i < a.plane_count; ++i) {
    const PlaneView &p = a.planes[static_cast<size_t>(i)], &q = b.planes[static_cast<size_t>(i)];
    same = p.width == q.width && p.height == q.height && p.depth_bits == q.depth_bits;
  }
  if (same) return {};
  return invalid_argument("[compare] expected two frames of one size, depth and colour model");
}

// Runs body(begin row, end row, band) over fixed bands, so that sums are the same for any threads.
template <typename Body>
void for_each_band(ThreadPool* pool, int rows, const Body& body) {
  const size_t bands = static_cast<size_t>((rows + kBandRows - 1) / kBandRows);
  const auto range = [&](size_t begin, size_t end) {
    for (size_t band = begin; band < end; ++band) {
      const int first = static_cast<int>(band) * kBandRows;
      body(first, std::min(first + kBandRows, rows), band);
    }
  };
  if (pool != nullptr) {
    pool->parallel_for(bands, 1, range);
  } else {
    range(0, bands);
  }
}

double mean_squared_error(const FrameView& a, const FrameView& b, ThreadPool* pool) {
  double total = 0, samples = 0;
  for (int i = 0; i < a.plane_count; ++i) {
    const PlaneView &p = a.planes[static_cast<size_t>(i)], &q = b.planes[static_cast<size_t>(i)];
    std::vector<double> sums(static_cast<size_t>((p.height + kBandRows - 1) / kBandRows));
    for_each_band(pool, p.height, [&](int begin, int end, size_t band) {
      sums[band] = squared_error(p, q, begin, end);
    });
    for (const double sum : sums) total += sum;
    samples += static_cast<double>(p.width) * p.height;
  }
  const double max = a.planes[0].max_value();
  return total / samples / (max * max);
}

double mean_ssim(const FrameView& a, const FrameView& b, ThreadPool* pool) {
  const int rows = a.height() - kWindow + 1, columns = a.width() - kWindow + 1;
  if (rows < 1 || columns < 1) return 1.0;
  std::vector<double> sums(static_cast<size_t>((rows + kBandRows - 1) / kBandRows));
  for_each_band(pool, rows, [&](int begin, int end, size_t band) {
    sums[band] = SsimBand(a, b).sum(begin, end);
  });
  double total = 0;
  for (const double sum : sums) total += sum;
  return total / (static_cast<double>(rows) * columns);
}

}  // namespace

Result<Quality> compare(const FrameView& reference, const FrameView& marked, ThreadPool* pool) {
  VSEAL_RETURN_IF_ERROR(check_pair(reference, marked));
  Quality quality;
  quality.mse = mean_squared_error(reference, marked, pool);
  quality.psnr_db =
      quality.mse > 0 ? std::min(kIdenticalPsnr, -10.0 * std::log10(quality.mse)) : kIdenticalPsnr;
  quality.ssim = mean_ssim(reference, marked, pool);
  return quality;
}

}  // namespace vseal::image
