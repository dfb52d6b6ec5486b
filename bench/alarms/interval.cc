#include "interval.h"

#include <cmath>

namespace vseal::bench {
namespace {

// P(X <= most) for X ~ Binomial(trials, rate).
double at_most(int64_t most, int64_t trials, double rate) {
  if (rate <= 0) return 1;
  if (rate >= 1) return most >= trials ? 1 : 0;
  const double odds = rate / (1 - rate);
  double log_term = static_cast<double>(trials) * std::log1p(-rate);
  double sum = std::exp(log_term);
  for (int64_t k = 1; k <= most; ++k) {
    log_term += std::log(odds * static_cast<double>(trials - k + 1) / static_cast<double>(k));
    sum += std::exp(log_term);
  }
  return sum < 1 ? sum : 1;
}

// The rate at which P(X <= most), which falls with it, is `chance`.
double rate_where(int64_t most, int64_t trials, double chance) {
  double low = 0, high = 1;
  for (int step = 0; step < 100; ++step) {
    const double middle = (low + high) / 2;
    (at_most(most, trials, middle) > chance ? low : high) = middle;
  }
  return (low + high) / 2;
}

}  // namespace

Interval clopper_pearson(int64_t events, int64_t trials, double confidence) {
  const double tail = (1 - confidence) / 2;
  return {events == 0 ? 0 : rate_where(events - 1, trials, 1 - tail),
          events == trials ? 1 : rate_where(events, trials, tail)};
}

}  // namespace vseal::bench
