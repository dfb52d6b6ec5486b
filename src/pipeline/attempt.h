// The frames of one file, being read until they give their ID.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/plane.h"
#include "base/status.h"
#include "pipeline/read.h"
#include "pipeline/search_frames.h"
#include "watermark/reader.h"

namespace vseal::pipeline {

// Pools samples and tries them whenever their number has doubled; at the end, searches for the mark
// in some of them. Writes what it learns into `report`, whose kind is set. Not thread-safe; all
// arguments must outlive it.
class Attempt {
 public:
  Attempt(const Tools& tools, const ReadSettings& settings, watermark::Reader& reader,
          ReadReport& report);

  // True when the ID is there. Of frames that do not give it, those at which it was tried are kept
  // for the search, small copies of them.
  Result<bool> add(const FrameView& frame);

  // Tries what has been pooled since the last try, then searches.
  Status finish();

  // What report.reading was made of: the pooled logits, or those at the placement that a search
  // found.
  std::span<const float> logits() const {
    return placed_.empty() ? reader_.logits() : std::span<const float>(placed_);
  }

  bool full() const { return reader_.frames() >= settings_.max_frames; }

 private:
  bool try_pooled();
  Status search();
  bool searches() const;

  const Tools& tools_;
  const ReadSettings& settings_;
  watermark::Reader& reader_;
  ReadReport& report_;
  SearchFrames search_frames_;
  std::vector<float> placed_;  // empty unless a search found the mark
  int64_t most_looks_ = 1;
  int tried_frames_ = 0;
  bool found_ = false;
};

}  // namespace vseal::pipeline
