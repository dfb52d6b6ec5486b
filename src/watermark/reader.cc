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
  reader->networks_ = std::move(networks);
  reader->pool_ = pool;
  return reader;
}

Status Reader::add(const FrameView& frame) {
  if (std::min(frame.width(), frame.height()) < kMinReadableSide) {
    return unsupported("too small to read: expected at least " + std::to_string(kMinReadableSide) +
                       " pixels a side, got " + std::to_string(frame.width()) + "x" +
                       std::to_string(frame.height()));
  }
  const int side = networks_->card().processing_size;
  const auto resize =
      networks_->card().detector_channels == 3 ? image::resize_rgb : image::resize_luma;
  VSEAL_RETURN_IF_ERROR(resize(frame, side, side, detector_->input(0), pool_, options_.resampling));
  VSEAL_RETURN_IF_ERROR(detector_->run());
  logits_.add(detector_->output(0));
  return {};
}

}  // namespace vseal::watermark
