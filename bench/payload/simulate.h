// Codecs against Gaussian logits.
#pragma once

#include <cstdint>
#include <random>

#include "payload/codec.h"

namespace vseal::bench {

using Random = std::mt19937_64;

struct Tally {
  int64_t trials = 0;
  int64_t exact = 0;        // the ID that was marked
  int64_t wrong = 0;        // another ID
  int64_t uncertain = 0;    // no ID, but evidence of one
  double microseconds = 0;  // of decode(), all trials together
};

// Marks random IDs that fill `rate`, adds Gaussian noise to the +-1 message such that the share
// `bit_error_rate` of the signs is wrong on average, and reads.
Tally read_marks(const payload::Codec& codec, int rate, double bit_error_rate, int64_t trials,
                 Random& random);

// Reads Gaussian logits that carry nothing.
Tally read_noise(const payload::Codec& codec, int64_t trials, Random& random);

}  // namespace vseal::bench
