// Timestamps of copied packets, as muxers demand them.
#pragma once

#include <cstdint>

#include "media/av_handles.h"

namespace vseal::media {

// Looks at the packets of one stream in decoding order. Good timestamps stay as they are; missing
// ones continue the packet before, and decoding times that do not rise are moved up, as muxers
// refuse both. Thread-compatible.
class PacketTimes {
 public:
  // `strict`: equal decoding times are refused too. `offset` is added to all times.
  PacketTimes(bool strict, int64_t offset) : least_step_(strict ? 1 : 0), offset_(offset) {}

  void correct(AVPacket& packet);

  int64_t corrected() const { return corrected_; }

 private:
  int64_t least_step_;
  int64_t offset_;
  int64_t last_ = AV_NOPTS_VALUE;  // decoding time of the packet before
  int64_t next_ = AV_NOPTS_VALUE;  // its end
  int64_t corrected_ = 0;
};

}  // namespace vseal::media
