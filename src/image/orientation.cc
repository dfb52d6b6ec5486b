#include "image/orientation.h"

namespace vseal::image {
namespace {

struct Place {
  int x;
  int y;
};

// Where the coded pixel (x, y) of a width x height picture is displayed.
Place displayed_place(int x, int y, int width, int height, Orientation orientation) {
  const int right = width - 1 - x, bottom = height - 1 - y;
  switch (orientation) {
    case Orientation::kNormal:
      return {x, y};
    case Orientation::kFlipHorizontal:
      return {right, y};
    case Orientation::kRotate180:
      return {right, bottom};
    case Orientation::kFlipVertical:
      return {x, bottom};
    case Orientation::kTranspose:
      return {y, x};
    case Orientation::kRotate90:
      return {bottom, x};
    case Orientation::kTransverse:
      return {bottom, right};
    case Orientation::kRotate270:
      return {y, right};
  }
  return {x, y};
}

// Calls move(coded index, displayed index) for every pixel.
template <typename Move>
void for_each_pixel(int width, int height, Orientation orientation, const Move& move) {
  const int display_width = swaps_axes(orientation) ? height : width;
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const Place place = displayed_place(x, y, width, height, orientation);
      move(static_cast<size_t>(y) * width + x,
           static_cast<size_t>(place.y) * display_width + place.x);
    }
  }
}

}  // namespace

void to_display(std::span<const float> coded, int width, int height, Orientation orientation,
                std::span<float> out) {
  for_each_pixel(width, height, orientation,
                 [&](size_t from, size_t to) { out[to] = coded[from]; });
}

void to_coded(std::span<const float> displayed, int width, int height, Orientation orientation,
              std::span<float> out) {
  for_each_pixel(width, height, orientation,
                 [&](size_t to, size_t from) { out[to] = displayed[from]; });
}

}  // namespace vseal::image
