// What a count of rare events says of their rate.
#pragma once

#include <cstdint>

namespace vseal::bench {

struct Interval {
  double low = 0;
  double high = 1;
};

// Clopper and Pearson's interval for the rate behind `events` of `trials`, which holds it with a
// chance of at least `confidence` whatever the rate is: the rates at which so many events or more,
// or so many or fewer, have a chance of (1 - confidence) / 2.
Interval clopper_pearson(int64_t events, int64_t trials, double confidence = 0.95);

}  // namespace vseal::bench
