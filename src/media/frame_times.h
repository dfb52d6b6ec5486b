// Timestamps of decoded frames: present, and rising.
#pragma once

#include <cstdint>

#include "base/status.h"
#include "media/av_handles.h"

namespace vseal::media {

// Timestamps that go back by more than this belong to another programme, not to a glitch.
constexpr double kMaxBackSeconds = 1.0;

// Looks at frames in presentation order. Good timestamps stay as they are; a missing one continues
// the frame before, one that does not rise is moved to the tick behind it. Thread-compatible.
class FrameTimes {
 public:
  // `frame_rate` (zero when unknown) tells how far apart frames without durations are; `start` is
  // the time of a first frame without one, or AV_NOPTS_VALUE.
  FrameTimes(AVRational time_base, AVRational frame_rate, int64_t start);

  // Corrects frame.pts. kUnsupported when time goes back by more than kMaxBackSeconds.
  Status stamp(AVFrame& frame);

  // How many timestamps did not rise so far. Missing ones are ordinary: AVI has none for some
  // frames, raw streams for all.
  int64_t corrected() const { return corrected_; }

 private:
  const AVRational time_base_;
  const int64_t start_;
  int64_t step_;  // ticks from a frame to the next, where frames do not say
  int64_t last_ = AV_NOPTS_VALUE;
  int64_t corrected_ = 0;
};

}  // namespace vseal::media
