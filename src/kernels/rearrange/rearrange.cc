#include "kernels/rearrange/rearrange.h"

#include <algorithm>

namespace vseal::kernels {
namespace {

constexpr size_t kRowsPerTask = 4;
constexpr size_t kPixelsPerTask = 512;

// Calls body(row) for every row, kRowsPerTask at a time.
template <typename Body>
void for_each_row(ThreadPool& pool, int64_t rows, const Body& body) {
  pool.parallel_for(static_cast<size_t>(rows), kRowsPerTask, [&](size_t begin, size_t end) {
    for (size_t row = begin; row < end; ++row) body(static_cast<int64_t>(row));
  });
}

// The block x block values of channel i of one pixel of the deep tensor are `deep[0..block^2)`; in
// the wide tensor they are `block` rows of `block` values, c apart.
template <typename Move>
void for_each_run(int w, int c, int block, int64_t deep_row, const Move& move) {
  const int columns = w / block;
  for (int ox = 0; ox < columns; ++ox) {
    for (int i = 0; i < c; ++i) {
      for (int dy = 0; dy < block; ++dy) {
        const int64_t wide = ((deep_row * block + dy) * w + ox * block) * c + i;
        const int64_t deep =
            (deep_row * columns + ox) * c * block * block + (int64_t{i} * block + dy) * block;
        move(wide, deep);
      }
    }
  }
}

}  // namespace

void space_to_depth_f32(const float* x, int n, int h, int w, int c, int block, float* y,
                        ThreadPool& pool) {
  for_each_row(pool, int64_t{n} * (h / block), [&](int64_t row) {
    for_each_run(w, c, block, row, [&](int64_t wide, int64_t deep) {
      for (int dx = 0; dx < block; ++dx) y[deep + dx] = x[wide + int64_t{dx} * c];
    });
  });
}

void depth_to_space_f32(const float* x, int n, int h, int w, int c, int block, float* y,
                        ThreadPool& pool) {
  const int channels = c / (block * block);
  for_each_row(pool, int64_t{n} * h, [&](int64_t row) {
    for_each_run(w * block, channels, block, row, [&](int64_t wide, int64_t deep) {
      for (int dx = 0; dx < block; ++dx) y[wide + int64_t{dx} * channels] = x[deep + dx];
    });
  });
}

void concat_f32(std::span<const ConcatInput> inputs, int64_t pixels, float* y, ThreadPool& pool) {
  int64_t channels = 0;
  for (const ConcatInput& input : inputs) channels += input.c;
  pool.parallel_for(static_cast<size_t>(pixels), kPixelsPerTask, [&](size_t begin, size_t end) {
    float* out = y + static_cast<int64_t>(begin) * channels;
    for (size_t p = begin; p < end; ++p) {
      for (const ConcatInput& input : inputs) {
        out = std::copy_n(input.data + static_cast<int64_t>(p) * input.c, input.c, out);
      }
    }
  });
}

void tile_f32(const float* x, int n, int h, int w, int c, int rows, int columns, float* y,
              ThreadPool& pool) {
  const int64_t run = int64_t{w} * c;
  for_each_row(pool, int64_t{n} * h * rows, [&](int64_t row) {
    const int64_t picture = row / (int64_t{h} * rows);
    const float* source = x + (picture * h + row % h) * run;
    float* out = y + row * run * columns;
    for (int k = 0; k < columns; ++k) out = std::copy_n(source, run, out);
  });
}

void border_map_f32(const float* v, int h, int w, int c, float* y, ThreadPool& pool) {
  for_each_row(pool, h, [&](int64_t row) {
    const float* first = v + (row == 0 ? 0 : row == h - 1 ? 2 : 1) * int64_t{3} * c;
    float* out = std::copy_n(first, c, y + row * w * c);
    for (int j = 1; j < w - 1; ++j) out = std::copy_n(first + c, c, out);
    std::copy_n(first + int64_t{2} * c, c, out);
  });
}

}  // namespace vseal::kernels
