#include "watermark/reader.h"

#include <algorithm>
#include <cmath>

#include "image/resize.h"

namespace vseal::watermark {
namespace {

// What a frame's logits are multiplied with.
double frame_weight(std::span<const float> logits, Pooling pooling) {
  double l1 = 0, squares = 0;
  for (const float v : logits) {
    l1 += std::abs(v);
    squares += double{v} * v;
  }
  if (pooling == Pooling::kL1NormMean) return l1;
  return pooling == Pooling::kL2NormMean ? std::sqrt(squares) : 1.0;
}

// Frames that are read side by side: one a thread, but one in all where so many arenas would take
// much memory.
size_t most_lanes(const engine::Plan& detector, const ThreadPool& pool) {
  constexpr size_t kMost = 8;
  constexpr size_t kArenaBytes = size_t{32} << 20;
  const size_t wanted = std::min(static_cast<size_t>(pool.threads()), kMost);
  return wanted * detector.arena_bytes() <= kArenaBytes ? wanted : 1;
}

}  // namespace

void LogitPool::add(std::span<const float> logits) {
  ++frames_;
  const double weight = frame_weight(logits, pooling_);
  for (size_t i = 0; i < sum_.size(); ++i) {
    const double own = pooling_ == Pooling::kSquaredMean ? std::abs(logits[i]) : weight;
    sum_[i] += own * logits[i];
    mean_[i] = static_cast<float>(sum_[i] / frames_);
  }
}

void LogitPool::reset() {
  std::ranges::fill(sum_, 0.0);
  std::ranges::fill(mean_, 0.0f);
  frames_ = 0;
}

Result<std::unique_ptr<Reader>> Reader::create(std::shared_ptr<const Networks> networks,
                                               ThreadPool* pool, const ReaderOptions& options) {
  const size_t bits = static_cast<size_t>(networks->card().bits);
  std::unique_ptr<Reader> reader(new Reader(bits, options));
  VSEAL_ASSIGN_OR_RETURN(const auto detector, networks->detector());
  VSEAL_ASSIGN_OR_RETURN(reader->detector_, engine::Session::create(detector, pool));
  reader->most_lanes_ = most_lanes(*detector, *pool);
  reader->networks_ = std::move(networks);
  reader->pool_ = pool;
  return reader;
}

Status Reader::resize(const FrameView& frame, ThreadPool* pool, std::span<float> picture) const {
  if (std::min(frame.width(), frame.height()) < kMinReadableSide) {
    return unsupported("too small to read: expected at least " + std::to_string(kMinReadableSide) +
                       " pixels a side, got " + std::to_string(frame.width()) + "x" +
                       std::to_string(frame.height()));
  }
  const int side = networks_->card().processing_size;
  const auto resize =
      networks_->card().detector_channels == 3 ? image::resize_rgb : image::resize_luma;
  return resize(frame, side, side, picture, pool, options_.resampling);
}

Status Reader::add(const FrameView& frame) {
  VSEAL_RETURN_IF_ERROR(resize(frame, pool_, detector_->input(0)));
  VSEAL_RETURN_IF_ERROR(settle());
  VSEAL_RETURN_IF_ERROR(detector_->run());
  logits_.add(detector_->output(0));
  return {};
}

Status Reader::take(const FrameView& frame) {
  if (most_lanes_ == 1) return add(frame);
  if (running_ == most_lanes_) VSEAL_RETURN_IF_ERROR(pool_oldest());
  const size_t next = (oldest_ + running_) % most_lanes_;
  if (next == lanes_.size()) {
    VSEAL_ASSIGN_OR_RETURN(const auto detector, networks_->detector());
    VSEAL_ASSIGN_OR_RETURN(auto lane, DetectorLane::create(detector));
    lanes_.push_back(std::move(lane));
  }
  VSEAL_RETURN_IF_ERROR(resize(frame, nullptr, lanes_[next]->picture()));
  lanes_[next]->start();
  ++running_;
  return {};
}

Status Reader::pool_oldest() {
  const auto logits = lanes_[oldest_]->finish();
  oldest_ = (oldest_ + 1) % most_lanes_;
  --running_;
  VSEAL_RETURN_IF_ERROR(logits.status());
  logits_.add(*logits);
  return {};
}

Status Reader::settle() {
  while (running_ > 0) VSEAL_RETURN_IF_ERROR(pool_oldest());
  return {};
}

void Reader::reset() {
  while (running_ > 0) static_cast<void>(pool_oldest());
  logits_.reset();
}

}  // namespace vseal::watermark
