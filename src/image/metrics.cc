#include "image/metrics.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "image/bands.h"
#include "image/metric_rows.h"
#include "image/padded_rows.h"
#include "image/sample_rows.h"

namespace vseal::image {
namespace {

constexpr int kBandRows = 64;  // fixed, so that sums are the same for any number of threads
constexpr double kIdenticalPsnr = 100.0;

template <typename T>
uint64_t squared_error_row(const PlaneView& a, const PlaneView& b, int y) {
  const T *left = a.row<T>(y), *right = b.row<T>(y);
  if (a.step == 1 && b.step == 1) {
    return squared_difference(left, right, static_cast<size_t>(a.width));
  }
  uint64_t sum = 0;
  for (int x = 0; x < a.width; ++x) {
    const int64_t d = int64_t{left[static_cast<ptrdiff_t>(x) * a.step]} -
                      right[static_cast<ptrdiff_t>(x) * b.step];
    sum += static_cast<uint64_t>(d * d);
  }
  return sum;
}

double squared_error(const PlaneView& a, const PlaneView& b, int begin, int end) {
  uint64_t sum = 0;
  for (int y = begin; y < end; ++y) {
    sum += a.depth_bits > 8 ? squared_error_row<uint16_t>(a, b, y)
                            : squared_error_row<uint8_t>(a, b, y);
  }
  return static_cast<double>(sum);
}

// Slides the window down a band of positions.
class SsimBand {
 public:
  static Result<SsimBand> create(const FrameView& a, const FrameView& b) {
    SsimBand band(a, b);
    VSEAL_ASSIGN_OR_RETURN(band.memory_, PaddedRows::allocate(2 * kSsimWindow + 4, a.width()));
    return band;
  }

  // The sum of 1 - SSIM over the windows whose upper rows are begin..end-1.
  double deficit(int begin, int end) {
    double total = 0;
    for (int y = begin; y < begin + kSsimWindow - 1; ++y) add_row(y);
    for (int y = begin; y < end; ++y) {
      add_row(y + kSsimWindow - 1);
      total += ssim_deficit_row(window(y), a_->width(), scratch());
    }
    return total;
  }

 private:
  SsimBand(const FrameView& a, const FrameView& b) : a_(&a), b_(&b) {}

  float* sum_row(int y) { return memory_.row(y % kSsimWindow); }
  float* difference_row(int y) { return memory_.row(kSsimWindow + y % kSsimWindow); }

  void add_row(int y) {
    load_luma_row(*a_, y, 1.0f, sum_row(y));
    load_luma_row(*b_, y, 1.0f, difference_row(y));
    to_sum_and_difference(sum_row(y), difference_row(y), a_->width());
  }

  SsimInput window(int y) {
    SsimInput in;
    for (int k = 0; k < kSsimWindow; ++k) {
      in.sum[static_cast<size_t>(k)] = sum_row(y + k);
      in.difference[static_cast<size_t>(k)] = difference_row(y + k);
    }
    return in;
  }

  SsimScratch scratch() {
    constexpr int kFirst = 2 * kSsimWindow;
    return {memory_.row(kFirst), memory_.row(kFirst + 1), memory_.row(kFirst + 2),
            memory_.row(kFirst + 3)};
  }

  const FrameView* a_;
  const FrameView* b_;
  PaddedRows memory_;
};

bool same_layout(const PlaneView& a, const PlaneView& b) {
  return a.width == b.width && a.height == b.height && a.depth_bits == b.depth_bits;
}

Status check_chroma(const FrameView& frame) {
  for (size_t i = 1; i < static_cast<size_t>(frame.plane_count); ++i) {
    const PlaneView& plane = frame.planes[i];
    if (plane.data == nullptr || plane.width < 1 || plane.height < 1 || plane.step < 1) {
      return invalid_argument("[compare] plane " + std::to_string(i) + ": expected pixels, got " +
                              std::to_string(plane.width) + "x" + std::to_string(plane.height));
    }
  }
  return {};
}

Status check_pair(const FrameView& a, const FrameView& b) {
  VSEAL_RETURN_IF_ERROR(check_frame("compare", a));
  VSEAL_RETURN_IF_ERROR(check_frame("compare", b));
  const int planes = a.model == ColorModel::kGrey ? 1 : 3;
  bool same = a.model == b.model && a.plane_count == planes && b.plane_count == planes;
  for (size_t i = 0; same && i < static_cast<size_t>(planes); ++i) {
    same =
        same_layout(a.planes[i], b.planes[i]) && a.planes[i].depth_bits == a.planes[0].depth_bits;
  }
  if (!same) {
    return invalid_argument("[compare] expected two frames of one size, depth and colour model");
  }
  VSEAL_RETURN_IF_ERROR(check_chroma(a));
  return check_chroma(b);
}

// The colour planes; packed RGB is one plane three times as wide, which is read faster.
std::vector<PlaneView> colour_planes(const FrameView& frame) {
  const auto& [red, green, blue] = frame.planes;
  const auto* first = static_cast<const std::byte*>(red.data);
  const int bytes = red.bytes_per_sample();
  const bool packed = frame.model == ColorModel::kRgb && red.step == 3 &&
                      green.data == first + bytes && blue.data == first + 2 * bytes;
  if (!packed) return {frame.planes.begin(), frame.planes.begin() + frame.plane_count};
  PlaneView all = red;
  all.width *= 3;
  all.step = 1;
  return {all};
}

double squared_error(const FrameView& a, const FrameView& b, ThreadPool* pool) {
  std::vector<PlaneView> left = colour_planes(a), right = colour_planes(b);
  if (left.size() != right.size()) {
    left.assign(a.planes.begin(), a.planes.begin() + a.plane_count);
    right.assign(b.planes.begin(), b.planes.begin() + b.plane_count);
  }
  double total = 0, samples = 0;
  for (size_t i = 0; i < left.size(); ++i) {
    const PlaneView &p = left[i], &q = right[i];
    const Bands bands{p.height, kBandRows};
    std::vector<double> sums(static_cast<size_t>(bands.count()));
    for_each_band(bands, pool, [&](int band) {
      sums[static_cast<size_t>(band)] = squared_error(p, q, bands.begin(band), bands.end(band));
    });
    for (const double sum : sums) total += sum;
    samples += static_cast<double>(p.width) * p.height;
  }
  const double max = a.planes[0].max_value();
  return total / samples / (max * max);
}

Result<double> mean_ssim(const FrameView& a, const FrameView& b, ThreadPool* pool) {
  const int rows = a.height() - kSsimWindow + 1, columns = a.width() - kSsimWindow + 1;
  if (rows < 1 || columns < 1) return 1.0;
  const Bands bands{rows, kBandRows};
  std::vector<Result<double>> sums(static_cast<size_t>(bands.count()), 0.0);
  for_each_band(bands, pool, [&](int band) {
    Result<SsimBand> window = SsimBand::create(a, b);
    auto& sum = sums[static_cast<size_t>(band)];
    if (window.ok()) {
      sum = window->deficit(bands.begin(band), bands.end(band));
    } else {
      sum = window.status();
    }
  });
  double total = 0;
  for (const Result<double>& sum : sums) {
    if (!sum.ok()) return sum.status();
    total += *sum;
  }
  return 1.0 - total / (static_cast<double>(rows) * columns);
}

}  // namespace

double psnr_db(double mse) {
  return mse > 0 ? std::min(kIdenticalPsnr, -10.0 * std::log10(mse)) : kIdenticalPsnr;
}

Result<double> mean_squared_error(const FrameView& reference, const FrameView& marked,
                                  ThreadPool* pool) {
  VSEAL_RETURN_IF_ERROR(check_pair(reference, marked));
  return squared_error(reference, marked, pool);
}

Result<Quality> compare(const FrameView& reference, const FrameView& marked, ThreadPool* pool) {
  VSEAL_RETURN_IF_ERROR(check_pair(reference, marked));
  Quality quality;
  quality.mse = squared_error(reference, marked, pool);
  quality.psnr_db = psnr_db(quality.mse);
  VSEAL_ASSIGN_OR_RETURN(quality.ssim, mean_ssim(reference, marked, pool));
  return quality;
}

}  // namespace vseal::image
