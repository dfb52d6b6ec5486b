// Plain loops over what stands between integer convolutions: norms, resampling, rearranging.
#include <algorithm>
#include <cmath>
#include <vector>

#include "kernels/int8/contract.h"
#include "kernels/int8/store.h"

namespace vseal::kernels {
namespace {

RowSums sums_of(const int8_t* row, int c, int32_t zero_point) {
  int64_t first = 0, second = 0;
  for (int i = 0; i < c; ++i) {
    const int64_t value = row[i] - zero_point;
    first += value;
    second += value * value;
  }
  return {static_cast<double>(first), static_cast<double>(second)};
}

// Row `r` of a norm's input: its sums, and its values.
RowSums row_sums(const Int8NormArguments& a, int64_t r, int c) {
  if (a.x_f32 != nullptr) return reference_row_sums(a.x_f32 + r * c, c);
  return sums_of(a.x + r * c, c, a.x_zero_point);
}
float row_value(const Int8NormArguments& a, int64_t at) {
  return a.x_f32 != nullptr ? a.x_f32[at] : static_cast<float>(a.x[at] - a.x_zero_point);
}

struct Tap {
  int64_t low;
  int64_t high;
  float weight;  // of high
};

Tap tap(int out, int extent, int out_extent) {
  const double source = std::max((out + 0.5) * extent / out_extent - 0.5, 0.0);
  const int low = std::min(static_cast<int>(source), extent - 1);
  return {low, std::min(low + 1, extent - 1), static_cast<float>(source - low)};
}

float mixed(float low, float high, float weight) {
  const float left = low * (1.0f - weight);
  const float right = high * weight;
  return left + right;
}

}  // namespace

RowSums reference_row_sums(const float* x, int c) {
  RowSums parts[kSumParts];
  for (int i = 0; i < c; ++i) {
    const double value = x[i];
    parts[i % kSumParts].first += value;
    parts[i % kSumParts].second += value * value;
  }
  for (int apart = kSumParts / 2; apart > 0; apart /= 2) {
    for (int k = 0; k < apart; ++k) {
      parts[k].first += parts[k + apart].first;
      parts[k].second += parts[k + apart].second;
    }
  }
  return parts[0];
}

void reference_layer_norm_i8(int64_t rows, int c, const Int8NormArguments& a) {
  for (int64_t r = 0; r < rows; ++r) {
    const RowSums sums = row_sums(a, r, c);
    const double mean = sums.first / c;
    const double variance = sums.second / c - mean * mean;
    const auto centre = static_cast<float>(mean);
    const auto factor = static_cast<float>(1 / std::sqrt(variance + a.epsilon));
    for (int i = 0; i < c; ++i) {
      const float centred = row_value(a, r * c + i) - centre;
      const float scaled = centred * factor * a.gamma[i];
      a.y[r * c + i] = store_i8(scaled + a.beta[i], a.y_zero_point);
    }
  }
}

void reference_rms_norm_i8(int64_t rows, int c, const Int8NormArguments& a) {
  for (int64_t r = 0; r < rows; ++r) {
    const double norm = std::sqrt(row_sums(a, r, c).second);
    const auto factor = static_cast<float>(std::sqrt(double(c)) / std::max(norm, a.epsilon));
    for (int i = 0; i < c; ++i) {
      const float scaled = row_value(a, r * c + i) * factor * a.gamma[i];
      a.y[r * c + i] = store_i8(scaled, a.y_zero_point);
    }
  }
}

void reference_response_norm_i8(int n, int64_t rows_per_picture, int c, const Int8NormArguments& a,
                                const float* factor) {
  std::vector<double> norm(static_cast<size_t>(c));
  std::vector<float> scale(norm.size());
  for (int p = 0; p < n; ++p) {
    const int64_t begin = p * rows_per_picture * c;
    const int64_t end = begin + rows_per_picture * c;
    std::vector<int64_t> squares(norm.size());
    for (int64_t i = begin; i < end; ++i) {
      const int64_t value = a.x[i] - a.x_zero_point;
      squares[static_cast<size_t>((i - begin) % c)] += value * value;
    }
    double mean = 0;
    for (size_t i = 0; i < norm.size(); ++i) {
      norm[i] = std::sqrt(static_cast<double>(squares[i]));
      mean += norm[i];
    }
    mean /= c;
    for (size_t i = 0; i < norm.size(); ++i) {
      scale[i] =
          static_cast<float>((a.gamma[i] * norm[i] / (mean + a.epsilon) + 1) * double{factor[i]});
    }
    for (int64_t i = begin; i < end; ++i) {
      const auto channel = static_cast<size_t>((i - begin) % c);
      const float scaled = static_cast<float>(a.x[i] - a.x_zero_point) * scale[channel];
      a.y[i] = store_i8(scaled + a.beta[channel], a.y_zero_point);
    }
  }
}

void reference_resize_i8(const int8_t* x, int n, int h, int w, int c, int out_h, int out_w,
                         int32_t zero_point, int8_t* y) {
  for (int64_t p = 0; p < n; ++p) {
    for (int oy = 0; oy < out_h; ++oy) {
      const Tap ty = tap(oy, h, out_h);
      for (int ox = 0; ox < out_w; ++ox) {
        const Tap tx = tap(ox, w, out_w);
        for (int i = 0; i < c; ++i) {
          const auto at = [&](int64_t iy, int64_t ix) {
            return static_cast<float>(x[((p * h + iy) * w + ix) * c + i] - zero_point);
          };
          const float top = mixed(at(ty.low, tx.low), at(ty.low, tx.high), tx.weight);
          const float bottom = mixed(at(ty.high, tx.low), at(ty.high, tx.high), tx.weight);
          *y++ = store_i8(mixed(top, bottom, ty.weight), zero_point);
        }
      }
    }
  }
}

void reference_fold_mean_i8(int n, int h, int w, int c, int tile_h, int tile_w,
                            const Int8MeanArguments& a) {
  int64_t at = 0;
  for (int64_t p = 0; p < n; ++p) {
    for (int ty = 0; ty < tile_h; ++ty) {
      for (int tx = 0; tx < tile_w; ++tx) {
        for (int i = 0; i < c; ++i, ++at) {
          int32_t sum = 0;
          for (int iy = ty; iy < h; iy += tile_h) {
            for (int ix = tx; ix < w; ix += tile_w) {
              sum += a.x[((p * h + iy) * w + ix) * c + i] - a.x_zero_point;
            }
          }
          const float v = static_cast<float>(sum) * a.multiplier;
          if (a.y_f32 != nullptr) {
            a.y_f32[at] = v;
          } else {
            a.y_i8[at] = store_i8(v, a.y_zero_point);
          }
        }
      }
    }
  }
}

void reference_space_to_depth_i8(const int8_t* x, int n, int h, int w, int c, int block,
                                 int8_t* y) {
  for (int64_t row = 0; row < int64_t{n} * (h / block); ++row) {
    for (int ox = 0; ox < w / block; ++ox) {
      for (int i = 0; i < c; ++i) {
        for (int dy = 0; dy < block; ++dy) {
          const int64_t from = ((row * block + dy) * w + int64_t{ox} * block) * c + i;
          for (int dx = 0; dx < block; ++dx) *y++ = x[from + int64_t{dx} * c];
        }
      }
    }
  }
}

void reference_depth_to_space_i8(const int8_t* x, int n, int h, int w, int c, int block,
                                 int8_t* y) {
  const int channels = c / (block * block);
  for (int64_t row = 0; row < int64_t{n} * h; ++row) {
    for (int ix = 0; ix < w; ++ix) {
      for (int o = 0; o < channels; ++o) {
        for (int dy = 0; dy < block; ++dy) {
          const int64_t to = ((row * block + dy) * w * block + int64_t{ix} * block) * channels + o;
          for (int dx = 0; dx < block; ++dx) y[to + int64_t{dx} * channels] = *x++;
        }
      }
    }
  }
}

void reference_tile_i8(const int8_t* x, int n, int h, int w, int c, int rows, int columns,
                       int8_t* y) {
  const int64_t run = int64_t{w} * c;
  for (int64_t row = 0; row < int64_t{n} * h * rows; ++row) {
    const int64_t picture = row / (int64_t{h} * rows);
    for (int k = 0; k < columns; ++k) {
      y = std::copy_n(x + (picture * h + row % h) * run, run, y);
    }
  }
}

}  // namespace vseal::kernels
