// Tiles of sums on Arm: intrinsics, because Highway 1.0.3 has no dot product of quads of bytes.
#if defined(__aarch64__)

#include <arm_neon.h>

#include <cstring>

#include "kernels/int8/conv_tile.h"
#include "kernels/int8/winograd.h"

namespace vseal::kernels {
namespace {

// Loops over registers must vanish.
#if defined(__clang__)
#define VSEAL_UNROLL _Pragma("unroll")
#define VSEAL_TARGET_SDOT __attribute__((target("dotprod")))
#else
#define VSEAL_UNROLL _Pragma("GCC unroll 16")
#define VSEAL_TARGET_SDOT __attribute__((target("arch=armv8.2-a+dotprod")))
#endif

constexpr int kQuarters = kInt8Panel / 4;  // registers of 16 bytes of a panel's quad

// A tile of several panels, one after the other.
using SumPanel = void (*)(const Int8Tile& tile, const int8_t* weights, int32_t* sums, int64_t step);
template <SumPanel sum_panel>
void run_panels(const Int8Tile& tile, int panels) {
  for (int c = 0; c < panels; ++c) {
    sum_panel(tile, tile.weights + c * tile.panel_step, tile.sums + c * kInt8Panel,
              int64_t{panels} * kInt8Panel);
  }
}

int32_t quad_at(const Int8Tile& tile, int p, int64_t at) {
  int32_t four;
  std::memcpy(&four, static_cast<const int8_t*>(tile.x[p]) + at, 4);
  return four;
}

// One sdot adds four products to each of four sums, exactly. Sums of six pixels, a quad of weights
// and an input fit into 32 registers.
constexpr int kSdotPixels = 6;
int sdot_pixels(int) { return kSdotPixels; }

VSEAL_TARGET_SDOT void sdot_panel(const Int8Tile& tile, const int8_t* w, int32_t* out,
                                  int64_t out_step) {
  int32x4_t sums[kSdotPixels][kQuarters];
  VSEAL_UNROLL
  for (int p = 0; p < kSdotPixels; ++p) {
    VSEAL_UNROLL
    for (int q = 0; q < kQuarters; ++q) sums[p][q] = vdupq_n_s32(0);
  }
  for (int64_t row = 0; row < tile.rows; ++row) {
    for (int64_t quad = 0; quad < tile.quads; ++quad, w += kInt8Panel * 4) {
      int8x16_t weights[kQuarters];
      VSEAL_UNROLL
      for (int q = 0; q < kQuarters; ++q) weights[q] = vld1q_s8(w + q * 16);
      VSEAL_UNROLL
      for (int p = 0; p < kSdotPixels; ++p) {
        const int32_t four = quad_at(tile, p, row * tile.row_step + quad * 4);
        const int8x16_t x = vreinterpretq_s8_s32(vdupq_n_s32(four));
        VSEAL_UNROLL
        for (int q = 0; q < kQuarters; ++q) sums[p][q] = vdotq_s32(sums[p][q], weights[q], x);
      }
    }
  }
  VSEAL_UNROLL
  for (int p = 0; p < kSdotPixels; ++p) {
    VSEAL_UNROLL
    for (int q = 0; q < kQuarters; ++q) vst1q_s32(out + p * out_step + q * 4, sums[p][q]);
  }
}

// Without sdot: products of bytes fit into i16; pairs of them are added to i32, two partial
// sums for each channel, which are added at the end.
constexpr int kNeonPixels = 3;
int neon_pixels(int) { return kNeonPixels; }

void neon_panel(const Int8Tile& tile, const int8_t* w, int32_t* out, int64_t out_step) {
  int32x4_t sums[kNeonPixels][kQuarters][2];
  VSEAL_UNROLL
  for (int p = 0; p < kNeonPixels; ++p) {
    VSEAL_UNROLL
    for (int q = 0; q < kQuarters; ++q) sums[p][q][0] = sums[p][q][1] = vdupq_n_s32(0);
  }
  for (int64_t row = 0; row < tile.rows; ++row) {
    for (int64_t quad = 0; quad < tile.quads; ++quad, w += kInt8Panel * 4) {
      int8x16_t weights[kQuarters];
      VSEAL_UNROLL
      for (int q = 0; q < kQuarters; ++q) weights[q] = vld1q_s8(w + q * 16);
      VSEAL_UNROLL
      for (int p = 0; p < kNeonPixels; ++p) {
        const int32_t four = quad_at(tile, p, row * tile.row_step + quad * 4);
        const int8x16_t x = vreinterpretq_s8_s32(vdupq_n_s32(four));
        VSEAL_UNROLL
        for (int q = 0; q < kQuarters; ++q) {
          const int16x8_t low = vmull_s8(vget_low_s8(weights[q]), vget_low_s8(x));
          sums[p][q][0] = vpadalq_s16(sums[p][q][0], low);
          sums[p][q][1] = vpadalq_s16(sums[p][q][1], vmull_high_s8(weights[q], x));
        }
      }
    }
  }
  VSEAL_UNROLL
  for (int p = 0; p < kNeonPixels; ++p) {
    VSEAL_UNROLL
    for (int q = 0; q < kQuarters; ++q) {
      vst1q_s32(out + p * out_step + q * 4, vpaddq_s32(sums[p][q][0], sums[p][q][1]));
    }
  }
}

constexpr int kNeonTiles = 4;

// Sums of kNeonTiles patches for one panel.
void neon_products(const WinogradProducts& a, int64_t tile, int64_t channel) {
  int32x4_t sums[kNeonTiles][kQuarters];
  int32_t* at = a.sums + tile * kWinogradOutputs + channel;
  VSEAL_UNROLL
  for (int t = 0; t < kNeonTiles; ++t) {
    VSEAL_UNROLL
    for (int q = 0; q < kQuarters; ++q) {
      sums[t][q] = a.add ? vld1q_s32(at + t * kWinogradOutputs + q * 4) : vdupq_n_s32(0);
    }
  }
  const int16_t* w = a.weights + channel * 2;
  const int16_t* x = a.inputs + tile * a.channels;
  for (int64_t i = 0; i < a.channels; i += 2, w += kWinogradOutputs * 2) {
    VSEAL_UNROLL
    for (int q = 0; q < kQuarters; q += 2) {
      const int16x8x2_t weights = vld2q_s16(w + q * 8);  // of eight outputs: evens, odds
      VSEAL_UNROLL
      for (int t = 0; t < kNeonTiles; ++t) {
        VSEAL_UNROLL
        for (int k = 0; k < 2; ++k) {
          const int16_t value = x[t * a.channels + i + k];
          const int16x8_t v = weights.val[k];
          sums[t][q] = vmlal_n_s16(sums[t][q], vget_low_s16(v), value);
          sums[t][q + 1] = vmlal_high_n_s16(sums[t][q + 1], v, value);
        }
      }
    }
  }
  VSEAL_UNROLL
  for (int t = 0; t < kNeonTiles; ++t) {
    VSEAL_UNROLL
    for (int q = 0; q < kQuarters; ++q) {
      vst1q_s32(at + t * kWinogradOutputs + q * 4, sums[t][q]);
    }
  }
}

}  // namespace

void winograd_products_neon(const WinogradProducts& products, int panels) {
  for (int c = 0; c < panels; ++c) {
    for (int t = 0; t < kWinogradProductTiles; t += kNeonTiles) {
      neon_products(products, t, c * kInt8Panel);
    }
  }
}

// A dot product multiplies four times what a widening multiplication does: as much as Winograd's
// method saves.
const Int8TileKernel& int8_sdot_kernel() {
  static constexpr Int8TileKernel kernel = {PaddedKind::kSigned, sdot_pixels,
                                            run_panels<sdot_panel>, nullptr, "conv2d_i8_sdot"};
  return kernel;
}

const Int8TileKernel& int8_neon_kernel() {
  static constexpr Int8TileKernel kernel = {PaddedKind::kSigned, neon_pixels,
                                            run_panels<neon_panel>, winograd_products_neon,
                                            "conv2d_i8_neon"};
  return kernel;
}

}  // namespace vseal::kernels

#endif  // __aarch64__
