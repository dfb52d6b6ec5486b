#include "search_tally.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "pipeline/search_id.h"
#include "watermark/canvas_reader.h"

namespace vseal::bench {
namespace {

using Offers = std::vector<std::vector<float>>;
using payload::Verdict;

// What one check makes of a read.
struct Outcome {
  bool uncertain = false;
  bool present = false;
  double least_p_value = std::numeric_limits<double>::infinity();  // of those present
};

Outcome read_all(const Offers& offers, const payload::Codec& codec, int64_t trials) {
  Outcome outcome;
  for (const std::vector<float>& logits : offers) {
    const payload::Reading reading = codec.decode(logits, trials);
    outcome.uncertain = outcome.uncertain || reading.verdict == Verdict::kUncertain;
    if (reading.verdict != Verdict::kPresent) continue;
    outcome.present = true;
    outcome.least_p_value = std::min(outcome.least_p_value, reading.p_value);
  }
  return outcome;
}

SearchTally read_once(const Offers& offers, int64_t most_offers, const Secret& secret) {
  SearchTally tally;
  tally.reads = 1;
  const int bits = static_cast<int>(offers.front().size());
  for (size_t c = 0; c < kCheckBits.size(); ++c) {
    const Outcome outcome = read_all(offers, codec_of(secret, bits, kCheckBits[c]), most_offers);
    tally.present[c] = outcome.present;
    for (size_t l = 0; l < kSearchLevels.size(); ++l) {
      tally.p_value[c][l] = outcome.least_p_value <= kSearchLevels[l];
    }
    if (kCheckBits[c] != 0) continue;
    // A reader counts every trial twice: it also reads without a search.
    tally.taken = 2 * outcome.least_p_value <= pipeline::kSearchPValue;
    tally.uncertain = outcome.uncertain && !outcome.present;
  }
  return tally;
}

void add(const SearchTally& one, SearchTally& sum) {
  sum.reads += one.reads;
  sum.taken += one.taken;
  sum.uncertain += one.uncertain;
  for (size_t c = 0; c < kCheckBits.size(); ++c) {
    sum.present[c] += one.present[c];
    for (size_t l = 0; l < kSearchLevels.size(); ++l) sum.p_value[c][l] += one.p_value[c][l];
  }
}

}  // namespace

Result<Offers> offers_of(const FrameView& view,
                         const std::shared_ptr<const watermark::Networks>& networks,
                         watermark::SearchMode mode, ThreadPool& pool) {
  VSEAL_ASSIGN_OR_RETURN(const auto canvas, watermark::CanvasReader::create(networks, &pool));
  VSEAL_RETURN_IF_ERROR(canvas->add(view));
  Offers offers;
  const watermark::TryLogits collect = [&](std::span<const float> logits) {
    offers.emplace_back(logits.begin(), logits.end());
    return false;
  };
  const watermark::SearchOptions options{.mode = mode,
                                         .time_limit_s = std::numeric_limits<double>::infinity()};
  VSEAL_RETURN_IF_ERROR(watermark::search(*canvas, options, collect).status());
  const auto most = static_cast<size_t>(watermark::most_tries(mode));
  if (offers.empty() || offers.size() > most) {
    return internal_error(
        fmt::format("[alarms] offers: expected 1 to {}, got {}", most, offers.size()));
  }
  return offers;
}

void read_offers_under_keys(const Offers& offers, watermark::SearchMode mode, int keys,
                            std::mt19937_64& random, ThreadPool& pool, SearchTally& tally) {
  const int64_t most_offers = watermark::most_tries(mode);
  const int bits = static_cast<int>(offers.front().size());
  for (size_t c = 0; c < kCheckBits.size(); ++c) {
    const double one = codec_of({}, bits, kCheckBits[c]).chance_of_present();
    tally.bound[c] = std::min(1.0, static_cast<double>(most_offers) * one);
  }
  const std::vector<Secret> secrets = random_secrets(keys, random);
  std::vector<SearchTally> tallies(secrets.size());
  pool.parallel_for(secrets.size(), 1, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) tallies[i] = read_once(offers, most_offers, secrets[i]);
  });
  for (const SearchTally& one : tallies) add(one, tally);
  ++tally.views;
  tally.offers += static_cast<int64_t>(offers.size());
}

}  // namespace vseal::bench
