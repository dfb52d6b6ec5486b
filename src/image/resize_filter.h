// The filters of a bilinear resize along one axis.
#pragma once

#include <vector>

namespace vseal::image {

// kAntialiased: a triangle as wide as the reduction in/out, never narrower than two inputs, as
// PyTorch's interpolate(mode="bilinear", align_corners=False, antialias=True). kPlain: the two
// inputs around the output's centre whatever the reduction, as antialias=False. Enlarging, the two
// are one.
enum class Resampling { kAntialiased, kPlain };

// For each output position: where its window starts, how many inputs it covers, and their weights
// (`taps` places for each output, the first `count` used, their sum 1).
struct ResizeFilter {
  int taps = 0;
  std::vector<int> first;
  std::vector<int> count;
  std::vector<float> weights;
};

// Computed in double. in, out >= 1.
ResizeFilter make_resize_filter(int in, int out, Resampling resampling);

// Where the centre of output i of `out` lies among `in` inputs, held within the first and last.
double source_position(int i, int in, int out);

}  // namespace vseal::image
