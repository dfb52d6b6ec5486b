// The JND map of one row from the luma rows around it.
#pragma once

#include "image/blend.h"

namespace vseal::image {

// Everything that the map of row y needs: rows of PaddedRows, luma in 0..255, zero in the two
// pixels before and after.
struct HeatRowInput {
  const float* box[5];  // rows y-2..y+2, zeros beyond the frame: for the luminance filter
  const float* above;   // row y-1 of the Sobel filter: box[1], or row y where borders replicate
  const float* below;   // row y+1 of it
};

// Four rows of PaddedRows that a call may overwrite: vertical sums.
struct HeatScratch {
  float* sums5;   // box[0] + ... + box[4]
  float* sums3;   // box[1] + box[2] + box[3]
  float* smooth;  // above + 2 box[2] + below
  float* slope;   // below - above
};

// heat[x] = JND map in 0..1 units, for x < width. All rows are PaddedRows, `heat` too: up to a
// vector behind `width` is overwritten.
void heat_row(const HeatRowInput& in, int width, const HeatmapOptions& options,
              const HeatScratch& scratch, float* heat);

// delta[x] = heat[x] * (low[x] + (high[x] - low[x]) * weight), rows as above.
void heat_delta_row(const HeatRowInput& in, int width, const HeatmapOptions& options,
                    const HeatScratch& scratch, const float* low, const float* high, float weight,
                    float* delta);

}  // namespace vseal::image
