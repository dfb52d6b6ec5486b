#include "pipeline/search_id.h"

#include <utility>

namespace vseal::pipeline {

Result<SearchedId> search_id(const payload::Codec& codec, watermark::CanvasReader& canvas,
                             const watermark::SearchOptions& options, payload::Reading& reading) {
  using payload::Verdict;
  SearchedId searched;
  const int64_t trials = kSearchShare * watermark::most_tries(options.mode);
  const auto try_logits = [&](std::span<const float> logits) {
    payload::Reading found = codec.decode(logits, trials);
    const bool taken = found.verdict == Verdict::kPresent && found.p_value <= kSearchPValue;
    const bool hint = found.verdict == Verdict::kUncertain && found.p_value < reading.p_value;
    if (taken || hint) reading = std::move(found);
    if (taken) searched.logits.assign(logits.begin(), logits.end());
    return taken;
  };
  VSEAL_ASSIGN_OR_RETURN(searched.report, watermark::search(canvas, options, try_logits));
  return searched;
}

}  // namespace vseal::pipeline
