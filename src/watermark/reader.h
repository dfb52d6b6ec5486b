// Reading logits out of frames.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "base/plane.h"
#include "base/status.h"
#include "base/thread_pool.h"
#include "image/resize_filter.h"
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
// Sums are kept, so the pooled logits do not depend on how frames were grouped. Not thread-safe:
// one reader per thread; `pool` may be shared and must outlive the reader.
class Reader {
 public:
  static Result<std::unique_ptr<Reader>> create(std::shared_ptr<const Networks> networks,
                                                ThreadPool* pool,
                                                const ReaderOptions& options = {});

  // Adds one picture or frame, as displayed. kUnsupported when a side is below kMinReadableSide.
  Status add(const FrameView& frame);

  int frames() const { return logits_.frames(); }
  // card.bits pooled logits; zeros before the first add().
  std::span<const float> logits() const { return logits_.mean(); }
  void reset() { logits_.reset(); }

 private:
  Reader(size_t bits, const ReaderOptions& options)
      : options_(options), logits_(bits, options.pooling) {}

  std::shared_ptr<const Networks> networks_;
  ThreadPool* pool_ = nullptr;
  std::unique_ptr<engine::Session> detector_;
  ReaderOptions options_;
  LogitPool logits_;
};

// Smaller pictures than this are not read, in px a side: less than a sample for each message cell.
inline constexpr int kMinReadableSide = 16;

}  // namespace vseal::watermark
