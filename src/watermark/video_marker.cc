#include "watermark/video_marker.h"

namespace vseal::watermark {

FramePlan plan_frame(int64_t index, const VideoOptions& options) {
  const int64_t place = index % options.step;
  FramePlan plan;
  plan.key = index / options.step;
  plan.is_key = place == 0;
  plan.marked = options.mode != VideoMode::kAlternate || plan.is_key;
  const bool last_of_chunk = plan.key % kKeysPerChunk == kKeysPerChunk - 1;
  if (options.mode == VideoMode::kInterpolate && options.step > 1 && !last_of_chunk) {
    plan.next_weight = static_cast<float>(place) / static_cast<float>(options.step - 1);
  }
  return plan;
}

int VideoMarker::delay_frames() const {
  return options_.mode == VideoMode::kInterpolate && options_.step > 1 ? options_.step : 0;
}

Status VideoMarker::preview(const FrameView& frame, int64_t index) {
  const FramePlan plan = plan_frame(index, options_);
  if (!plan.is_key) return {};
  VSEAL_RETURN_IF_ERROR(marker_.look(frame));
  looks_.push_back({plan.key, marker_.last_look()});
  if (looks_.size() > 2) looks_.pop_front();
  return {};
}

Status VideoMarker::mark(FrameView& frame, int64_t index) {
  const FramePlan plan = plan_frame(index, options_);
  if (!plan.marked) return {};
  const Look* own = find(plan.key);
  if (own == nullptr) return internal_error("[video] mark: expected a previewed frame");
  const Look* next = plan.next_weight > 0 ? find(plan.key + 1) : nullptr;
  if (next == nullptr) return marker_.blend(frame, *own);
  return marker_.blend(frame, interpolate(*own, *next, plan.next_weight));
}

const Look* VideoMarker::find(int64_t key) const {
  for (const KeyLook& look : looks_) {
    if (look.key == key) return &look.look;
  }
  return nullptr;
}

}  // namespace vseal::watermark
