// Statistics behind a reading: how surely chance alone did not do it.
#pragma once

#include <cstdint>
#include <span>

namespace vseal::payload {

// P(X >= matches) for X ~ Binomial(trials, 1/2), exact but for rounding (relative error < 1e-9).
double binomial_tail(int64_t matches, int64_t trials);

// log2 of an upper bound on P(S >= correlation), S = sum of weights[i] * e[i] with fair independent
// signs e: Chernoff's min over s > 0 of exp(-s * correlation) * prod cosh(s * weights[i]). True for
// any weights >= 0, so it needs no model of the channel. 0 when correlation <= 0.
double log2_chance_of_correlation(std::span<const float> weights, double correlation);

}  // namespace vseal::payload
