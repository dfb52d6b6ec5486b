// Small pictures between coded and displayed orientation.
#pragma once

#include <span>

#include "base/plane.h"

namespace vseal::image {

// Turns a coded picture [height][width] of floats as `orientation` says; the result is
// [width][height] where swaps_axes(orientation). `out` holds width * height values.
void to_display(std::span<const float> coded, int width, int height, Orientation orientation,
                std::span<float> out);

// The inverse: `displayed` is the picture whose coded form is [height][width].
void to_coded(std::span<const float> displayed, int width, int height, Orientation orientation,
              std::span<float> out);

}  // namespace vseal::image
