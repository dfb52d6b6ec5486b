// Finding a mark in what was cropped, scaled, turned or put into another picture.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/status.h"
#include "watermark/canvas_reader.h"
#include "watermark/placement.h"

namespace vseal::watermark {

// kFast: flips, quarter turns, one zoom, crops of one side, rotations at full size: about 140
// placements. kFull: also any crop, turned crops, all of it mirrored or on its side, and pictures
// within pictures: about 4000.
enum class SearchMode { kNone, kFast, kFull };

const char* search_name(SearchMode mode);  // "none", "fast", "full"

struct SearchOptions {
  SearchMode mode = SearchMode::kFast;
  double time_limit_s = 0;  // checked between placements; 0: 10 for kFast, 60 for kFull
};

struct SearchReport {
  bool found = false;   // the caller took the logits of a placement
  Placement placement;  // that one, or the loudest
  int hypotheses = 0;   // placements that the detector read, once a frame
  int tries = 0;        // logits that the caller was offered
  bool timed_out = false;
  double seconds = 0;
};

// Looks at logits, and says whether they are the mark's.
using TryLogits = std::function<bool(std::span<const float> logits)>;

// The most logits that a search offers: what a p-value must be multiplied with.
int64_t most_tries(SearchMode mode);

// Frames that the search reads, from the first that the reader holds: one to rank placements and to
// refine the loudest, all to try them.
inline constexpr int kRankingFrames = 1;

// Ranks placements by how loudly the detector answers, coarse ones first; refines the loudest in
// scale, angle and position; and offers their logits, under each roll of the tile that answers
// loudly. Ranking looks at magnitudes only, which say nothing of a key's mask, so only what was
// offered counts as tried. Stops when an offer is taken, nothing is left or the time is up.
Result<SearchReport> search(CanvasReader& reader, const SearchOptions& options,
                            const TryLogits& try_logits);

}  // namespace vseal::watermark
