#include "quant/range.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace vseal::quant {
namespace {

constexpr double kTail = 1e-4;
constexpr float kWeightLevels = 127.0f;
// Parts of the full range that are tried, in steps of kStep.
constexpr int kActivationSteps = 40;
constexpr int kWeightSteps = 30;
constexpr float kStep = 0.02f;

struct Range {
  float low = 0;
  float high = 0;
};

double squared_error(const Histogram& values, const graph::ValueType& type) {
  double error = 0;
  for (size_t i = 0; i < Histogram::kBins; ++i) {
    const int64_t count = values.bins()[i];
    if (count == 0) continue;
    const float real = values.centre(i);
    const float stored = std::clamp(
        std::nearbyint(real / type.scale) + static_cast<float>(type.zero_point), -128.0f, 127.0f);
    const double back = (double{stored} - type.zero_point) * type.scale;
    error += static_cast<double>(count) * (back - real) * (back - real);
  }
  return error;
}

Range percentile(const Histogram& values) {
  const auto cut = static_cast<int64_t>(static_cast<double>(values.count()) * kTail);
  Range range{values.min(), values.max()};
  int64_t below = 0;
  for (size_t i = 0; i < Histogram::kBins; ++i) {
    below += values.bins()[i];
    if (below <= cut) continue;
    range.low = std::min(std::max(range.low, values.centre(i)), 0.0f);
    break;
  }
  int64_t above = 0;
  for (size_t i = Histogram::kBins; i-- > 0;) {
    above += values.bins()[i];
    if (above <= cut) continue;
    range.high = std::max(std::min(range.high, values.centre(i)), 0.0f);
    break;
  }
  return range;
}

// Both ends together first, then each alone.
Range least_error(const Histogram& values) {
  const Range full{values.min(), values.max()};
  Range best = full;
  double least = squared_error(values, type_of_range(full.low, full.high));
  const auto attempt = [&](Range range) {
    const double error = squared_error(values, type_of_range(range.low, range.high));
    if (error >= least) return;
    least = error;
    best = range;
  };
  for (int i = 1; i < kActivationSteps; ++i) {
    const float part = 1 - kStep * static_cast<float>(i);
    attempt({full.low * part, full.high * part});
  }
  for (const bool low : {true, false}) {
    const Range from = best;
    for (int i = 0; i < kActivationSteps; ++i) {
      const float part = 1 - kStep * static_cast<float>(i);
      attempt(low ? Range{full.low * part, from.high} : Range{from.low, full.high * part});
    }
  }
  return best;
}

}  // namespace

graph::ValueType type_of_range(float low, float high) {
  graph::ValueType type{graph::DType::kI8, 1.0f, 0};
  const float scale = (high - low) / 255.0f;
  if (!(scale > 0x1p-100f)) return type;
  type.scale = scale;
  type.zero_point =
      static_cast<int32_t>(std::clamp(std::nearbyint(-128.0f - low / scale), -128.0f, 127.0f));
  return type;
}

graph::ValueType choose_type(const Histogram& values, RangeMethod method) {
  Range range{values.min(), values.max()};
  if (method == RangeMethod::kPercentile) range = percentile(values);
  if (method == RangeMethod::kMse) range = least_error(values);
  return type_of_range(range.low, range.high);
}

double range_snr_db(const Histogram& values, const graph::ValueType& type) {
  constexpr double kNoNoiseDb = 200;
  double signal = 0;
  for (size_t i = 0; i < Histogram::kBins; ++i) {
    const double real = values.centre(i);
    signal += static_cast<double>(values.bins()[i]) * real * real;
  }
  const double noise = squared_error(values, type);
  return noise > 0 ? std::min(kNoNoiseDb, 10 * std::log10(signal / noise)) : kNoNoiseDb;
}

float choose_weight_scale(std::span<const float> weights, std::span<const float> importance,
                          RangeMethod method) {
  float largest = 0;
  for (const float w : weights) largest = std::max(largest, std::abs(w));
  if (!(largest > 0x1p-100f)) return 1.0f;
  float best = largest / kWeightLevels;
  if (method != RangeMethod::kMse) return best;
  double least = INFINITY;
  for (int step = 0; step < kWeightSteps; ++step) {
    const float scale = largest * (1 - kStep * static_cast<float>(step)) / kWeightLevels;
    double error = 0;
    for (size_t i = 0; i < weights.size(); ++i) {
      const float stored =
          std::clamp(std::nearbyint(weights[i] / scale), -kWeightLevels, kWeightLevels);
      const double off = double{stored} * scale - weights[i];
      error += off * off * (importance.empty() ? 1.0 : importance[i]);
    }
    if (error >= least) continue;
    least = error;
    best = scale;
  }
  return best;
}

}  // namespace vseal::quant
