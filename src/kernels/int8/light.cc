#include "kernels/int8/light.h"

#include <algorithm>
#include <cmath>

#include "kernels/int8/store.h"
#include "kernels/isa.h"

// clang-format off: foreach_target.h includes this file again and comes before highway.h.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/int8/light.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/int8/store-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace vseal::kernels {
namespace HWY_NAMESPACE {
namespace {

// Calls body(d, i) for every run of lanes [i, i + Lanes(d)) of `count` values.
template <class Body>
HWY_INLINE void for_lanes(int64_t count, const Body& body) {
  const hn::ScalableTag<float> d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  int64_t i = 0;
  for (; i + lanes <= count; i += lanes) body(d, i);
  const hn::CappedTag<float, 1> one;
  for (; i < count; ++i) body(one, i);
}

void quantize_run(const float* x, int64_t count, float inverse, int32_t zero, int8_t* y) {
  for_lanes(count, [&](auto d, int64_t i) {
    store_lanes(d, hn::Mul(hn::LoadU(d, x + i), hn::Set(d, inverse)), zero, y + i);
  });
}

void dequantize_run(const int8_t* x, int64_t count, Quantization q, float* y) {
  for_lanes(count, [&](auto d, int64_t i) {
    hn::StoreU(hn::Mul(load_centred(d, x + i, q.zero_point), hn::Set(d, q.scale)), d, y + i);
  });
}

void quantize_bias_run(const float* x, int c, const float* inverse_scale, const float* offset,
                       int32_t* y) {
  for_lanes(c, [&](auto d, int64_t i) {
    const hn::RebindToSigned<decltype(d)> d32;
    const auto sum = hn::Add(hn::LoadU(d, x + i), hn::LoadU(d, offset + i));
    const auto v = hn::Mul(sum, hn::LoadU(d, inverse_scale + i));
    const auto clamped = hn::Min(hn::Max(v, hn::Set(d, -kMaxBias)), hn::Set(d, kMaxBias));
    hn::StoreU(hn::ConvertTo(d32, hn::Round(clamped)), d32, y + i);
  });
}

void add_run(Int8Operand a, Int8Operand b, int64_t count, int32_t zero, int8_t* y) {
  for_lanes(count, [&](auto d, int64_t i) {
    const auto left = hn::Mul(load_centred(d, a.data + i, a.zero_point), hn::Set(d, a.multiplier));
    const auto right = hn::Mul(load_centred(d, b.data + i, b.zero_point), hn::Set(d, b.multiplier));
    store_lanes(d, hn::Add(left, right), zero, y + i);
  });
}

void requantize_run(Int8Operand x, int64_t count, int32_t zero, int8_t* y) {
  for_lanes(count, [&](auto d, int64_t i) {
    const auto centred = load_centred(d, x.data + i, x.zero_point);
    store_lanes(d, hn::Mul(centred, hn::Set(d, x.multiplier)), zero, y + i);
  });
}

// Adds up (x - zero) and its square over one part of a row, in integers.
void sums_run(const int8_t* x, int count, int32_t zero, int32_t* first, int32_t* second) {
  const hn::ScalableTag<float> d;
  const hn::RebindToSigned<decltype(d)> d32;
  const hn::Rebind<int8_t, decltype(d)> d8;
  const int lanes = static_cast<int>(hn::Lanes(d));
  auto ones = hn::Zero(d32), squares = hn::Zero(d32);
  int i = 0;
  for (; i + lanes <= count; i += lanes) {
    const auto v = hn::Sub(hn::PromoteTo(d32, hn::LoadU(d8, x + i)), hn::Set(d32, zero));
    ones = hn::Add(ones, v);
    squares = hn::Add(squares, hn::Mul(v, v));
  }
  *first = hn::GetLane(hn::SumOfLanes(d32, ones));
  *second = hn::GetLane(hn::SumOfLanes(d32, squares));
  for (; i < count; ++i) {
    *first += x[i] - zero;
    *second += (x[i] - zero) * (x[i] - zero);
  }
}

// Sums of (x - zero)^2 over up to kSquareRows rows for each channel; those are exact in f32.
template <int kVectors, class D>
HWY_INLINE void square_columns(D d, const int8_t* x, int64_t rows, int64_t c, int32_t zero,
                               int32_t* sums) {
  const hn::RebindToSigned<D> d32;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  hn::Vec<D> sum[kVectors];
  HWY_UNROLL(4)
  for (int v = 0; v < kVectors; ++v) sum[v] = hn::Zero(d);
  for (int64_t r = 0; r < rows; ++r) {
    HWY_UNROLL(4)
    for (int v = 0; v < kVectors; ++v) {
      const auto value = load_centred(d, x + r * c + v * lanes, zero);
      sum[v] = hn::MulAdd(value, value, sum[v]);
    }
  }
  HWY_UNROLL(4)
  for (int v = 0; v < kVectors; ++v) {
    hn::StoreU(hn::ConvertTo(d32, sum[v]), d32, sums + v * lanes);
  }
}

void squares_run(const int8_t* x, int64_t rows, int64_t c, int32_t zero, int32_t* sums) {
  const hn::ScalableTag<float> d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  int64_t i = 0;
  for (; i + 4 * lanes <= c; i += 4 * lanes) square_columns<4>(d, x + i, rows, c, zero, sums + i);
  for (; i + lanes <= c; i += lanes) square_columns<1>(d, x + i, rows, c, zero, sums + i);
  const hn::CappedTag<float, 1> one;
  for (; i < c; ++i) square_columns<1>(one, x + i, rows, c, zero, sums + i);
}

// Partial sums of x and x^2, by the remainder of the index, without the last count % kSumParts.
// Squares of f32 are exact in double, so it does not matter whether they are rounded on their own.
void part_sums_run(const float* x, int count, double* first, double* second) {
  const hn::CappedTag<double, 8> d;
  const hn::Rebind<float, decltype(d)> d32;
  constexpr size_t kLanes = hn::MaxLanes(d), kVectors = kSumParts / kLanes;
  hn::Vec<decltype(d)> ones[kVectors], squares[kVectors];
  for (size_t k = 0; k < kVectors; ++k) ones[k] = squares[k] = hn::Zero(d);
  for (; count >= kSumParts; count -= kSumParts, x += kSumParts) {
    HWY_UNROLL(16)
    for (size_t k = 0; k < kVectors; ++k) {
      const auto v = hn::PromoteTo(d, hn::LoadU(d32, x + k * kLanes));
      ones[k] = hn::Add(ones[k], v);
      squares[k] = hn::MulAdd(v, v, squares[k]);
    }
  }
  for (size_t k = 0; k < kVectors; ++k) {
    hn::StoreU(ones[k], d, first + k * kLanes);
    hn::StoreU(squares[k], d, second + k * kLanes);
  }
}

// A row of a norm: (((x - z) - centre) * factor) * gamma [+ beta].
template <typename T>
HWY_INLINE void normalize(const Int8NormArguments& a, const T* x, int c, float centre, float factor,
                          int8_t* y) {
  for_lanes(c, [&](auto d, int64_t i) {
    auto v = hn::Sub(load_centred(d, x + i, a.x_zero_point), hn::Set(d, centre));
    v = hn::Mul(hn::Mul(v, hn::Set(d, factor)), hn::LoadU(d, a.gamma + i));
    if (a.beta != nullptr) v = hn::Add(v, hn::LoadU(d, a.beta + i));
    store_lanes(d, v, a.y_zero_point, y + i);
  });
}

void norm_run(const Int8NormArguments& a, int64_t row, int c, float centre, float factor) {
  const int64_t at = row * c;
  if (a.x_f32 != nullptr) return normalize(a, a.x_f32 + at, c, centre, factor, a.y + at);
  normalize(a, a.x + at, c, centre, factor, a.y + at);
}

void scale_run(const Int8NormArguments& a, const int8_t* x, int c, const float* scale, int8_t* y) {
  for_lanes(c, [&](auto d, int64_t i) {
    const auto v = hn::Mul(load_centred(d, x + i, a.x_zero_point), hn::LoadU(d, scale + i));
    store_lanes(d, hn::Add(v, hn::LoadU(d, a.beta + i)), a.y_zero_point, y + i);
  });
}

template <class D>
HWY_INLINE hn::Vec<D> mixed(D d, hn::Vec<D> low, hn::Vec<D> high, float weight) {
  return hn::Add(hn::Mul(low, hn::Set(d, 1.0f - weight)), hn::Mul(high, hn::Set(d, weight)));
}

// A pixel from its neighbours: top left, top right, bottom left, bottom right.
void resize_run(const int8_t* const* corners, float x_weight, float y_weight, int c, int32_t zero,
                int8_t* y) {
  for_lanes(c, [&](auto d, int64_t i) {
    const auto top = mixed(d, load_centred(d, corners[0] + i, zero),
                           load_centred(d, corners[1] + i, zero), x_weight);
    const auto bottom = mixed(d, load_centred(d, corners[2] + i, zero),
                              load_centred(d, corners[3] + i, zero), x_weight);
    store_lanes(d, mixed(d, top, bottom, y_weight), zero, y + i);
  });
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace vseal::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace vseal::kernels {

HWY_EXPORT(quantize_run);
HWY_EXPORT(dequantize_run);
HWY_EXPORT(quantize_bias_run);
HWY_EXPORT(add_run);
HWY_EXPORT(requantize_run);
HWY_EXPORT(norm_run);
HWY_EXPORT(part_sums_run);
HWY_EXPORT(sums_run);
HWY_EXPORT(squares_run);
HWY_EXPORT(scale_run);
HWY_EXPORT(resize_run);

namespace {

constexpr size_t kValuesPerTask = 1 << 14;
constexpr int64_t kSquareRows = 256;  // of a task of response_norm_i8: their sums are exact in f32

size_t rows_per_task(int64_t width) {
  return static_cast<size_t>(std::max<int64_t>(1, static_cast<int64_t>(kValuesPerTask) / width));
}

// Calls body(begin, count) for pieces of [0, count).
template <typename Body>
void for_pieces(ThreadPool& pool, int64_t count, size_t piece, const Body& body) {
  pool.parallel_for(static_cast<size_t>(count), piece, [&](size_t begin, size_t end) {
    body(static_cast<int64_t>(begin), static_cast<int64_t>(end - begin));
  });
}

// In int32 as far as that holds.
using SumRow = void (*)(const int8_t* x, int count, int32_t zero, int32_t* first, int32_t* second);

RowSums sums_of(SumRow run, const int8_t* row, int c, int32_t zero) {
  constexpr int kPart = 8192;
  int64_t firsts = 0, seconds = 0;
  for (int begin = 0; begin < c; begin += kPart) {
    int32_t first = 0, second = 0;
    run(row + begin, std::min(kPart, c - begin), zero, &first, &second);
    firsts += first;
    seconds += second;
  }
  return {static_cast<double>(firsts), static_cast<double>(seconds)};
}

using SumParts = void (*)(const float* x, int count, double* first, double* second);

RowSums sums_of(SumParts run, const float* row, int c) {
  double first[kSumParts], second[kSumParts];
  run(row, c, first, second);
  for (int i = c / kSumParts * kSumParts; i < c; ++i) {
    const double value = row[i];
    first[i % kSumParts] += value;
    second[i % kSumParts] += value * value;
  }
  for (int apart = kSumParts / 2; apart > 0; apart /= 2) {
    for (int k = 0; k < apart; ++k) {
      first[k] += first[k + apart];
      second[k] += second[k + apart];
    }
  }
  return {first[0], second[0]};
}

struct Tap {
  int64_t low, high;
  float weight;
};

Tap tap(int64_t out, int extent, int out_extent) {
  const double source = std::max((static_cast<double>(out) + 0.5) * extent / out_extent - 0.5, 0.0);
  const int low = std::min(static_cast<int>(source), extent - 1);
  return {low, std::min(low + 1, extent - 1), static_cast<float>(source - low)};
}

int64_t square_blocks(int64_t rows) { return (rows + kSquareRows - 1) / kSquareRows; }

}  // namespace

void quantize_i8(const float* x, int64_t count, float inverse_scale, int32_t zero_point, int8_t* y,
                 ThreadPool& pool) {
  const auto run = VSEAL_DISPATCH(quantize_run);
  for_pieces(pool, count, kValuesPerTask, [&](int64_t begin, int64_t size) {
    run(x + begin, size, inverse_scale, zero_point, y + begin);
  });
}

void dequantize_i8(const int8_t* x, int64_t count, Quantization quantization, float* y,
                   ThreadPool& pool) {
  const auto run = VSEAL_DISPATCH(dequantize_run);
  for_pieces(pool, count, kValuesPerTask,
             [&](int64_t begin, int64_t size) { run(x + begin, size, quantization, y + begin); });
}

void quantize_bias(const float* x, int64_t rows, int c, const float* inverse_scale,
                   const float* offset, int32_t* y, ThreadPool& pool) {
  const auto run = VSEAL_DISPATCH(quantize_bias_run);
  for_pieces(pool, rows, rows_per_task(c), [&](int64_t begin, int64_t count) {
    for (int64_t at = begin * c; at < (begin + count) * c; at += c) {
      run(x + at, c, inverse_scale, offset, y + at);
    }
  });
}

void add_i8(Int8Operand a, Int8Operand b, int64_t count, int32_t zero_point, int8_t* y,
            ThreadPool& pool) {
  const auto run = VSEAL_DISPATCH(add_run);
  for_pieces(pool, count, kValuesPerTask, [&](int64_t begin, int64_t size) {
    run({a.data + begin, a.zero_point, a.multiplier}, {b.data + begin, b.zero_point, b.multiplier},
        size, zero_point, y + begin);
  });
}

void requantize_i8(Int8Operand x, int64_t rows, int width, int64_t y_stride, int32_t zero_point,
                   int8_t* y, ThreadPool& pool) {
  const auto run = VSEAL_DISPATCH(requantize_run);
  for_pieces(pool, rows, rows_per_task(width), [&](int64_t begin, int64_t count) {
    for (int64_t r = begin; r < begin + count; ++r) {
      run({x.data + r * width, x.zero_point, x.multiplier}, width, zero_point, y + r * y_stride);
    }
  });
}

void look_up_i8(const int8_t* x, int64_t count, const int8_t* table, int8_t* y, ThreadPool& pool) {
  for_pieces(pool, count, kValuesPerTask, [&](int64_t begin, int64_t size) {
    reference_look_up(x + begin, size, table, y + begin);
  });
}

void row_norm_i8(int64_t rows, int c, const Int8NormArguments& a, ThreadPool& pool) {
  const auto run = VSEAL_DISPATCH(norm_run);
  const auto sum = VSEAL_DISPATCH(sums_run);
  const auto sum_f32 = VSEAL_DISPATCH(part_sums_run);
  for_pieces(pool, rows, rows_per_task(c), [&](int64_t begin, int64_t count) {
    for (int64_t r = begin; r < begin + count; ++r) {
      const RowSums sums = a.x_f32 != nullptr ? sums_of(sum_f32, a.x_f32 + r * c, c)
                                              : sums_of(sum, a.x + r * c, c, a.x_zero_point);
      if (a.beta == nullptr) {
        const double factor = std::sqrt(double(c)) / std::max(std::sqrt(sums.second), a.epsilon);
        run(a, r, c, 0.0f, static_cast<float>(factor));
        continue;
      }
      const double mean = sums.first / c;
      const double variance = sums.second / c - mean * mean;
      const double factor = 1 / std::sqrt(variance + a.epsilon);
      run(a, r, c, static_cast<float>(mean), static_cast<float>(factor));
    }
  });
}

size_t response_norm_i8_scratch_floats(int n, int64_t rows_per_picture, int c) {
  return static_cast<size_t>((n * square_blocks(rows_per_picture) + 1) * c);
}

void response_norm_i8(int n, int64_t rows_per_picture, int c, const Int8NormArguments& a,
                      const float* factor, float* scratch, ThreadPool& pool) {
  const int64_t rows = rows_per_picture, blocks = square_blocks(rows);
  auto* squares = reinterpret_cast<int32_t*>(scratch + c);
  const auto add_squares = VSEAL_DISPATCH(squares_run);
  for_pieces(pool, n * blocks, 1, [&](int64_t task, int64_t) {
    const int64_t first = task % blocks * kSquareRows;
    add_squares(a.x + (task / blocks * rows + first) * c, std::min(kSquareRows, rows - first), c,
                a.x_zero_point, squares + task * c);
  });
  const auto run = VSEAL_DISPATCH(scale_run);
  for (int64_t p = 0; p < n; ++p) {
    const auto norm = [&](int i) {
      int64_t sum = 0;
      for (int64_t b = 0; b < blocks; ++b) sum += squares[(p * blocks + b) * c + i];
      return std::sqrt(static_cast<double>(sum));
    };
    double mean = 0;
    for (int i = 0; i < c; ++i) mean += norm(i);
    mean /= c;
    for (int i = 0; i < c; ++i) {
      const double response = a.gamma[i] * norm(i) / (mean + a.epsilon) + 1;
      scratch[i] = static_cast<float>(response * double{factor[i]});
    }
    for_pieces(pool, rows, rows_per_task(c), [&](int64_t begin, int64_t count) {
      for (int64_t r = p * rows + begin; r < p * rows + begin + count; ++r) {
        run(a, a.x + r * c, c, scratch, a.y + r * c);
      }
    });
  }
}

void resize_i8(const int8_t* x, int n, int h, int w, int c, int out_h, int out_w,
               int32_t zero_point, int8_t* y, ThreadPool& pool) {
  const auto run = VSEAL_DISPATCH(resize_run);
  for_pieces(pool, int64_t{n} * out_h, 1, [&](int64_t row, int64_t) {
    const Tap ty = tap(row % out_h, h, out_h);
    const int8_t* picture = x + row / out_h * h * w * c;
    int8_t* out = y + row * out_w * c;
    for (int ox = 0; ox < out_w; ++ox, out += c) {
      const Tap tx = tap(ox, w, out_w);
      const auto at = [&](int64_t iy, int64_t ix) { return picture + (iy * w + ix) * c; };
      const int8_t* corners[] = {at(ty.low, tx.low), at(ty.low, tx.high), at(ty.high, tx.low),
                                 at(ty.high, tx.high)};
      run(corners, tx.weight, ty.weight, c, zero_point, out);
    }
  });
}

void fold_mean_i8(int n, int h, int w, int c, int tile_h, int tile_w, const Int8MeanArguments& a,
                  ThreadPool& pool) {
  constexpr int kPart = 64;  // channels at a time
  const int64_t parts = (c + kPart - 1) / kPart;
  for_pieces(pool, int64_t{n} * tile_h * tile_w * parts, 4, [&](int64_t begin, int64_t count) {
    for (int64_t task = begin; task < begin + count; ++task) {
      const int64_t cell = task / parts, first = task % parts * kPart;
      const int64_t channels = std::min<int64_t>(kPart, c - first);
      const int64_t p = cell / (tile_h * tile_w), ty = cell / tile_w % tile_h, tx = cell % tile_w;
      int32_t sums[kPart] = {};
      for (int64_t iy = ty; iy < h; iy += tile_h) {
        for (int64_t ix = tx; ix < w; ix += tile_w) {
          const int8_t* from = a.x + ((p * h + iy) * w + ix) * c + first;
          for (int64_t i = 0; i < channels; ++i) sums[i] += from[i] - a.x_zero_point;
        }
      }
      for (int64_t i = 0; i < channels; ++i) {
        const float v = static_cast<float>(sums[i]) * a.multiplier;
        const int64_t at = cell * c + first + i;
        if (a.y_f32 != nullptr) {
          a.y_f32[at] = v;
        } else {
          a.y_i8[at] = store_i8(v, a.y_zero_point);
        }
      }
    }
  });
}

}  // namespace vseal::kernels
#endif  // HWY_ONCE
