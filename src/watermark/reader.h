// Reading logits out of frames.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "base/plane.h"
#include "base/status.h"
#include "base/thread_pool.h"
#include "watermark/networks.h"

namespace vseal::watermark {

// Runs the detector on frames and pools what it says: the mean of the logits over all frames added.
// Sums are kept, so the pooled logits do not depend on how frames were grouped. Not thread-safe:
// one reader per thread; `pool` may be shared and must outlive the reader.
class Reader {
 public:
  static Result<std::unique_ptr<Reader>> create(std::shared_ptr<const Networks> networks,
                                                ThreadPool* pool);

  // Adds one picture or frame, as displayed. kUnsupported when a side is below kMinReadableSide.
  Status add(const FrameView& frame);

  int frames() const { return frames_; }
  // card.bits pooled logits; zeros before the first add().
  std::span<const float> logits() const { return mean_; }
  void reset();

 private:
  Reader() = default;

  std::shared_ptr<const Networks> networks_;
  ThreadPool* pool_ = nullptr;
  std::unique_ptr<engine::Session> detector_;
  std::vector<double> sum_;
  std::vector<float> mean_;
  int frames_ = 0;
};

// Smaller pictures than this are not read, in px a side: less than a sample for each message cell.
inline constexpr int kMinReadableSide = 16;

}  // namespace vseal::watermark
