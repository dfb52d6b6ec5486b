#include "simulate.h"

#include <chrono>
#include <cmath>
#include <vector>

namespace vseal::bench {
namespace {

using payload::Payload;
using payload::Reading;
using payload::Verdict;

// sigma with P(1 + sigma * Gaussian < 0) = bit_error_rate.
double noise_for(double bit_error_rate) {
  double low = 0;
  double high = 1e3;
  for (int step = 0; step < 100; ++step) {
    const double sigma = (low + high) / 2;
    const double errors = 0.5 * std::erfc(1 / (sigma * std::sqrt(2.0)));
    (errors < bit_error_rate ? low : high) = sigma;
  }
  return low;
}

void read(const payload::Codec& codec, const std::vector<float>& logits, const Payload* marked,
          Tally& tally) {
  const auto start = std::chrono::steady_clock::now();
  const Reading reading = codec.decode(logits);
  tally.microseconds +=
      std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count();
  ++tally.trials;
  if (reading.verdict == Verdict::kUncertain) ++tally.uncertain;
  if (reading.verdict != Verdict::kPresent) return;
  const bool exact = marked != nullptr && reading.payload == *marked;
  ++(exact ? tally.exact : tally.wrong);
}

}  // namespace

Tally read_marks(const payload::Codec& codec, int rate, double bit_error_rate, int64_t trials,
                 Random& random) {
  const double sigma = noise_for(bit_error_rate);
  const int bytes = codec.rate_data_bits()[rate] / 8;
  std::normal_distribution<double> gaussian;
  Tally tally;
  for (int64_t t = 0; t < trials; ++t) {
    Payload marked{payload::Type::kHex, std::vector<uint8_t>(bytes)};
    for (uint8_t& byte : marked.bytes) byte = static_cast<uint8_t>(random() >> 56);
    std::vector<float> logits = codec.encode(marked).value();
    for (float& x : logits) x += static_cast<float>(sigma * gaussian(random));
    read(codec, logits, &marked, tally);
  }
  return tally;
}

Tally read_noise(const payload::Codec& codec, int64_t trials, Random& random) {
  std::normal_distribution<float> gaussian;
  std::vector<float> logits(codec.bits());
  Tally tally;
  for (int64_t t = 0; t < trials; ++t) {
    for (float& x : logits) x = gaussian(random);
    read(codec, logits, nullptr, tally);
  }
  return tally;
}

}  // namespace vseal::bench
