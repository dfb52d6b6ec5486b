#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/elementwise/simd.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/activations-inl.h"
#include "kernels/elementwise/elementwise.h"
#include "kernels/isa.h"

HWY_BEFORE_NAMESPACE();
namespace vseal::kernels {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Calls op(d, x, i) on whole vectors and, for the rest, on a zero-padded copy, so that a value's
// bits do not depend on its place.
template <class Op>
void map(const float* x, size_t begin, size_t end, float* y, const Op& op) {
  const hn::ScalableTag<float> d;
  const size_t lanes = hn::Lanes(d);
  size_t i = begin;
  for (; i + lanes <= end; i += lanes) hn::StoreU(op(d, hn::LoadU(d, x + i), i), d, y + i);
  if (i == end) return;
  HWY_ALIGN float rest[hn::MaxLanes(d)] = {};
  std::copy(x + i, x + end, rest);
  hn::Store(op(d, hn::Load(d, rest), i), d, rest);
  std::copy(rest, rest + (end - i), y + i);
}

template <Activation kActivation>
void activate_all(const float* x, size_t begin, size_t end, float* y) {
  map(x, begin, end, y, [](auto d, auto v, size_t) { return activate<kActivation>(d, v); });
}

void activate_range(const float* x, size_t begin, size_t end, Activation activation, float* y) {
  switch (activation) {
    case Activation::kNone:
      return activate_all<Activation::kNone>(x, begin, end, y);
    case Activation::kRelu:
      return activate_all<Activation::kRelu>(x, begin, end, y);
    case Activation::kTanh:
      return activate_all<Activation::kTanh>(x, begin, end, y);
    case Activation::kGelu:
      return activate_all<Activation::kGelu>(x, begin, end, y);
    case Activation::kSilu:
      return activate_all<Activation::kSilu>(x, begin, end, y);
  }
}

void affine_range(const float* x, size_t begin, size_t end, float scale, float offset, float* y) {
  map(x, begin, end, y,
      [=](auto d, auto v, size_t) { return hn::MulAdd(v, hn::Set(d, scale), hn::Set(d, offset)); });
}

}  // namespace HWY_NAMESPACE
}  // namespace vseal::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace vseal::kernels {

HWY_EXPORT(activate_range);
HWY_EXPORT(affine_range);

namespace {
constexpr size_t kChunk = 1 << 13;
}

void activate_f32(const float* x, int64_t count, Activation activation, float* y,
                  ThreadPool& pool) {
  const auto range = VSEAL_DISPATCH(activate_range);
  pool.parallel_for(static_cast<size_t>(count), kChunk,
                    [&](size_t begin, size_t end) { range(x, begin, end, activation, y); });
}

void add_f32(const float* a, const float* b, int64_t count, float* y, ThreadPool& pool) {
  pool.parallel_for(static_cast<size_t>(count), kChunk, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) y[i] = a[i] + b[i];
  });
}

void affine_f32(const float* x, int64_t count, float scale, float offset, float* y,
                ThreadPool& pool) {
  const auto range = VSEAL_DISPATCH(affine_range);
  pool.parallel_for(static_cast<size_t>(count), kChunk,
                    [&](size_t begin, size_t end) { range(x, begin, end, scale, offset, y); });
}

}  // namespace vseal::kernels
#endif  // HWY_ONCE
