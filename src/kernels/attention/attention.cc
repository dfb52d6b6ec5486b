#include <algorithm>
#include <cmath>
#include <limits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/attention/attention.cc"
#include <hwy/foreach_target.h>
// After foreach_target.h.
#include <hwy/contrib/math/math-inl.h>
#include <hwy/highway.h>

#include "kernels/attention/attention.h"
#include "kernels/attention/layout.h"
#include "kernels/isa.h"

HWY_BEFORE_NAMESPACE();
namespace vseal::kernels {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::CappedTag<float, kAttentionPanel>;
constexpr int kLanes = static_cast<int>(hn::MaxLanes(D()));
constexpr int kVectors = kAttentionPanel / kLanes;

// Rows (a divisor of kAttentionBlock) and panels of a product summed at once: as many as registers
// hold and as keep the multipliers, not the loads, busy.
#if HWY_TARGET == HWY_AVX3
constexpr int kRows = 8, kPanels = 2;
#elif HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_NEON
constexpr int kRows = 4, kPanels = 1;
#elif HWY_TARGET == HWY_SCALAR
constexpr int kRows = 1, kPanels = 1;
#else
constexpr int kRows = 2, kPanels = 1;
#endif

// out[r][16 p + j] = sum over i of a[r][i] * panel p [i][j] for kRows rows and kCount panels.
template <int kCount>
HWY_INLINE void multiply_panels(const float* const* a, int64_t depth, const float* panels,
                                float* out, int64_t out_stride) {
  constexpr int kWidth = kCount * kVectors;
  const D d;
  hn::Vec<D> sum[kRows][kWidth];
  HWY_UNROLL(16)
  for (int r = 0; r < kRows; ++r) {
    HWY_UNROLL(16)
    for (int v = 0; v < kWidth; ++v) sum[r][v] = hn::Zero(d);
  }
  for (int64_t i = 0; i < depth; ++i, panels += kAttentionPanel) {
    hn::Vec<D> b[kWidth];
    HWY_UNROLL(16)
    for (int v = 0; v < kWidth; ++v) {
      b[v] = hn::Load(d, panels + v / kVectors * depth * kAttentionPanel + v % kVectors * kLanes);
    }
    HWY_UNROLL(16)
    for (int r = 0; r < kRows; ++r) {
      const auto value = hn::Set(d, a[r][i]);
      HWY_UNROLL(16)
      for (int v = 0; v < kWidth; ++v) sum[r][v] = hn::MulAdd(value, b[v], sum[r][v]);
    }
  }
  HWY_UNROLL(16)
  for (int r = 0; r < kRows; ++r) {
    HWY_UNROLL(16)
    for (int v = 0; v < kWidth; ++v) hn::Store(sum[r][v], d, out + r * out_stride + v * kLanes);
  }
}

// out [kAttentionBlock, columns] = the rows of a times packed panels.
void multiply(const float* const* a, int64_t depth, const float* panels, int64_t columns,
              float* out) {
  constexpr int kStep = kPanels * kAttentionPanel;
  int64_t c = 0;
  for (; c + kStep <= columns; c += kStep) {
    for (int r = 0; r < kAttentionBlock; r += kRows) {
      multiply_panels<kPanels>(a + r, depth, panels + c * depth, out + r * columns + c, columns);
    }
  }
  for (; c < columns; c += kAttentionPanel) {
    for (int r = 0; r < kAttentionBlock; r += kRows) {
      multiply_panels<1>(a + r, depth, panels + c * depth, out + r * columns + c, columns);
    }
  }
}

// Replaces a row's logits by exp(logit - the largest), those behind `count` by zeros; returns the
// sum. `padded` is a multiple of 16.
float exponentials(float* row, int64_t count, int64_t padded) {
  const D d;
  std::fill(row + count, row + padded, std::numeric_limits<float>::lowest());
  auto largest = hn::Load(d, row);
  for (int64_t i = kLanes; i < padded; i += kLanes) {
    largest = hn::Max(largest, hn::Load(d, row + i));
  }
  largest = hn::MaxOfLanes(d, largest);
  auto sum = hn::Zero(d);
  for (int64_t i = 0; i < padded; i += kLanes) {
    const auto e = hn::Exp(d, hn::Sub(hn::Load(d, row + i), largest));
    hn::Store(e, d, row + i);
    sum = hn::Add(sum, e);
  }
  return hn::GetLane(hn::SumOfLanes(d, sum));
}

// y = sums * scale for one position.
void store_scaled(const float* sums, int count, float scale, float* y) {
  for (int i = 0; i < count; ++i) y[i] = sums[i] * scale;
}

// Adds a query's relative terms to its logits. rel_w lies back to front, so that keys of a row take
// neighbouring terms.
void add_positions(const AttentionShape& s, int64_t query, const float* rel_h, const float* rel_w,
                   float* logits) {
  const hn::CappedTag<float, 8> d;  // windows are often 8 wide
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  const int64_t qy = query / s.window_w, qx = query % s.window_w;
  rel_w += s.window_w - 1 - qx;
  for (int64_t ky = 0; ky < s.window_h; ++ky, logits += s.window_w) {
    const float row = rel_h[qy - ky + s.window_h - 1];
    int64_t kx = 0;
    for (; kx + lanes <= s.window_w; kx += lanes) {
      const auto terms = hn::Add(hn::Set(d, row), hn::LoadU(d, rel_w + kx));
      hn::StoreU(hn::Add(hn::LoadU(d, logits + kx), terms), d, logits + kx);
    }
    for (; kx < s.window_w; ++kx) logits[kx] += row + rel_w[kx];
  }
}

// One block of queries of one unit, in the rows of `slot`.
void attend(const AttentionShape& s, const AttentionArguments& arguments, int64_t unit_index,
            int64_t first, float* slot) {
  const AttentionLayout layout(s);
  const AttentionUnit unit(s, unit_index);
  float* logits = slot;
  float* rel = logits + kAttentionBlock * layout.token_columns;
  float* sums = rel + kAttentionBlock * layout.rel_columns;
  const float *queries[kAttentionBlock], *weights[kAttentionBlock];
  for (int r = 0; r < kAttentionBlock; ++r) {
    // Rows behind the last query repeat it; their results are dropped.
    queries[r] = arguments.qkv + unit.input(0, std::min(first + r, layout.tokens - 1));
    weights[r] = logits + r * layout.token_columns;
  }
  multiply(queries, s.head_width, arguments.scratch + layout.keys(unit_index), layout.token_columns,
           logits);
  multiply(queries, s.head_width, arguments.scratch, layout.rel_columns, rel);
  float scale[kAttentionBlock];
  for (int r = 0; r < kAttentionBlock; ++r) {
    float* row = logits + r * layout.token_columns;
    const float* terms = rel + r * layout.rel_columns;
    add_positions(s, std::min(first + r, layout.tokens - 1), terms, terms + layout.rel_h_columns,
                  row);
    scale[r] = 1 / exponentials(row, layout.tokens, layout.token_columns);
  }
  multiply(weights, layout.tokens, arguments.scratch + layout.values(unit_index),
           layout.value_columns, sums);
  const int64_t count = std::min<int64_t>(kAttentionBlock, layout.tokens - first);
  for (int64_t r = 0; r < count; ++r) {
    store_scaled(sums + r * layout.value_columns, s.head_width, scale[r],
                 arguments.y + unit.output(first + r));
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace vseal::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include "kernels/attention/pack.h"
#include "kernels/scratch_slots.h"

namespace vseal::kernels {

HWY_EXPORT(attend);

void attention_f32(const AttentionShape& shape, const AttentionArguments& arguments,
                   ThreadPool& pool) {
  const AttentionLayout layout(shape);
  pack_tables(shape, layout, arguments);
  pool.parallel_for(static_cast<size_t>(layout.units), 1, [&](size_t begin, size_t end) {
    for (size_t unit = begin; unit < end; ++unit) {
      pack_unit(shape, layout, arguments, static_cast<int64_t>(unit));
    }
  });
  ScratchSlots slots(std::clamp(pool.threads(), 1, kMaxScratchSlots));
  const auto run = VSEAL_DISPATCH(attend);
  const auto tasks = static_cast<size_t>(layout.units * layout.blocks);
  pool.parallel_for(tasks, 4, [&](size_t begin, size_t end) {
    const int64_t slot = slots.take();
    for (auto task = static_cast<int64_t>(begin); task < static_cast<int64_t>(end); ++task) {
      run(shape, arguments, task / layout.blocks, task % layout.blocks * kAttentionBlock,
          arguments.scratch + layout.slot(slot));
    }
    slots.give_back(slot);
  });
}

}  // namespace vseal::kernels
#endif  // HWY_ONCE
