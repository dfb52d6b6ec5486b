// The JND map of one row from the luma rows around it.
#pragma once

#include "image/blend.h"

namespace vseal::image {

// Luma rows carry this many pixels of border on both sides.
inline constexpr int kRowBorder = 2;

// Everything that the map of a row needs. Pointers point at pixel 0 of rows with kRowBorder pixels
// of border; luma is in 0..255.
struct HeatRowInput {
  const float* box[5];    // rows y-2..y+2, zeros beyond the frame: for the luminance filter
  const float* sobel[3];  // rows y-1..y+1 with the Sobel filter's own border
};

// Scratch of one thread: two rows of width + 2 * kRowBorder floats each, pointing at pixel 0.
struct HeatScratch {
  float* sums;  // vertical sums of 5 rows, then of 3
  float* sums3;
};

// heat[x] in 0..1 units for x < width.
void heat_row(const HeatRowInput& in, int width, const HeatmapOptions& options,
              const HeatScratch& scratch, float* heat);

// out[x] = strength * heat[x] * (low[x] + (high[x] - low[x]) * weight).
void delta_row(const float* heat, const float* low, const float* high, float weight, float strength,
               int width, float* out);

// out[x] = row[first[x]] + (row[first[x] + 1] - row[first[x]]) * weight[x]; row has one value more
// than its last index.
void stretch_row(const float* row, const int* first, const float* weight, int width, float* out);

}  // namespace vseal::image
