#include <algorithm>
#include <cmath>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/normalize/column_norms.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/isa.h"
#include "kernels/normalize/column_norms.h"

HWY_BEFORE_NAMESPACE();
namespace vseal::kernels {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

// Calls op(d, i) for vectors of columns from i on, then for the rest one by one.
template <class Op>
HWY_INLINE void for_columns(int c, const Op& op) {
  const hn::ScalableTag<float> d;
  const hn::CappedTag<float, 1> one;
  const int lanes = static_cast<int>(hn::Lanes(d));
  int i = 0;
  for (; i + lanes <= c; i += lanes) op(d, i);
  for (; i < c; ++i) op(one, i);
}

// sums[i] += the squares of column i of kRows rows.
template <int kRows>
void add_squares(const float* x, int c, float* sums) {
  for_columns(c, [=](auto d, int i) {
    auto sum = hn::LoadU(d, sums + i);
    for (int r = 0; r < kRows; ++r) {
      const auto v = hn::LoadU(d, x + static_cast<int64_t>(r) * c + i);
      sum = hn::MulAdd(v, v, sum);
    }
    hn::StoreU(sum, d, sums + i);
  });
}

// sums[i] = the squares of column i of `rows` rows.
void column_squares(const float* x, int64_t rows, int c, float* sums) {
  constexpr int kRows = 4;
  std::fill_n(sums, c, 0.0f);
  int64_t r = 0;
  for (; r + kRows <= rows; r += kRows) add_squares<kRows>(x + r * c, c, sums);
  for (; r < rows; ++r) add_squares<1>(x + r * c, c, sums);
}

// y = x * scale[column] + offset[column] for `rows` rows.
void scale_columns(const float* x, int64_t rows, int c, const float* scale, const float* offset,
                   float* y) {
  for (int64_t r = 0; r < rows; ++r, x += c, y += c) {
    for_columns(c, [=](auto d, int i) {
      const auto scaled =
          hn::MulAdd(hn::LoadU(d, x + i), hn::LoadU(d, scale + i), hn::LoadU(d, offset + i));
      hn::StoreU(scaled, d, y + i);
    });
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace vseal::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace vseal::kernels {

HWY_EXPORT(column_squares);
HWY_EXPORT(scale_columns);

namespace {

// Rows whose squares are summed by one task: enough of them that adding the blocks' sums is little
// work, few enough that a picture has tasks for many threads.
int64_t block_rows(int64_t rows) {
  constexpr int64_t kMinRows = 16, kMaxBlocks = 64;
  return std::max(kMinRows, (rows + kMaxBlocks - 1) / kMaxBlocks);
}
int64_t block_count(int64_t rows) { return (rows + block_rows(rows) - 1) / block_rows(rows); }

void scale_all(const float* x, int64_t rows, int c, const float* scale, const float* offset,
               float* y, ThreadPool& pool) {
  constexpr int64_t kFloatsPerTask = 1 << 14;
  const auto rows_per_task = static_cast<size_t>(std::max<int64_t>(1, kFloatsPerTask / c));
  const auto apply = VSEAL_DISPATCH(scale_columns);
  pool.parallel_for(static_cast<size_t>(rows), rows_per_task, [&](size_t begin, size_t end) {
    const int64_t first = static_cast<int64_t>(begin) * c;
    apply(x + first, static_cast<int64_t>(end - begin), c, scale, offset, y + first);
  });
}

// From the blocks' sums of squares to the factor of each channel, which replaces the first block.
void response_scales(float* sums, int64_t blocks, int c, const float* gamma, const float* factor,
                     float epsilon) {
  for (int64_t b = 1; b < blocks; ++b) {
    for (int i = 0; i < c; ++i) sums[i] += sums[b * c + i];
  }
  double mean = 0;
  for (int i = 0; i < c; ++i) mean += sums[i] = std::sqrt(sums[i]);
  const auto inverse = static_cast<float>(1 / (mean / c + epsilon));
  for (int i = 0; i < c; ++i) {
    sums[i] = gamma[i] * sums[i] * inverse + 1;
    if (factor != nullptr) sums[i] *= factor[i];
  }
}

}  // namespace

size_t batch_norm_scratch_floats(int c) { return 2 * static_cast<size_t>(c); }

size_t global_response_norm_scratch_floats(int n, int64_t rows_per_picture, int c) {
  return static_cast<size_t>((n * block_count(rows_per_picture) + 1) * c);
}

void batch_norm_f32(const float* x, int64_t rows, int c, const float* gamma, const float* beta,
                    const float* mean, const float* var, float epsilon, float* scratch, float* y,
                    ThreadPool& pool) {
  float *scale = scratch, *offset = scratch + c;
  for (int i = 0; i < c; ++i) {
    const double exact = gamma[i] / std::sqrt(double{var[i]} + epsilon);
    scale[i] = static_cast<float>(exact);
    offset[i] = static_cast<float>(beta[i] - mean[i] * exact);
  }
  scale_all(x, rows, c, scale, offset, y, pool);
}

void global_response_norm_f32(const float* x, int n, int64_t rows_per_picture, int c,
                              const float* gamma, const float* beta, const float* factor,
                              float epsilon, float* scratch, float* y, ThreadPool& pool) {
  const int64_t rows = rows_per_picture, blocks = block_count(rows), per_block = block_rows(rows);
  const auto squares = VSEAL_DISPATCH(column_squares);
  pool.parallel_for(static_cast<size_t>(n * blocks), 1, [&](size_t begin, size_t end) {
    for (auto task = static_cast<int64_t>(begin); task < static_cast<int64_t>(end); ++task) {
      const int64_t picture = task / blocks, first = task % blocks * per_block;
      squares(x + (picture * rows + first) * c, std::min(per_block, rows - first), c,
              scratch + task * c);
    }
  });
  float* offset = scratch + n * blocks * c;
  for (int i = 0; i < c; ++i) offset[i] = factor == nullptr ? beta[i] : beta[i] * factor[i];
  for (int64_t picture = 0; picture < n; ++picture) {
    float* sums = scratch + picture * blocks * c;
    response_scales(sums, blocks, c, gamma, factor, epsilon);
    scale_all(x + picture * rows * c, rows, c, sums, offset, y + picture * rows * c, pool);
  }
}

}  // namespace vseal::kernels
#endif  // HWY_ONCE
