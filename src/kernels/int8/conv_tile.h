// What the tiles of an integer convolution share on every instruction set.
#pragma once

#include <algorithm>
#include <cstdint>

#include "kernels/int8/packed.h"

namespace vseal::kernels {

inline constexpr int kInt8Panel = 16;     // output channels side by side in packed weights
inline constexpr int kInt8MaxPanels = 4;  // of a tile
inline constexpr int kInt8MaxPixels = 32;

// The padded copy of x: pixels of ic values without holes, rows of w + 2 pad pixels. kBytes holds
// x + 128 as u8 (padding: the zero point + 128), kSigned x itself (padding: the zero point), kWords
// x - x_zero_point as i16 (padding: 0).
enum class PaddedKind { kBytes, kSigned, kWords };
inline constexpr int value_bytes(PaddedKind kind) { return kind == PaddedKind::kWords ? 2 : 1; }
// What stands in the copy for x = x_zero_point.
inline int32_t padded_zero(PaddedKind kind, int32_t x_zero_point) {
  if (kind == PaddedKind::kWords) return 0;
  return kind == PaddedKind::kBytes ? x_zero_point + 128 : x_zero_point;
}
inline constexpr int kPaddedSlack = 64;  // bytes behind the copy that a tile may read

inline int64_t padded_width(const Conv2dShape& s) { return int64_t{s.w} + 2 * s.pad; }
inline int64_t padded_height(const Conv2dShape& s) { return int64_t{s.h} + 2 * s.pad; }
inline int64_t row_quads(const Conv2dShape& s) { return (int64_t{s.kw} * s.ic + 3) / 4; }
inline int64_t panel_bytes(const Conv2dShape& s) { return s.kh * row_quads(s) * kInt8Panel * 4; }

// Sums of products of a tile: `pixels` output pixels by `panels` panels of channels.
//   sums[p * panels * 16 + c] = sum over ky, k of x[p][ky * row_step + k] * weight
struct Int8Tile {
  const void* x[kInt8MaxPixels];  // the first value of each pixel's window in the padded copy
  int pixels = 0;                 // whose sums are wanted; all of a kernel's number can be read
  int64_t row_step = 0;           // values from one row of the copy to the next
  int64_t rows = 0;               // kh
  int64_t quads = 0;              // of a row
  const int8_t* weights = nullptr;
  int64_t panel_step = 0;  // bytes
  int32_t* sums = nullptr;
};

struct WinogradProducts;

// A kernel for tiles of one instruction set: run(tile, panels) for panels 1 to 4, each with the
// number of pixels that pixels(panels) says. multiply(products, panels): see winograd.h; null where
// the direct sum is faster.
struct Int8TileKernel {
  PaddedKind padded;
  int (*pixels)(int panels);
  void (*run)(const Int8Tile& tile, int panels);
  void (*multiply)(const WinogradProducts& products, int panels);
  const char* name;
};

// The best for the instruction set in use (kernels/isa.h).
const Int8TileKernel& int8_tile_kernel();

const Int8TileKernel& int8_portable_kernel();
#if defined(__x86_64__)
const Int8TileKernel& int8_avx2_kernel();
const Int8TileKernel& int8_vnni_kernel();  // AVX-512 with VNNI
const Int8TileKernel& int8_amx_kernel();
#elif defined(__aarch64__)
const Int8TileKernel& int8_neon_kernel();
const Int8TileKernel& int8_sdot_kernel();  // Armv8.2's dot product
#endif

// conv2d_i8 on a certain kernel.
void conv2d_i8_with(const Int8TileKernel& kernel, const Conv2dShape& shape,
                    const Int8ConvArguments& arguments, const PackedInt8Filter& packed,
                    float* scratch, ThreadPool& pool);

// Writes outputs from sums (epilogue.cc): `count` pixels of [pixel][stride] sums for channels
// [first, first + channels) from output pixel `pixel` on.
struct Int8Finish {
  const Conv2dShape& shape;
  const Int8ConvArguments& arguments;
  const int32_t* offset = nullptr;  // [oc], added to the sums
  const int32_t* bias = nullptr;    // added too: arguments.bias if it is not a vector, or null
};
// Writes the offsets of a convolution's sums, [oc filled up to 16]: the bias where it is a vector,
// less `factor` times the sum of each filter.
void fill_offsets(const Conv2dShape& shape, const Int8ConvArguments& arguments, int32_t factor,
                  const int32_t* filter_sums, int32_t* offset);
inline const int32_t* bias_per_pixel(const Int8ConvArguments& arguments) {
  return arguments.bias_layout == BiasLayout::kVector ? nullptr : arguments.bias;
}
void finish_i8(const Int8Finish& finish, const int32_t* sums, int64_t stride, int64_t pixel,
               int count, int first, int channels);

}  // namespace vseal::kernels
