// A frame's samples in memory of our own, to try a change on or to compare with.
#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "base/plane.h"

namespace vseal::image {

// Which planes are copied: all, or of a kYCbCr frame luma alone (its chroma is then the frame's).
enum class CopiedPlanes { kAll, kLuma };

// Holds one copy at a time and reuses its memory. Thread-compatible.
class FrameCopy {
 public:
  // `frame` with its samples here, row behind row, with the steps that it has: interleaved stays
  // interleaved. Valid until the next take(); with kLuma a kYCbCr frame's chroma planes stay those
  // of `frame`, to be read only.
  FrameView take(const FrameView& frame, CopiedPlanes planes);

 private:
  std::array<std::vector<std::byte>, 3> samples_;
};

}  // namespace vseal::image
