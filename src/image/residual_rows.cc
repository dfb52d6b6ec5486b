#include "image/residual_rows.h"

#include <algorithm>
#include <utility>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "image/residual_rows.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "image/orientation.h"
#include "image/resize_filter.h"
#include "kernels/isa.h"

HWY_BEFORE_NAMESPACE();
namespace vseal::image {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// out[x] = row[left[x]] + (row[left[x] + 1] - row[left[x]]) * part[x]. Neighbours in `left` differ
// by at most one, so what a vector of outputs needs lies in one vector of inputs.
void stretch_row(const float* row, const int* left, const float* part, int width, float* out) {
  const hn::ScalableTag<float> d;
  const hn::RebindToSigned<decltype(d)> di;
  const int lanes = static_cast<int>(hn::Lanes(d));
  int x = 0;
  for (; x + lanes <= width; x += lanes) {
    const float* start = row + left[x];
    const auto at = hn::IndicesFromVec(d, hn::Sub(hn::LoadU(di, left + x), hn::Set(di, left[x])));
    const auto low = hn::TableLookupLanes(hn::LoadU(d, start), at);
    const auto high = hn::TableLookupLanes(hn::LoadU(d, start + 1), at);
    hn::StoreU(hn::MulAdd(hn::Sub(high, low), hn::LoadU(d, part + x), low), d, out + x);
  }
  for (; x < width; ++x) {
    const float low = row[left[x]];
    out[x] = low + (row[left[x] + 1] - low) * part[x];
  }
}

// delta[x] = low[x] + (high[x] - low[x]) * weight, times heat[x] where there is heat.
void delta_row(const float* low, const float* high, float weight, const float* heat, int width,
               float* delta) {
  const hn::ScalableTag<float> d;
  const int lanes = static_cast<int>(hn::Lanes(d));
  for (int x = 0; x < width; x += lanes) {
    const auto l = hn::LoadU(d, low + x);
    auto sum = hn::MulAdd(hn::Sub(hn::LoadU(d, high + x), l), hn::Set(d, weight), l);
    if (heat != nullptr) sum = hn::Mul(hn::LoadU(d, heat + x), sum);
    hn::StoreU(sum, d, delta + x);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace vseal::image
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace vseal::image {

HWY_EXPORT(stretch_row);
HWY_EXPORT(delta_row);

namespace {

// Floats [height][width].
struct Map {
  std::vector<float> values;
  int width;
  int height;
};

// Every row reduced to `out` columns.
Map reduce_columns(const Map& in, int out, Resampling resampling) {
  const ResizeFilter filter = make_resize_filter(in.width, out, resampling);
  Map reduced{{}, out, in.height};
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

Map transposed(const Map& in) {
  Map out{std::vector<float>(in.values.size()), in.height, in.width};
  to_display(in.values, in.width, in.height, Orientation::kTranspose, out.values);
  return out;
}

// The residual in coded orientation, no larger than the frame on either axis.
Map coded_residual(std::span<const float> displayed, int side, const FrameView& frame,
                   Resampling resampling) {
  Map map{std::vector<float>(displayed.size()), side, side};
  to_coded(displayed, side, side, frame.orientation, map.values);
  if (frame.width() < side) map = reduce_columns(map, frame.width(), resampling);
  if (frame.height() < side) {
    map = transposed(reduce_columns(transposed(map), frame.height(), resampling));
  }
  return map;
}

}  // namespace

Result<StretchedResidual> StretchedResidual::create(std::span<const float> displayed, int side,
                                                    float factor, const FrameView& frame,
                                                    Resampling resampling) {
  const Map map = coded_residual(displayed, side, frame, resampling);
  StretchedResidual result;
  result.frame_width_ = frame.width();
  result.frame_height_ = frame.height();
  result.height_ = map.height;
  VSEAL_ASSIGN_OR_RETURN(result.rows_, PaddedRows::allocate(map.height, map.width));
  for (int y = 0; y < map.height; ++y) {
    const float* from = map.values.data() + static_cast<size_t>(y) * map.width;
    float* to = result.rows_.row(y);
    std::transform(from, from + map.width, to, [&](float v) { return v * factor; });
    to[map.width] = to[map.width - 1];
  }
  for (int x = 0; x < frame.width(); ++x) {
    const double source = source_position(x, map.width, frame.width());
    result.left_.push_back(static_cast<int>(source));
    result.part_.push_back(static_cast<float>(source - static_cast<int>(source)));
  }
  return result;
}

StretchedResidual::RowPosition StretchedResidual::position(int y) const {
  const double source = source_position(y, height_, frame_height_);
  const int low = static_cast<int>(source);
  return {low, std::min(low + 1, height_ - 1), static_cast<float>(source - low)};
}

void StretchedResidual::stretch(int row, float* out) const {
  VSEAL_DISPATCH(stretch_row)(rows_.row(row), left_.data(), part_.data(), frame_width_, out);
}

void ResidualCursor::move_to(int y) {
  const StretchedResidual::RowPosition at = residual_.position(y);
  if (at.low == high_index_ && at.low != low_index_) {
    std::swap(low_, high_);
    std::swap(low_index_, high_index_);
  }
  if (at.low != low_index_) residual_.stretch(low_index_ = at.low, low_);
  if (at.high != high_index_) residual_.stretch(high_index_ = at.high, high_);
  weight_ = at.weight;
}

void ResidualCursor::delta(const float* heat, float* delta) const {
  VSEAL_DISPATCH(delta_row)(low_, high_, weight_, heat, residual_.frame_width(), delta);
}

}  // namespace vseal::image
#endif  // HWY_ONCE
