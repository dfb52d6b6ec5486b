#include "image/frame_copy.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace vseal::image {
namespace {

size_t bytes_of(const PlaneView& plane, ptrdiff_t samples) {
  return static_cast<size_t>(samples) * static_cast<size_t>(plane.bytes_per_sample());
}

// Samples from the first of a row to behind the last.
ptrdiff_t row_samples(const PlaneView& plane) {
  return static_cast<ptrdiff_t>(plane.width - 1) * plane.step + 1;
}

// Whether the planes are the channels of interleaved pixels, so that one copy takes them all.
bool is_interleaved(const FrameView& frame) {
  const PlaneView& first = frame.planes[0];
  for (size_t i = 1; i < static_cast<size_t>(frame.plane_count); ++i) {
    const PlaneView& plane = frame.planes[i];
    const ptrdiff_t apart =
        static_cast<const std::byte*>(plane.data) - static_cast<const std::byte*>(first.data);
    const bool same = plane.step == first.step && plane.stride == first.stride &&
                      plane.width == first.width && plane.height == first.height &&
                      plane.depth_bits == first.depth_bits;
    if (!same || apart < 0 || apart >= first.step * first.bytes_per_sample()) return false;
  }
  return frame.plane_count > 1;
}

// Copies rows of `samples` from plane.data on; returns the view of the copy.
PlaneView copy_rows(const PlaneView& plane, ptrdiff_t samples, std::vector<std::byte>& memory) {
  PlaneView copy = plane;
  copy.stride = samples;
  memory.resize(bytes_of(plane, samples) * static_cast<size_t>(plane.height));
  copy.data = memory.data();
  for (int y = 0; y < plane.height; ++y) {
    const auto* row =
        static_cast<const std::byte*>(plane.data) + y * plane.stride * plane.bytes_per_sample();
    std::memcpy(memory.data() + bytes_of(plane, samples) * static_cast<size_t>(y), row,
                bytes_of(plane, samples));
  }
  return copy;
}

}  // namespace

FrameView FrameCopy::take(const FrameView& frame, CopiedPlanes planes) {
  FrameView copy = frame;
  const size_t planes_there = static_cast<size_t>(frame.plane_count);
  if (is_interleaved(frame)) {
    const auto* first = static_cast<const std::byte*>(frame.planes[0].data);
    ptrdiff_t last = 0;  // bytes from the first channel to the last
    for (size_t i = 1; i < planes_there; ++i) {
      last = std::max(last, static_cast<const std::byte*>(frame.planes[i].data) - first);
    }
    const PlaneView& plane = frame.planes[0];
    const PlaneView packed =
        copy_rows(plane, row_samples(plane) + last / plane.bytes_per_sample(), samples_[0]);
    for (size_t i = 0; i < planes_there; ++i) {
      const ptrdiff_t apart = static_cast<const std::byte*>(frame.planes[i].data) - first;
      copy.planes[i] = packed;
      copy.planes[i].data = static_cast<std::byte*>(packed.data) + apart;
    }
    return copy;
  }
  const bool luma_only = planes == CopiedPlanes::kLuma && frame.model == ColorModel::kYCbCr;
  for (size_t i = 0; i < (luma_only ? 1 : planes_there); ++i) {
    copy.planes[i] = copy_rows(frame.planes[i], row_samples(frame.planes[i]), samples_[i]);
  }
  return copy;
}

}  // namespace vseal::image
