// What an integer depthwise convolution computes at a time.
#pragma once

#include <cstdint>

namespace vseal::kernels {

inline constexpr int kDepthwisePixels = 8;
inline constexpr int kDepthwiseChannels = 64;

// Sums of kDepthwisePixels neighbours in a row, of up to kDepthwiseChannels channels.
struct DepthwiseTile {
  const float* x = nullptr;       // the first value of the first window, in the padded copy
  const float* weight = nullptr;  // [kh][kw][c], from the tile's first channel on
  int64_t kh = 0, kw = 0, c = 0;
  int64_t row_step = 0;     // from one row of the copy to the next
  int32_t* sums = nullptr;  // [kDepthwisePixels][kDepthwiseChannels]
};

}  // namespace vseal::kernels
