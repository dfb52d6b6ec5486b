#include "quant/histogram.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace vseal::quant {
namespace {

constexpr float kHalfOfBins = 0.5f * Histogram::kBins;

}  // namespace

void Histogram::widen(float value) {
  while (std::abs(value) > limit_) {
    std::vector<int64_t> wider(kBins);
    for (size_t i = 0; i < kBins; ++i) wider[kBins / 4 + i / 2] += bins_[i];
    bins_ = std::move(wider);
    limit_ *= 2;
  }
}

void Histogram::add(std::span<const float> values) {
  constexpr size_t kBlock = 4096;
  for (size_t begin = 0; begin < values.size(); begin += kBlock) {
    add_block(values.subspan(begin, std::min(kBlock, values.size() - begin)));
  }
}

// The range first, so that the loop over the bins has nothing to decide.
void Histogram::add_block(std::span<const float> values) {
  float low = min_, high = max_;
  bool finite = true;
  for (const float value : values) {
    low = std::min(low, value);
    high = std::max(high, value);
    finite &= std::abs(value) <= std::numeric_limits<float>::max();
  }
  if (!finite) return add_some(values);
  min_ = low;
  max_ = high;
  widen(std::max(-low, high));
  count_ += static_cast<int64_t>(values.size());
  const float scale = kHalfOfBins / limit_;  // powers of two
  for (const float value : values) {
    const auto position = static_cast<size_t>(value * scale + kHalfOfBins);
    if (value != 0.0f) ++bins_[std::min(position, kBins - 1)];
  }
}

void Histogram::add_some(std::span<const float> values) {
  std::vector<float> good;
  for (const float value : values) {
    if (std::isfinite(value)) good.push_back(value);
  }
  bad_ += static_cast<int64_t>(values.size() - good.size());
  add_block(good);
}

float Histogram::centre(size_t bin) const {
  return limit_ * ((static_cast<float>(bin) + 0.5f) / kHalfOfBins - 1);
}

}  // namespace vseal::quant
