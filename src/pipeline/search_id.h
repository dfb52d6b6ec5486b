// A search that reads IDs.
#pragma once

#include "payload/codec.h"
#include "watermark/search.h"

namespace vseal::pipeline {

// A search takes only what chance gives no more often than this.
inline constexpr double kSearchPValue = 1e-6;

// Looks and searches share a p-value, half each: what trials of either are multiplied with.
inline constexpr int64_t kSearchShare = 2;

// What a search read: the report, and the logits of the placement that gave the ID.
struct SearchedId {
  watermark::SearchReport report;
  std::vector<float> logits;  // when found
};

// Searches `canvas` for a placement whose logits `codec` reads. `reading` becomes what it says of
// them, or of the most telling uncertain ones; else it stays as it is.
Result<SearchedId> search_id(const payload::Codec& codec, watermark::CanvasReader& canvas,
                             const watermark::SearchOptions& options, payload::Reading& reading);

}  // namespace vseal::pipeline
