#include "payload/verdict.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace vseal::payload {

double binomial_tail(int64_t matches, int64_t trials) {
  if (matches <= 0) return 1.0;
  if (matches > trials) return 0.0;
  // The smaller tail, so that the terms shrink from the first on.
  if (2 * matches <= trials) return 1.0 - binomial_tail(trials - matches + 1, trials);
  double log2_first = -static_cast<double>(trials);
  for (int64_t j = 1; j <= trials - matches; ++j) {
    log2_first += std::log2(static_cast<double>(matches + j) / static_cast<double>(j));
  }
  double term = 1.0;
  double sum = 1.0;
  for (int64_t k = matches; k < trials; ++k) {
    term *= static_cast<double>(trials - k) / static_cast<double>(k + 1);
    sum += term;
  }
  return std::min(1.0, std::exp2(log2_first) * sum);
}

double log2_chance_of_correlation(std::span<const float> weights, double correlation) {
  double energy = 0;
  for (const double w : weights) energy += w * w;
  if (correlation <= 0 || energy <= 0) return 0.0;

  // Newton's steps for the root of sum w tanh(s w) = correlation, which is concave in s: from below
  // they never overshoot. The bound holds at every s, so the root need not be exact.
  constexpr int kSteps = 8;
  double s = correlation / energy;
  for (int step = 0; step < kSteps; ++step) {
    double value = 0;
    double slope = 0;
    for (const double w : weights) {
      const double decay = std::exp(-2 * s * w);
      const double tanh = (1 - decay) / (1 + decay);
      value += w * tanh;
      slope += w * w * (1 - tanh * tanh);
    }
    const double move = slope > 0 ? (correlation - value) / slope : 0;
    // Perfect agreement has its root at infinity.
    if (!(move > 1e-6 * s) || move > 1e3 * s) break;
    s += move;
  }
  double exponent = -s * correlation;
  for (const double w : weights) {
    exponent += s * w + std::log1p(std::exp(-2 * s * w)) - std::numbers::ln2;
  }
  return std::min(0.0, exponent / std::numbers::ln2);
}

}  // namespace vseal::payload
