// From the values of a tensor to a scale and a zero point.
#pragma once

#include <span>
#include <vector>

#include "graph/tensor.h"
#include "quant/histogram.h"

namespace vseal::quant {

enum class RangeMethod {
  kMinMax,      // everything that was seen
  kPercentile,  // all but one value in ten thousand at each end
  kMse,         // the range with the smallest mean squared error of rounding and clipping together
};

// The i8 type whose range [low, high] holds zero exactly; low <= 0 <= high. A range of nothing gets
// scale 1.
graph::ValueType type_of_range(float low, float high);

// Asymmetric, for activations.
graph::ValueType choose_type(const Histogram& values, RangeMethod method);

// Power of the values over that of what rounding and clipping them to `type` does, in dB; at most
// 200.
double range_snr_db(const Histogram& values, const graph::ValueType& type);

// Symmetric scale for the weights of one output channel, stored as -127 to 127. kMse minimises the
// sum of importance[i] * error^2, where importance has a value for each weight or is empty for
// ones; kPercentile is kMinMax here. Zeros alone get scale 1.
float choose_weight_scale(std::span<const float> weights, std::span<const float> importance,
                          RangeMethod method);

}  // namespace vseal::quant
