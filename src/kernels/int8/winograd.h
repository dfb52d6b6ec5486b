// Exact 3x3 convolutions of integers by Winograd's F(4x4, 3x3): a quarter of the multiplications.
//
// A tile of 4x4 outputs comes from a patch of 6x6 inputs. With points 0, 1, -1, 2, -2, infinity,
//   B = [4 0 -5 0 1 0; 0 -4 -4 1 1 0; 0 4 -4 -1 1 0; 0 -2 -1 2 1 0; 0 2 -1 -2 1 0; 0 4 0 -5 0 1]
//   G = [6 0 0; -4 -4 -4; -4 4 -4; 1 2 4; 1 -2 4; 0 0 12]
//   A = [1 1 1 1 1 0; 0 1 -1 2 -2 0; 0 1 1 4 4 0; 0 1 -1 8 -8 2]
// the outputs are A ((B d B') * sum over channels (G w G')) A' / 576. Inputs B d B' are below 2^15
// in magnitude for any d = x - zero point, weights G w G' too, and their products are summed modulo
// 2^32. What comes out is 576 = 2^6 * 9 times the convolution, modulo 2^32: times the inverse of 9
// and shifted by 6 it is the convolution itself, wherever that is below 2^25 in magnitude. Filters
// say whether it is (exact_parts()); where it is not, sums of fewer channels are made and added.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/thread_pool.h"
#include "kernels/int8/conv_tile.h"

namespace vseal::kernels {

inline constexpr int kWinogradOut = 4, kWinogradIn = 6, kWinogradPlaces = 36;
inline constexpr int kWinogradTiles = 64;      // of a block
inline constexpr int kWinogradChannels = 128;  // of the input, at a time
inline constexpr int kWinogradPanels = 2;      // of output channels, at a time
inline constexpr int kWinogradOutputs = kWinogradPanels * kInt8Panel;

// Distances between places, apart from powers of two that would share lines of the cache.
inline constexpr int64_t kWinogradInputPlace = kWinogradTiles * kWinogradChannels + 32;
inline constexpr int64_t kWinogradWeightPlace = kWinogradOutputs * kWinogradChannels + 32;
inline constexpr int64_t kWinogradSumPlace = kWinogradTiles * kWinogradOutputs + 16;

// Products of kWinogradProductTiles patches with a weight place, for `panels` panels:
//   sums[t][o] (+)= sum over channels of inputs[t][i] * weights[i / 2][o][i % 2]
inline constexpr int kWinogradProductTiles = 8;
struct WinogradProducts {
  const int16_t* inputs = nullptr;   // rows of `channels`
  const int16_t* weights = nullptr;  // [channels / 2][kWinogradOutputs][2]
  int64_t channels = 0;              // even
  int32_t* sums = nullptr;           // rows of kWinogradOutputs
  bool add = false;                  // to what is there
};
using WinogradMultiply = void (*)(const WinogradProducts& products, int panels);

#if defined(__x86_64__)
void winograd_products_avx2(const WinogradProducts& products, int panels);
void winograd_products_vnni(const WinogradProducts& products, int panels);
#elif defined(__aarch64__)
void winograd_products_neon(const WinogradProducts& products, int panels);
#endif

// Ends of runs of input channels, multiples of kWinogradChannels but the last, over which the sums
// of every filter [oc,3,3,ic] stay below 2^25 for any input; empty where there are none or where
// the shape is not for this.
std::vector<int> exact_parts(const Conv2dShape& shape, std::span<const int8_t> weight);

size_t winograd_i8_scratch_floats(const Conv2dShape& shape, int threads);

// What a run needs, after the padded copy of the input as bytes was made.
struct WinogradJob {
  const Conv2dShape& shape;
  const Int8Finish& finish;
  const uint8_t* padded;      // x + 128
  int16_t zero;               // what stands for 0 there
  const int8_t* weights;      // packed
  std::span<const int> ends;  // exact_parts()
  WinogradMultiply multiply;
};
void winograd_i8(const WinogradJob& job, float* scratch, ThreadPool& pool);

}  // namespace vseal::kernels
