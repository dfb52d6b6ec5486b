// The one place where an evaluation reads.
#pragma once

#include <memory>

#include "base/plane.h"
#include "watermark/reader.h"
#include "workbench/eval/eval_settings.h"
#include "workbench/eval/score.h"

namespace vseal::workbench {

// Reads one attacked picture, or some frames of one attacked clip, at a time: logits of the frames
// as they come, pooled, and one look of the codec at the pooled ones. Whatever else finds marks (a
// search for geometry, say) belongs in here. Not thread-safe: one for each thread.
class EvalReader {
 public:
  static Result<std::unique_ptr<EvalReader>> create(const EvalTools& tools, ThreadPool* pool,
                                                    const watermark::ReaderOptions& options);

  // Forgets what was added.
  void begin() { reader_->reset(); }
  Status add(const FrameView& frame) { return reader_->add(frame); }
  // What the frames since begin() say. kCorruptInput when there were none.
  Result<EvalReading> finish() const;

 private:
  std::shared_ptr<const payload::Codec> codec_;
  std::unique_ptr<watermark::Reader> reader_;
};

}  // namespace vseal::workbench
