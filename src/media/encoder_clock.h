// The two clocks of an encoded stream: the input's, and the one that the encoder counts by.
#pragma once

#include <cstdint>
#include <deque>

#include "media/av_handles.h"

namespace vseal::media {

// How an encoder's timestamps follow the stream's.
enum class Pace {
  kExact,    // the same ticks
  kCounted,  // frame numbers, for encoders that know standard frame rates only; mapped back exactly
  kGrid,     // the nearest multiple of a frame's time, for containers of constant frame rate
};

// Maps the timestamps of frames on their way into an encoder, and those of packets on their way
// out. Packets get the exact duration of their frame, which many encoders forget.
class EncoderClock {
 public:
  EncoderClock(Pace pace, AVRational stream_base, AVRational encoder_base)
      : pace_(pace), stream_base_(stream_base), encoder_base_(encoder_base) {}

  // Takes frame.pts and `duration` in stream ticks, in rising order; leaves encoder ticks.
  void enter(AVFrame& frame, int64_t duration);
  // Takes the packet's times in encoder ticks; leaves stream ticks.
  void leave(AVPacket& packet);

  AVRational stream_base() const { return stream_base_; }

 private:
  struct Entry {
    int64_t encoder, stream, duration;
  };

  int64_t encoder_time(int64_t stream_time);
  int64_t stream_time(int64_t encoder_time) const;

  Pace pace_;
  AVRational stream_base_, encoder_base_;
  std::deque<Entry> entries_;  // frames that the encoder may still hold
  int64_t next_ = 0;           // least encoder time of the next frame; kExact does not use it
};

}  // namespace vseal::media
