#include "watermark/reader.h"

#include <algorithm>

#include "image/resize.h"

namespace vseal::watermark {

Result<std::unique_ptr<Reader>> Reader::create(std::shared_ptr<const Networks> networks,
                                               ThreadPool* pool) {
  std::unique_ptr<Reader> reader(new Reader());
  VSEAL_ASSIGN_OR_RETURN(reader->detector_, engine::Session::create(networks->detector(), pool));
  reader->sum_.resize(static_cast<size_t>(networks->card().bits));
  reader->mean_.resize(reader->sum_.size());
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
  VSEAL_RETURN_IF_ERROR(image::resize_luma(frame, side, side, detector_->input(0), pool_));
  VSEAL_RETURN_IF_ERROR(detector_->run());
  const std::span<const float> logits = detector_->output(0);
  ++frames_;
  for (size_t i = 0; i < sum_.size(); ++i) {
    sum_[i] += logits[i];
    mean_[i] = static_cast<float>(sum_[i] / frames_);
  }
  return {};
}

void Reader::reset() {
  std::ranges::fill(sum_, 0.0);
  std::ranges::fill(mean_, 0.0f);
  frames_ = 0;
}

}  // namespace vseal::watermark
