// Reading logits out of frames.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "base/plane.h"
#include "base/status.h"
#include "base/thread_pool.h"
#include "image/resize_filter.h"
#include "watermark/detector_lane.h"
#include "watermark/networks.h"

namespace vseal::watermark {

// What frames contribute to the pooled logits, each logit l of a frame whose logits are L: l, l|l|,
// l * |L|_1 or l * |L|_2.
enum class Pooling { kMean, kSquaredMean, kL1NormMean, kL2NormMean };

struct ReaderOptions {
  Pooling pooling = Pooling::kMean;
  image::Resampling resampling = image::Resampling::kAntialiased;
};

// The sum over frames of what their logits contribute. Sums are kept and divided at the end: means
// of means would weigh groups of unequal size wrongly.
class LogitPool {
 public:
  LogitPool(size_t bits, Pooling pooling) : pooling_(pooling), sum_(bits), mean_(bits) {}

  // `logits` holds as many values as the pool.
  void add(std::span<const float> logits);
  std::span<const float> mean() const { return mean_; }
  int frames() const { return frames_; }
  void reset();

 private:
  Pooling pooling_;
  std::vector<double> sum_;
  std::vector<float> mean_;
  int frames_ = 0;
};

// Runs the detector on frames and pools what it says.
// Sums are kept, and frames enter them in order, so the pooled logits do not depend on how frames
// were grouped or on the number of threads. Not thread-safe: one reader per thread; `pool` may be
// shared and must outlive the reader.
class Reader {
 public:
  static Result<std::unique_ptr<Reader>> create(std::shared_ptr<const Networks> networks,
                                                ThreadPool* pool,
                                                const ReaderOptions& options = {});

  // Adds one picture or frame, as displayed. kUnsupported when a side is below kMinReadableSide.
  Status add(const FrameView& frame);

  // As add(), but returns while the detector reads: up to eight frames side by side, no more than
  // the pool has threads, each on one thread of its own. That takes less time in all than frames
  // one after the other on all threads, and leaves the caller free to decode. The frame is not
  // needed after the call. What fails there is returned by a later call.
  Status take(const FrameView& frame);
  // Waits until every frame that was taken is read and pooled.
  Status settle();

  int frames() const { return logits_.frames() + static_cast<int>(running_); }
  // card.bits pooled logits, of all frames once they are settled; zeros before the first.
  std::span<const float> logits() const { return logits_.mean(); }
  void reset();

 private:
  Reader(size_t bits, const ReaderOptions& options)
      : options_(options), logits_(bits, options.pooling) {}

  Status resize(const FrameView& frame, ThreadPool* pool, std::span<float> picture) const;
  Status pool_oldest();

  std::shared_ptr<const Networks> networks_;
  ThreadPool* pool_ = nullptr;
  std::unique_ptr<engine::Session> detector_;
  // A ring: running_ lanes from oldest_ on are reading.
  std::vector<std::unique_ptr<DetectorLane>> lanes_;
  size_t most_lanes_ = 1;
  size_t oldest_ = 0;
  size_t running_ = 0;
  ReaderOptions options_;
  LogitPool logits_;
};

// Smaller pictures than this are not read, in px a side: less than a sample for each message cell.
inline constexpr int kMinReadableSide = 16;

}  // namespace vseal::watermark
