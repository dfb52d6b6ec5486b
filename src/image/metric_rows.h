// The arithmetic of picture comparison, row by row.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace vseal::image {

inline constexpr int kSsimWindow = 11;

// Sum of (a[i] - b[i])^2, exact. count < 2^32.
uint64_t squared_difference(const uint8_t* a, const uint8_t* b, size_t count);
uint64_t squared_difference(const uint16_t* a, const uint16_t* b, size_t count);

// In place: a[x] becomes a + b - 1 and b[x] becomes a - b. With luma in 0..1 both stay in -1..1.
// Rows of PaddedRows: up to a vector behind `width` is overwritten.
void to_sum_and_difference(float* a, float* b, int width);

// What the windows of one row of positions see: rows y..y+10 of PaddedRows, made by
// to_sum_and_difference.
struct SsimInput {
  std::array<const float*, kSsimWindow> sum;
  std::array<const float*, kSsimWindow> difference;
};

// Rows of PaddedRows of the picture's width that a call may overwrite.
using SsimScratch = std::array<float*, 4>;

// Sum of 1 - SSIM over the width - 10 window positions of a row; width >= 11.
double ssim_deficit_row(const SsimInput& in, int width, const SsimScratch& scratch);

}  // namespace vseal::image
