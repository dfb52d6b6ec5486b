// The links of a frame chain: each takes frames and hands frames to the next.
#pragma once

#include <functional>
#include <memory>

#include "media/av_handles.h"
#include "media/frame_chain.h"

namespace vseal::media {

// What a frame's own fields do not say of its clock.
struct FrameClock {
  AVRational time_base{1, 1};
  AVRational frame_rate{0, 1};  // zero when unknown
};

// Takes one frame; a link may pass on none, one or several for it.
using FrameTaker = std::function<Status(FramePtr frame, const FrameClock& clock)>;

class FrameLink {
 public:
  explicit FrameLink(FrameTaker next) : next_(std::move(next)) {}
  virtual ~FrameLink() = default;
  FrameLink(const FrameLink&) = delete;
  FrameLink& operator=(const FrameLink&) = delete;

  virtual Status push(FramePtr frame, const FrameClock& clock) = 0;
  // Passes on what is held back. Called once, after the last push().
  virtual Status finish() { return {}; }

 protected:
  Status pass_on(FramePtr frame, const FrameClock& clock) { return next_(std::move(frame), clock); }

 private:
  FrameTaker next_;
};

std::unique_ptr<FrameLink> make_filter_link(const FilterStage& stage, FrameTaker next);
// Adds the bytes of its packets to `coded_bytes`, which it sets to 0 first.
std::unique_ptr<FrameLink> make_codec_link(const CodecStage& stage, int threads,
                                           int64_t& coded_bytes, FrameTaker next);
std::unique_ptr<FrameLink> make_touch_link(const TouchStage& stage, FrameTaker next);
std::unique_ptr<FrameLink> make_edit_link(const EditStage& stage, FrameTaker next);

// The filter that turns a frame into packed 8-bit RGB by the frame's own matrix and range.
std::string to_rgb_filter(const AVFrame& frame);

}  // namespace vseal::media
