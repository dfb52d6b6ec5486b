// Chains of multiply-adds that touch no memory, and tiles of integers that touch little.
#include "kernels/peak.h"

#include "kernels/int8/conv_tile.h"
#include "kernels/isa.h"

// clang-format off: foreach_target.h includes this file again and comes before highway.h.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/peak.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace vseal::kernels {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Twelve chains cover a latency of 4 to 6 cycles at two a cycle, and fit into 16 registers.
int64_t multiply_adds(int64_t steps) {
  constexpr int kChains = 12;
  const hn::CappedTag<float, 16> d;
  using V = hn::Vec<decltype(d)>;
  // Factors the compiler cannot see, and starts that differ: no chain may be merged or folded.
  const volatile float seed = 0.999f;
  const V factor = hn::Set(d, seed);
  const V offset = hn::Set(d, 1.0f - seed);
  V sum[kChains];
  HWY_UNROLL(16)
  for (int i = 0; i < kChains; ++i) sum[i] = hn::Set(d, seed * static_cast<float>(i));
  for (int64_t step = 0; step < steps; ++step) {
    HWY_UNROLL(16)
    for (int i = 0; i < kChains; ++i) sum[i] = hn::MulAdd(sum[i], factor, offset);
  }
  V total = sum[0];
  for (int i = 1; i < kChains; ++i) total = hn::Add(total, sum[i]);
  volatile float sink = hn::GetLane(total);
  static_cast<void>(sink);
  return steps * kChains * static_cast<int64_t>(hn::MaxLanes(d));
}

}  // namespace HWY_NAMESPACE
}  // namespace vseal::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace vseal::kernels {

HWY_EXPORT(multiply_adds);

int64_t run_multiply_adds(int64_t steps) { return VSEAL_DISPATCH(multiply_adds)(steps); }

int64_t run_integer_multiply_adds(int64_t steps) {
  constexpr int kPanels = 4;
  constexpr int64_t kQuads = 64;
  // Weights, inputs and sums stay in the first level cache.
  alignas(64) static constexpr int8_t kWeights[kPanels * kQuads * kInt8Panel * 4] = {1, -2, 3};
  alignas(64) static constexpr int16_t kInputs[kQuads * 4] = {1, 2, 3};
  alignas(64) int32_t sums[kInt8MaxPixels * kInt8MaxPanels * kInt8Panel];
  const Int8TileKernel& kernel = int8_tile_kernel();
  Int8Tile tile;
  for (const void*& x : tile.x) x = kInputs;
  tile.pixels = kernel.pixels(kPanels);
  tile.rows = 1;
  tile.quads = kQuads;
  tile.weights = kWeights;
  tile.panel_step = kQuads * kInt8Panel * 4;
  tile.sums = sums;
  for (int64_t step = 0; step < steps; ++step) kernel.run(tile, kPanels);
  volatile int32_t sink = sums[0];
  static_cast<void>(sink);
  return steps * tile.pixels * kPanels * kInt8Panel * kQuads * 4;
}

}  // namespace vseal::kernels
#endif  // HWY_ONCE
