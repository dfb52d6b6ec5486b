// Counting what is read out of unmarked logits under random keys.
#pragma once

#include <array>
#include <cstdint>
#include <random>
#include <span>

#include "base/thread_pool.h"
#include "random_codec.h"

namespace vseal::bench {

inline constexpr std::array<double, 4> kLevels = {1e-1, 1e-2, 1e-3, 1e-4};

struct AlarmTally {
  int64_t reads = 0;
  std::array<int64_t, kCheckBits.size()> present{};  // false IDs, by check
  std::array<double, kCheckBits.size()> bound{};     // chance of one that a reading states
  int64_t uncertain = 0;                             // under the model's own check
  std::array<int64_t, kLevels.size()> known_id{};    // p-value of a known ID at or below a level
};

// Reads `logits` under `keys` random keys, each drawn for this one read, and adds what came out:
// the verdict under the model's own check and under shorter ones, and the exact p-value of an ID
// that nobody embedded.
void read_under_keys(std::span<const float> logits, int keys, std::mt19937_64& random,
                     ThreadPool& pool, AlarmTally& tally);

}  // namespace vseal::bench
