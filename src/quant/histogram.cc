#include "quant/histogram.h"

#include <algorithm>
#include <cmath>

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
  for (const float value : values) {
    if (!std::isfinite(value)) {
      ++bad_;
      continue;
    }
    ++count_;
    if (value == 0.0f) continue;
    if (std::abs(value) > limit_) widen(value);
    min_ = std::min(min_, value);
    max_ = std::max(max_, value);
    const float position = (value / limit_ + 1) * kHalfOfBins;
    ++bins_[std::min(static_cast<size_t>(position), kBins - 1)];
  }
}

float Histogram::centre(size_t bin) const {
  return limit_ * ((static_cast<float>(bin) + 0.5f) / kHalfOfBins - 1);
}

}  // namespace vseal::quant
