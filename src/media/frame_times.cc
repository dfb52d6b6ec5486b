#include "media/frame_times.h"

#include <algorithm>
#include <string>

extern "C" {
#include <libavutil/mathematics.h>
}

namespace vseal::media {

FrameTimes::FrameTimes(AVRational time_base, AVRational frame_rate, int64_t start)
    : time_base_(time_base), start_(start != AV_NOPTS_VALUE ? start : 0), step_(1) {
  if (frame_rate.num > 0 && frame_rate.den > 0) {
    step_ = std::max<int64_t>(1, av_rescale_q(1, av_inv_q(frame_rate), time_base));
  }
}

Status FrameTimes::stamp(AVFrame& frame) {
  const int64_t step = frame.pkt_duration > 0 ? frame.pkt_duration : step_;
  if (frame.pts == AV_NOPTS_VALUE) {
    frame.pts = last_ == AV_NOPTS_VALUE ? start_ : last_ + step;
  }
  if (last_ != AV_NOPTS_VALUE && frame.pts <= last_) {
    if (static_cast<double>(last_ - frame.pts) * av_q2d(time_base_) > kMaxBackSeconds) {
      return unsupported("timestamps go back from " +
                         std::to_string(static_cast<double>(last_) * av_q2d(time_base_)) + " to " +
                         std::to_string(static_cast<double>(frame.pts) * av_q2d(time_base_)) +
                         " seconds");
    }
    frame.pts = last_ + 1;
    ++corrected_;
  }
  last_ = frame.pts;
  return {};
}

}  // namespace vseal::media
