// The one place where an evaluation reads.
#pragma once

#include <memory>

#include "base/plane.h"
#include "pipeline/search_frames.h"
#include "watermark/reader.h"
#include "workbench/eval/eval_settings.h"
#include "workbench/eval/score.h"

namespace vseal::workbench {

// Reads one attacked picture, or some frames of one attacked clip, at a time: logits of the frames
// as they come, pooled, and one look of the codec at the pooled ones; where that gives no ID, a
// search over the 1st, 2nd, 4th, ... of the frames. Not thread-safe: one for each thread.
class EvalReader {
 public:
  static Result<std::unique_ptr<EvalReader>> create(const EvalTools& tools, ThreadPool* pool,
                                                    const watermark::SearchOptions& search);

  // Forgets what was added.
  void begin();
  Status add(const FrameView& frame);
  // What the frames since begin() say. kCorruptInput when there were none.
  Result<EvalReading> finish();

 private:
  EvalReader(const EvalTools& tools, ThreadPool* pool, const watermark::SearchOptions& search)
      : codec_(tools.codec), search_(search), search_frames_(tools.reading(), pool) {}
  bool searches() const;

  std::shared_ptr<const payload::Codec> codec_;
  watermark::SearchOptions search_;
  pipeline::SearchFrames search_frames_;
  std::unique_ptr<watermark::Reader> reader_;
};

}  // namespace vseal::workbench
