#include "media/raster.h"

#include <string>

namespace vseal::media {
namespace {

Status check(const FrameView& frame) {
  if (frame.model == ColorModel::kYCbCr) {
    return unsupported("[raster] expected a grey or RGB frame, got YCbCr");
  }
  const PlaneView& first = frame.planes[0];
  for (int c = 0; c < frame.plane_count; ++c) {
    const PlaneView& p = frame.planes[static_cast<size_t>(c)];
    const bool sound = p.data != nullptr && p.width > 0 && p.height > 0 && p.depth_bits >= 8 &&
                       p.depth_bits <= 16 && p.width == first.width && p.height == first.height;
    if (sound) continue;
    return invalid_argument("[raster] plane " + std::to_string(c) + ": expected " +
                            std::to_string(first.width) + "x" + std::to_string(first.height) +
                            " samples of 8 to 16 bits, got " + std::to_string(p.width) + "x" +
                            std::to_string(p.height) + " of " + std::to_string(p.depth_bits));
  }
  return {};
}

uint8_t sample_at(const PlaneView& plane, int x, int y) {
  if (plane.depth_bits == 8) return plane.row<uint8_t>(y)[x * plane.step];
  const unsigned value = plane.row<uint16_t>(y)[x * plane.step];
  const unsigned most = static_cast<unsigned>(plane.max_value());
  return static_cast<uint8_t>((value * 255 + most / 2) / most);
}

struct Point {
  int x, y;
};

// Where the displayed pixel `at` lies in a coded picture of width x height.
Point coded(Point at, int width, int height, Orientation orientation) {
  const int right = width - 1;
  const int bottom = height - 1;
  switch (orientation) {
    case Orientation::kNormal:
      return at;
    case Orientation::kFlipHorizontal:
      return {right - at.x, at.y};
    case Orientation::kRotate180:
      return {right - at.x, bottom - at.y};
    case Orientation::kFlipVertical:
      return {at.x, bottom - at.y};
    case Orientation::kTranspose:
      return {at.y, at.x};
    case Orientation::kRotate90:
      return {at.y, bottom - at.x};
    case Orientation::kTransverse:
      return {right - at.y, bottom - at.x};
    case Orientation::kRotate270:
      return {right - at.y, at.x};
  }
  return at;
}

}  // namespace

Raster::Raster(int width, int height)
    : width_(width),
      height_(height),
      samples_(static_cast<size_t>(width) * static_cast<size_t>(height) * 3) {}

Result<Raster> Raster::of(const FrameView& frame) {
  VSEAL_RETURN_IF_ERROR(check(frame));
  Raster raster(frame.display_width(), frame.display_height());
  for (int y = 0; y < raster.height(); ++y) {
    uint8_t* out = raster.row(y);
    for (int x = 0; x < raster.width(); ++x) {
      const Point from = coded({x, y}, frame.width(), frame.height(), frame.orientation);
      for (int c = 0; c < 3; ++c) {
        const size_t plane = static_cast<size_t>(frame.plane_count == 1 ? 0 : c);
        *out++ = sample_at(frame.planes[plane], from.x, from.y);
      }
    }
  }
  return raster;
}

FrameView Raster::view() {
  FrameView view;
  view.plane_count = 3;
  view.model = ColorModel::kRgb;
  for (int c = 0; c < 3; ++c) {
    PlaneView& plane = view.planes[static_cast<size_t>(c)];
    plane.data = samples_.data() + c;
    plane.width = width_;
    plane.height = height_;
    plane.stride = static_cast<ptrdiff_t>(row_bytes());
    plane.step = 3;
  }
  return view;
}

FrameView Raster::view() const { return const_cast<Raster*>(this)->view(); }

}  // namespace vseal::media
