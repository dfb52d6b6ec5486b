// Counting what a search for geometry reads out of unmarked views under random keys.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <random>
#include <vector>

#include "base/plane.h"
#include "base/status.h"
#include "base/thread_pool.h"
#include "random_codec.h"
#include "watermark/networks.h"
#include "watermark/search.h"

namespace vseal::bench {

inline constexpr std::array<double, 3> kSearchLevels = {1e-1, 1e-2, 1e-3};

// Of searched reads: a read is one key and all that a search offers of one view.
struct SearchTally {
  int64_t reads = 0;
  int64_t views = 0;
  int64_t offers = 0;     // over all views
  int64_t taken = 0;      // as `vseal detect` takes one, under the model's own check
  int64_t uncertain = 0;  // offers like that and none that passes the model's own check
  std::array<int64_t, kCheckBits.size()> present{};  // some offer passes, by check
  std::array<double, kCheckBits.size()> bound{};     // chance of that which is stated
  // The least p-value of offers that pass, corrected for the most offers, at or below a level.
  std::array<std::array<int64_t, kSearchLevels.size()>, kCheckBits.size()> p_value{};
};

// All logits that a search of `view` offers when none is taken. Its ranking sees magnitudes, which
// no key changes, so these are what a reader of any key is offered. No time limit.
Result<std::vector<std::vector<float>>> offers_of(
    const FrameView& view, const std::shared_ptr<const watermark::Networks>& networks,
    watermark::SearchMode mode, ThreadPool& pool);

// Reads the offers of one view under `keys` random keys, each drawn for this one read, and adds
// what came out. There must be an offer, and no more than the mode's most_tries().
void read_offers_under_keys(const std::vector<std::vector<float>>& offers,
                            watermark::SearchMode mode, int keys, std::mt19937_64& random,
                            ThreadPool& pool, SearchTally& tally);

}  // namespace vseal::bench
