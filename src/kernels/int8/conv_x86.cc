// Tiles of sums on x86: intrinsics, because Highway 1.0.3 has no dot product of quads of bytes.
#if defined(__x86_64__)

#include <immintrin.h>

#include <cstring>

#include "kernels/int8/conv_tile.h"
#include "kernels/int8/winograd.h"

namespace vseal::kernels {
namespace {

// Loops over registers must vanish.
#if defined(__clang__)
#define VSEAL_UNROLL _Pragma("unroll")
#else
#define VSEAL_UNROLL _Pragma("GCC unroll 16")
#endif
#define VSEAL_TARGET_VNNI __attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni")))
#define VSEAL_TARGET_AVX2 __attribute__((target("avx2")))

// The most pixels for which sums, weights and one quad of input fit into 32 registers.
constexpr int vnni_tile_pixels(int panels) { return panels >= 4 ? 6 : panels == 3 ? 8 : 12; }
int vnni_pixels(int panels) { return vnni_tile_pixels(panels); }

// One vpdpbusd adds four products of u8 inputs and i8 weights to each of 16 sums, exactly.
template <int kPixels, int kPanels>
VSEAL_TARGET_VNNI void vnni_tile(const Int8Tile& tile) {
  __m512i sums[kPixels][kPanels];
  VSEAL_UNROLL
  for (int p = 0; p < kPixels; ++p) {
    VSEAL_UNROLL
    for (int c = 0; c < kPanels; ++c) sums[p][c] = _mm512_setzero_si512();
  }
  const int8_t* w = tile.weights;
  for (int64_t row = 0; row < tile.rows; ++row) {
    const int64_t at = row * tile.row_step;
    for (int64_t quad = 0; quad < tile.quads; ++quad, w += kInt8Panel * 4) {
      __m512i weights[kPanels];
      VSEAL_UNROLL
      for (int c = 0; c < kPanels; ++c) weights[c] = _mm512_load_si512(w + c * tile.panel_step);
      VSEAL_UNROLL
      for (int p = 0; p < kPixels; ++p) {
        int32_t four;
        std::memcpy(&four, static_cast<const uint8_t*>(tile.x[p]) + at + quad * 4, 4);
        const __m512i x = _mm512_set1_epi32(four);
        VSEAL_UNROLL
        for (int c = 0; c < kPanels; ++c) {
          sums[p][c] = _mm512_dpbusd_epi32(sums[p][c], x, weights[c]);
        }
      }
    }
  }
  VSEAL_UNROLL
  for (int p = 0; p < kPixels; ++p) {
    VSEAL_UNROLL
    for (int c = 0; c < kPanels; ++c) {
      _mm512_store_si512(tile.sums + (p * kPanels + c) * kInt8Panel, sums[p][c]);
    }
  }
}

void run_vnni(const Int8Tile& tile, int panels) {
  if (panels == 1) return vnni_tile<vnni_tile_pixels(1), 1>(tile);
  if (panels == 2) return vnni_tile<vnni_tile_pixels(2), 2>(tile);
  if (panels == 3) return vnni_tile<vnni_tile_pixels(3), 3>(tile);
  vnni_tile<vnni_tile_pixels(4), 4>(tile);
}

constexpr int kAvx2Pixels = 6;
int avx2_pixels(int) { return kAvx2Pixels; }

// Half a panel: vpmaddwd adds two products of i16 exactly; a register holds two partial sums for
// each of four channels, which are added at the end. With twelve sums there are registers left for
// two of weights, an input and its products.
VSEAL_TARGET_AVX2 void avx2_half_panel(const Int8Tile& tile, const int8_t* w, int32_t* out,
                                       int64_t out_step) {
  constexpr int kQuarters = 2;
  __m256i sums[kAvx2Pixels][kQuarters];
  VSEAL_UNROLL
  for (int p = 0; p < kAvx2Pixels; ++p) {
    VSEAL_UNROLL
    for (int q = 0; q < kQuarters; ++q) sums[p][q] = _mm256_setzero_si256();
  }
  for (int64_t row = 0; row < tile.rows; ++row) {
    const int64_t at = row * tile.row_step;
    for (int64_t quad = 0; quad < tile.quads; ++quad, w += kInt8Panel * 4) {
      __m256i weights[kQuarters];
      VSEAL_UNROLL
      for (int q = 0; q < kQuarters; ++q) {
        const auto* bytes = reinterpret_cast<const __m128i*>(w + q * 16);
        weights[q] = _mm256_cvtepi8_epi16(_mm_load_si128(bytes));
      }
      VSEAL_UNROLL
      for (int p = 0; p < kAvx2Pixels; ++p) {
        int64_t four;
        std::memcpy(&four, static_cast<const int16_t*>(tile.x[p]) + at + quad * 4, 8);
        const __m256i x = _mm256_set1_epi64x(four);
        VSEAL_UNROLL
        for (int q = 0; q < kQuarters; ++q) {
          sums[p][q] = _mm256_add_epi32(sums[p][q], _mm256_madd_epi16(x, weights[q]));
        }
      }
    }
  }
  VSEAL_UNROLL
  for (int p = 0; p < kAvx2Pixels; ++p) {
    // Lanes come as 0 1 4 5 | 2 3 6 7 of eight channels.
    const __m256i pairs = _mm256_hadd_epi32(sums[p][0], sums[p][1]);
    const __m256i ordered = _mm256_permute4x64_epi64(pairs, 0xD8);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + p * out_step), ordered);
  }
}

void run_avx2(const Int8Tile& tile, int panels) {
  for (int c = 0; c < panels; ++c) {
    for (int half = 0; half < 2; ++half) {
      avx2_half_panel(tile, tile.weights + c * tile.panel_step + half * 32,
                      tile.sums + c * kInt8Panel + half * 8, int64_t{panels} * kInt8Panel);
    }
  }
}

// One vpdpwssd adds two products of i16 to each of 16 sums, modulo 2^32.
template <int kPanels>
VSEAL_TARGET_VNNI void vnni_products(const WinogradProducts& a) {
  constexpr int kTiles = kWinogradProductTiles;
  __m512i sums[kTiles][kPanels];
  VSEAL_UNROLL
  for (int t = 0; t < kTiles; ++t) {
    VSEAL_UNROLL
    for (int c = 0; c < kPanels; ++c) {
      const void* from = a.sums + t * kWinogradOutputs + c * kInt8Panel;
      sums[t][c] = a.add ? _mm512_loadu_si512(from) : _mm512_setzero_si512();
    }
  }
  const int16_t* w = a.weights;
  for (int64_t i = 0; i < a.channels; i += 2, w += kWinogradOutputs * 2) {
    __m512i weights[kPanels];
    VSEAL_UNROLL
    for (int c = 0; c < kPanels; ++c) weights[c] = _mm512_loadu_si512(w + c * kInt8Panel * 2);
    VSEAL_UNROLL
    for (int t = 0; t < kTiles; ++t) {
      int32_t pair;
      std::memcpy(&pair, a.inputs + t * a.channels + i, 4);
      VSEAL_UNROLL
      for (int c = 0; c < kPanels; ++c) {
        sums[t][c] = _mm512_dpwssd_epi32(sums[t][c], weights[c], _mm512_set1_epi32(pair));
      }
    }
  }
  VSEAL_UNROLL
  for (int t = 0; t < kTiles; ++t) {
    VSEAL_UNROLL
    for (int c = 0; c < kPanels; ++c) {
      _mm512_storeu_si512(a.sums + t * kWinogradOutputs + c * kInt8Panel, sums[t][c]);
    }
  }
}

constexpr int kAvx2Tiles = 4;

// Sums of kAvx2Tiles patches for one panel.
VSEAL_TARGET_AVX2 void avx2_products(const WinogradProducts& a, int64_t tile, int64_t channel) {
  __m256i sums[kAvx2Tiles][2];
  int32_t* at = a.sums + tile * kWinogradOutputs + channel;
  VSEAL_UNROLL
  for (int t = 0; t < kAvx2Tiles; ++t) {
    VSEAL_UNROLL
    for (int c = 0; c < 2; ++c) {
      const auto* from = reinterpret_cast<const __m256i*>(at + t * kWinogradOutputs + c * 8);
      sums[t][c] = a.add ? _mm256_loadu_si256(from) : _mm256_setzero_si256();
    }
  }
  const int16_t* w = a.weights + channel * 2;
  const int16_t* x = a.inputs + tile * a.channels;
  for (int64_t i = 0; i < a.channels; i += 2, w += kWinogradOutputs * 2) {
    __m256i weights[2];
    VSEAL_UNROLL
    for (int c = 0; c < 2; ++c) {
      weights[c] = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(w + c * 16));
    }
    VSEAL_UNROLL
    for (int t = 0; t < kAvx2Tiles; ++t) {
      int32_t pair;
      std::memcpy(&pair, x + t * a.channels + i, 4);
      VSEAL_UNROLL
      for (int c = 0; c < 2; ++c) {
        const __m256i products = _mm256_madd_epi16(_mm256_set1_epi32(pair), weights[c]);
        sums[t][c] = _mm256_add_epi32(sums[t][c], products);
      }
    }
  }
  VSEAL_UNROLL
  for (int t = 0; t < kAvx2Tiles; ++t) {
    VSEAL_UNROLL
    for (int c = 0; c < 2; ++c) {
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(at + t * kWinogradOutputs + c * 8),
                          sums[t][c]);
    }
  }
}

}  // namespace

void winograd_products_vnni(const WinogradProducts& products, int panels) {
  if (panels == 1) return vnni_products<1>(products);
  vnni_products<kWinogradPanels>(products);
}

void winograd_products_avx2(const WinogradProducts& products, int panels) {
  for (int c = 0; c < panels; ++c) {
    for (int t = 0; t < kWinogradProductTiles; t += kAvx2Tiles) {
      avx2_products(products, t, c * kInt8Panel);
    }
  }
}

const Int8TileKernel& int8_vnni_kernel() {
  static constexpr Int8TileKernel kernel = {PaddedKind::kBytes, vnni_pixels, run_vnni,
                                            winograd_products_vnni, "conv2d_i8_vnni"};
  return kernel;
}

const Int8TileKernel& int8_avx2_kernel() {
  static constexpr Int8TileKernel kernel = {PaddedKind::kWords, avx2_pixels, run_avx2,
                                            winograd_products_avx2, "conv2d_i8_avx2"};
  return kernel;
}

}  // namespace vseal::kernels

#endif  // __x86_64__
