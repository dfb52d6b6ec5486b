#include "image/frame_copy.h"

#include <cstdint>
#include <cstring>

namespace vseal::image {
namespace {

template <typename T>
void pack_row(const PlaneView& plane, int y, T* out) {
  const T* row = plane.row<T>(y);
  if (plane.step == 1) {
    std::memcpy(out, row, sizeof(T) * static_cast<size_t>(plane.width));
    return;
  }
  for (int x = 0; x < plane.width; ++x) out[x] = row[static_cast<ptrdiff_t>(x) * plane.step];
}

PlaneView pack(const PlaneView& plane, std::vector<std::byte>& memory) {
  PlaneView packed = plane;
  packed.step = 1;
  packed.stride = plane.width;
  memory.resize(static_cast<size_t>(plane.width) * static_cast<size_t>(plane.height) *
                static_cast<size_t>(plane.bytes_per_sample()));
  packed.data = memory.data();
  for (int y = 0; y < plane.height; ++y) {
    if (plane.depth_bits > 8) {
      pack_row(plane, y, packed.row<uint16_t>(y));
    } else {
      pack_row(plane, y, packed.row<uint8_t>(y));
    }
  }
  return packed;
}

}  // namespace

FrameView FrameCopy::take(const FrameView& frame, CopiedPlanes planes) {
  FrameView copy = frame;
  const bool luma_only = planes == CopiedPlanes::kLuma && frame.model == ColorModel::kYCbCr;
  const size_t count = luma_only ? 1 : static_cast<size_t>(frame.plane_count);
  for (size_t i = 0; i < count; ++i) copy.planes[i] = pack(frame.planes[i], samples_[i]);
  return copy;
}

}  // namespace vseal::image
