#include <cstddef>
#include <cstdint>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/resample/fold_mean.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/isa.h"
#include "kernels/resample/fold_mean.h"

HWY_BEFORE_NAMESPACE();
namespace vseal::kernels {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Mean of one vector of channels over the positions of `picture` that fold onto (ty, tx).
template <class D>
HWY_INLINE hn::Vec<D> mean_vector(D d, const float* picture, int h, int w, int c, int ty,
                                  int tile_h, int tx, int tile_w) {
  auto sum = hn::Zero(d);
  for (int iy = ty; iy < h; iy += tile_h) {
    auto row = hn::Zero(d);
    for (int ix = tx; ix < w; ix += tile_w) {
      row = hn::Add(row, hn::LoadU(d, picture + (static_cast<int64_t>(iy) * w + ix) * c));
    }
    sum = hn::Add(sum, row);
  }
  const int64_t count = static_cast<int64_t>(h / tile_h) * (w / tile_w);
  return hn::Mul(sum, hn::Set(d, 1.0f / static_cast<float>(count)));
}

// Tile positions [begin, end) of all pictures, row by row.
void fold_positions(const float* x, size_t begin, size_t end, int h, int w, int c, int tile_h,
                    int tile_w, float* y) {
  const hn::ScalableTag<float> d;
  const hn::CappedTag<float, 1> one;
  const int lanes = static_cast<int>(hn::Lanes(d));
  const size_t tile = static_cast<size_t>(tile_h) * tile_w;
  for (size_t p = begin; p < end; ++p) {
    const float* picture = x + p / tile * h * w * c;
    const int ty = static_cast<int>(p % tile) / tile_w;
    const int tx = static_cast<int>(p % tile) % tile_w;
    float* out = y + p * c;
    int i = 0;
    for (; i + lanes <= c; i += lanes) {
      hn::StoreU(mean_vector(d, picture + i, h, w, c, ty, tile_h, tx, tile_w), d, out + i);
    }
    for (; i < c; ++i)
      hn::StoreU(mean_vector(one, picture + i, h, w, c, ty, tile_h, tx, tile_w), one, out + i);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace vseal::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace vseal::kernels {

HWY_EXPORT(fold_positions);

void fold_mean_f32(const float* x, int n, int h, int w, int c, int tile_h, int tile_w, float* y,
                   ThreadPool& pool) {
  const auto fold = VSEAL_DISPATCH(fold_positions);
  pool.parallel_for(static_cast<size_t>(n) * tile_h * tile_w, 16, [&](size_t begin, size_t end) {
    fold(x, begin, end, h, w, c, tile_h, tile_w, y);
  });
}

}  // namespace vseal::kernels
#endif  // HWY_ONCE
