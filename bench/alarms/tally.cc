#include "tally.h"

#include <vector>

namespace vseal::bench {
namespace {

const payload::Payload& known_id() {
  static const payload::Payload kId{payload::Type::kInteger, {0x12, 0x67}};
  return kId;
}

AlarmTally read_once(std::span<const float> logits, const Secret& secret) {
  AlarmTally tally;
  tally.reads = 1;
  for (size_t c = 0; c < kCheckBits.size(); ++c) {
    const payload::Codec codec = codec_of(secret, static_cast<int>(logits.size()), kCheckBits[c]);
    const payload::Reading reading = codec.decode(logits);
    tally.present[c] = reading.verdict == payload::Verdict::kPresent;
    if (kCheckBits[c] != 0) continue;
    tally.uncertain = reading.verdict == payload::Verdict::kUncertain;
    const double p_value = codec.match(logits, known_id()).value();
    for (size_t l = 0; l < kLevels.size(); ++l) tally.known_id[l] = p_value <= kLevels[l];
  }
  return tally;
}

void add(const AlarmTally& one, AlarmTally& sum) {
  sum.reads += one.reads;
  sum.uncertain += one.uncertain;
  for (size_t c = 0; c < kCheckBits.size(); ++c) sum.present[c] += one.present[c];
  for (size_t l = 0; l < kLevels.size(); ++l) sum.known_id[l] += one.known_id[l];
}

// The bound depends on the code alone, so a marked word tells it.
void fill_bounds(int bits, AlarmTally& tally) {
  for (size_t c = 0; c < kCheckBits.size(); ++c) {
    tally.bound[c] = codec_of({}, bits, kCheckBits[c]).chance_of_present();
  }
}

}  // namespace

void read_under_keys(std::span<const float> logits, int keys, std::mt19937_64& random,
                     ThreadPool& pool, AlarmTally& tally) {
  if (tally.reads == 0) fill_bounds(static_cast<int>(logits.size()), tally);
  const std::vector<Secret> secrets = random_secrets(keys, random);
  std::vector<AlarmTally> tallies(secrets.size());
  pool.parallel_for(secrets.size(), 1, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) tallies[i] = read_once(logits, secrets[i]);
  });
  for (const AlarmTally& one : tallies) add(one, tally);
}

}  // namespace vseal::bench
