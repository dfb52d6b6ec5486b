#include "image/resize.h"

#include <algorithm>
#include <cmath>
#include <vector>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "image/resize.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "image/orientation.h"
#include "image/sample_rows.h"
#include "image/triangle.h"
#include "kernels/isa.h"

HWY_BEFORE_NAMESPACE();
namespace vseal::image {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// sum[x] += row[x] * weight.
void accumulate_row(const float* row, float weight, int width, float* sum) {
  const hn::ScalableTag<float> d;
  const int lanes = static_cast<int>(hn::Lanes(d));
  const auto w = hn::Set(d, weight);
  int x = 0;
  for (; x + lanes <= width; x += lanes) {
    hn::StoreU(hn::MulAdd(hn::LoadU(d, row + x), w, hn::LoadU(d, sum + x)), d, sum + x);
  }
  for (; x < width; ++x) sum[x] += row[x] * weight;
}

// Dot products of the filter's windows with one row.
void filter_row(const float* row, const TriangleFilter& filter, float* out) {
  for (size_t o = 0; o < filter.first.size(); ++o) {
    const float* window = row + filter.first[o];
    const float* weights = filter.weights.data() + o * static_cast<size_t>(filter.taps);
    float sum = 0;
    for (int i = 0; i < filter.count[o]; ++i) sum += window[i] * weights[i];
    out[o] = sum;
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace vseal::image
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace vseal::image {

HWY_EXPORT(accumulate_row);
HWY_EXPORT(filter_row);

namespace {

constexpr size_t kRowsPerChunk = 8;

// Rows [begin, end) of the small picture, in coded orientation.
void resize_rows(const FrameView& frame, const TriangleFilter& vertical,
                 const TriangleFilter& horizontal, size_t begin, size_t end, float* out) {
  const int width = frame.width();
  std::vector<float> row(static_cast<size_t>(width)), sum(static_cast<size_t>(width));
  for (size_t o = begin; o < end; ++o) {
    std::ranges::fill(sum, 0.0f);
    for (int i = 0; i < vertical.count[o]; ++i) {
      load_luma_row(frame, vertical.first[o] + i, 1.0f, row.data());
      const float weight = vertical.weights[o * static_cast<size_t>(vertical.taps) + i];
      VSEAL_DISPATCH(accumulate_row)(row.data(), weight, width, sum.data());
    }
    VSEAL_DISPATCH(filter_row)(sum.data(), horizontal, out + o * horizontal.first.size());
  }
}

}  // namespace

TriangleFilter make_triangle_filter(int in, int out) {
  const double scale = static_cast<double>(in) / out;
  const double support = std::max(scale, 1.0);
  TriangleFilter filter;
  filter.taps = static_cast<int>(std::ceil(support)) * 2 + 1;
  filter.weights.resize(static_cast<size_t>(out) * filter.taps);
  for (int o = 0; o < out; ++o) {
    const double centre = scale * (o + 0.5);
    const int first = std::max(static_cast<int>(std::floor(centre - support + 0.5)), 0);
    const int count = std::min(static_cast<int>(std::floor(centre + support + 0.5)), in) - first;
    std::vector<double> weights(static_cast<size_t>(count));
    double total = 0;
    for (int i = 0; i < count; ++i) {
      const double distance = std::abs((first + i + 0.5 - centre) / support);
      total += weights[static_cast<size_t>(i)] = std::max(1.0 - distance, 0.0);
    }
    for (int i = 0; i < count; ++i) {
      filter.weights[static_cast<size_t>(o) * filter.taps + i] =
          static_cast<float>(weights[static_cast<size_t>(i)] / total);
    }
    filter.first.push_back(first);
    filter.count.push_back(count);
  }
  return filter;
}

Status resize_luma(const FrameView& frame, int width, int height, std::span<float> out,
                   ThreadPool* pool) {
  VSEAL_RETURN_IF_ERROR(check_frame("resize", frame));
  if (width < 1 || height < 1 || out.size() != static_cast<size_t>(width) * height) {
    return invalid_argument("[resize] out: expected " + std::to_string(width) + "x" +
                            std::to_string(height) + " values, got " + std::to_string(out.size()));
  }
  const bool swap = swaps_axes(frame.orientation);
  const int coded_width = swap ? height : width, coded_height = swap ? width : height;
  const TriangleFilter vertical = make_triangle_filter(frame.height(), coded_height);
  const TriangleFilter horizontal = make_triangle_filter(frame.width(), coded_width);
  const bool turn = frame.orientation != Orientation::kNormal;
  std::vector<float> coded(turn ? out.size() : 0);
  float* target = turn ? coded.data() : out.data();
  const auto rows = [&](size_t begin, size_t end) {
    resize_rows(frame, vertical, horizontal, begin, end, target);
  };
  if (pool != nullptr) {
    pool->parallel_for(static_cast<size_t>(coded_height), kRowsPerChunk, rows);
  } else {
    rows(0, static_cast<size_t>(coded_height));
  }
  if (turn) to_display(coded, coded_width, coded_height, frame.orientation, out);
  return {};
}

}  // namespace vseal::image
#endif  // HWY_ONCE
