// The antialiasing filter of a bilinear reduction.
#pragma once

#include <vector>

namespace vseal::image {

// For each output position: where its window starts, how many inputs it covers, and their weights
// (`taps` places for each output, the first `count` used, their sum 1).
struct TriangleFilter {
  int taps = 0;
  std::vector<int> first;
  std::vector<int> count;
  std::vector<float> weights;
};

// The triangle of PyTorch's interpolate(mode="bilinear", antialias=True): as wide as the reduction
// in/out, never narrower than two inputs; computed in double.
TriangleFilter make_triangle_filter(int in, int out);

}  // namespace vseal::image
