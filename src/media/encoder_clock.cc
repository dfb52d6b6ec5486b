#include "media/encoder_clock.h"

#include <algorithm>

extern "C" {
#include <libavutil/mathematics.h>
}

namespace vseal::media {

int64_t EncoderClock::encoder_time(int64_t stream_time) {
  if (pace_ == Pace::kExact) return stream_time;
  int64_t time = next_;
  if (pace_ == Pace::kGrid) {
    const int64_t nearest = av_rescale_q(stream_time, stream_base_, encoder_base_);
    time = entries_.empty() && next_ == 0 ? nearest : std::max(next_, nearest);
  }
  next_ = time + 1;
  return time;
}

void EncoderClock::enter(AVFrame& frame, int64_t duration) {
  const int64_t time = encoder_time(frame.pts);
  const int64_t out =
      pace_ == Pace::kGrid ? av_rescale_q(time, encoder_base_, stream_base_) : frame.pts;
  entries_.push_back({time, out, duration});
  frame.pts = time;
  frame.pkt_duration = pace_ == Pace::kExact ? duration : 1;
}

int64_t EncoderClock::stream_time(int64_t encoder_time) const {
  if (pace_ != Pace::kCounted || entries_.empty()) {
    return av_rescale_q(encoder_time, encoder_base_, stream_base_);
  }
  // Decoding times run ahead of the first frame by the encoder's delay.
  const auto found = std::ranges::lower_bound(entries_, encoder_time, {}, &Entry::encoder);
  const Entry& entry = found != entries_.end() ? *found : entries_.back();
  return entry.stream + av_rescale_q(encoder_time - entry.encoder, encoder_base_, stream_base_);
}

void EncoderClock::leave(AVPacket& packet) {
  const int64_t pts = packet.pts, dts = packet.dts;
  const auto found = std::ranges::lower_bound(entries_, pts, {}, &Entry::encoder);
  if (found != entries_.end() && found->encoder == pts) {
    packet.pts = found->stream;
    packet.duration = found->duration;
  } else if (pts != AV_NOPTS_VALUE) {
    packet.pts = stream_time(pts);
  }
  if (dts != AV_NOPTS_VALUE) packet.dts = stream_time(dts);
  // No later packet has an earlier decoding time, and none a presentation before its decoding.
  const int64_t done = dts != AV_NOPTS_VALUE ? dts : pts;
  while (entries_.size() > 1 && entries_.front().encoder < done) entries_.pop_front();
}

}  // namespace vseal::media
