// Chains of multiply-adds that touch no memory.
#include "peak.h"

#include "kernels/isa.h"

// clang-format off: foreach_target.h includes this file again and comes before highway.h.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "peak.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace vseal::bench {
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
}  // namespace vseal::bench
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace vseal::bench {

HWY_EXPORT(multiply_adds);

int64_t run_multiply_adds(int64_t steps) { return VSEAL_DISPATCH(multiply_adds)(steps); }

}  // namespace vseal::bench
#endif  // HWY_ONCE
