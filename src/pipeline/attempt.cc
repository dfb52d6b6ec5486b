#include "pipeline/attempt.h"

#include <bit>
#include <utility>

#include "pipeline/search_id.h"

namespace vseal::pipeline {
namespace {

using payload::Verdict;

}  // namespace

Attempt::Attempt(const Tools& tools, const ReadSettings& settings, watermark::Reader& reader,
                 ReadReport& report)

    : tools_(tools),
      settings_(settings),
      reader_(reader),
      report_(report),
      search_frames_(tools.networks, tools.pool) {
  if (report.kind == SourceKind::kVideo) {
    most_looks_ = std::bit_width(static_cast<unsigned>(settings.max_frames)) + 1;
  }
}

bool Attempt::searches() const {
  return settings_.search.mode != watermark::SearchMode::kNone && !settings_.raw.has_value();
}

Result<bool> Attempt::add(const FrameView& frame) {
  const bool looks = SearchFrames::takes(reader_.frames() + 1);
  VSEAL_RETURN_IF_ERROR(looks ? reader_.add(frame) : reader_.take(frame));
  report_.frames_read = reader_.frames();
  if (!looks || settings_.raw.has_value()) return found_;
  if (!try_pooled() && searches()) VSEAL_RETURN_IF_ERROR(search_frames_.keep(frame));
  return found_;
}

bool Attempt::try_pooled() {
  tried_frames_ = reader_.frames();
  ++report_.looks;
  // An uncertain verdict of few frames gives way to what more frames say.
  report_.reading =
      tools_.codec->decode(reader_.logits(), searches() ? kSearchShare * most_looks_ : most_looks_);
  found_ = report_.reading.verdict == Verdict::kPresent;
  return found_;
}

Status Attempt::finish() {
  VSEAL_RETURN_IF_ERROR(reader_.settle());
  if (settings_.raw.has_value()) return {};
  if (reader_.frames() > tried_frames_) try_pooled();
  return found_ || search_frames_.canvas() == nullptr ? Status() : search();
}

Status Attempt::search() {
  VSEAL_ASSIGN_OR_RETURN(SearchedId searched, search_id(*tools_.codec, *search_frames_.canvas(),
                                                        settings_.search, report_.reading));
  report_.search = searched.report;
  found_ = searched.report.found;
  placed_ = std::move(searched.logits);
  return {};
}

}  // namespace vseal::pipeline
