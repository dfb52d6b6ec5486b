// Pictures in memory through libvips: geometry, colour, filters, still codecs. Every function
// gives a new picture and is thread-safe; kInvalidArgument for sizes and values out of range,
// kOutOfMemory or kInternal when libvips fails. Colour results are rounded and clamped to 0..255.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "base/status.h"
#include "media/picture.h"
#include "media/raster.h"

namespace vseal::media {

// Larger sides are refused, in px.
inline constexpr int kMaxRasterSide = 32768;

Result<Raster> flip(const Raster& in);  // left to right

// Turned counter-clockwise by `quarters` * 90 degrees; the canvas turns too.
Result<Raster> turn(const Raster& in, int quarters);

// To width x height: bilinear, with a triangle as wide as the reduction (antialiased).
Result<Raster> resize(const Raster& in, int width, int height);

// The rectangle from (x, y), which must lie inside.
Result<Raster> crop(const Raster& in, int x, int y, int width, int height);

// Puts the picture at (x, y) of a canvas of width x height whose samples are all `fill`.
Result<Raster> place(const Raster& in, int x, int y, int width, int height, uint8_t fill);

// Homogeneous 3x3 matrix, row-major.
using Homography = std::array<double, 9>;

// On a canvas of the same size: output (x, y) is input (u / w, v / w) with (u, v, w) = map (x, y,
// 1), pixel centres at whole numbers, bilinear; black where the input has nothing.
Result<Raster> warp(const Raster& in, const Homography& map);

// Row-major 3x3 matrix over (R, G, B).
using ColorMatrix3 = std::array<double, 9>;

// matrix (R, G, B) + offset.
Result<Raster> mix_colours(const Raster& in, const ColorMatrix3& matrix, double offset);

// 255 (x / 255)^exponent.
Result<Raster> power(const Raster& in, double exponent);

// Adds `turns` of a full turn to the hue of 8-bit HSV.
Result<Raster> turn_hue(const Raster& in, double turns);

// Gaussian of standard deviation `sigma` px, cut where it is below 1 % of its peak.
Result<Raster> blur(const Raster& in, double sigma);

// Median of size x size, each channel by itself; size is odd.
Result<Raster> median(const Raster& in, int size);

// Adds independent normal noise of standard deviation `sigma` (in sample values) to each sample.
Result<Raster> add_noise(const Raster& in, double sigma, uint32_t seed);

// Mean of 0.299 R + 0.587 G + 0.114 B, 0..255.
double mean_luma(const Raster& in);

// The file that `format` makes of the picture: quality 1..100 for JPEG (4:2:0), WebP and AVIF
// (4:2:0); ignored for PNG. Others are kUnsupported.
Result<std::vector<uint8_t>> encode(const Raster& in, PictureFormat format, int quality);

// The inverse, for files of our own making.
Result<Raster> decode(std::span<const uint8_t> file, PictureFormat format);

}  // namespace vseal::media
