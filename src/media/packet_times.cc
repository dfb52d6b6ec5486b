#include "media/packet_times.h"

#include <algorithm>

namespace vseal::media {

void PacketTimes::correct(AVPacket& packet) {
  if (packet.dts != AV_NOPTS_VALUE) packet.dts += offset_;
  if (packet.pts != AV_NOPTS_VALUE) packet.pts += offset_;
  if (packet.dts == AV_NOPTS_VALUE) {
    packet.dts = next_ != AV_NOPTS_VALUE ? next_ : packet.pts;
    if (packet.dts == AV_NOPTS_VALUE) packet.dts = 0;
    if (packet.pts != AV_NOPTS_VALUE) packet.dts = std::min(packet.dts, packet.pts);
  }
  if (packet.pts == AV_NOPTS_VALUE) packet.pts = packet.dts;
  if (last_ != AV_NOPTS_VALUE && packet.dts < last_ + least_step_) {
    packet.dts = last_ + least_step_;
    packet.pts = std::max(packet.pts, packet.dts);
    ++corrected_;
  }
  last_ = packet.dts;
  next_ = packet.dts + std::max<int64_t>(packet.duration, 1);
}

}  // namespace vseal::media
