#include <algorithm>
#include <cmath>
#include <vector>

#include "kernels/normalize/contract.h"

namespace vseal::kernels {

void reference_batch_norm(const float* x, int64_t rows, int c, const float* gamma,
                          const float* beta, const float* mean, const float* var, float epsilon,
                          float* y) {
  for (int64_t r = 0; r < rows; ++r) {
    for (int i = 0; i < c; ++i) {
      const double scale = gamma[i] / std::sqrt(double{var[i]} + epsilon);
      y[r * c + i] = static_cast<float>((double{x[r * c + i]} - mean[i]) * scale + beta[i]);
    }
  }
}

void reference_layer_norm(const float* x, int64_t rows, int c, const float* gamma,
                          const float* beta, float epsilon, float* y) {
  for (int64_t r = 0; r < rows; ++r) {
    const float* row = x + r * c;
    double mean = 0;
    for (int i = 0; i < c; ++i) mean += row[i];
    mean /= c;
    double variance = 0;
    for (int i = 0; i < c; ++i) variance += (row[i] - mean) * (row[i] - mean);
    const double scale = 1 / std::sqrt(variance / c + epsilon);
    for (int i = 0; i < c; ++i) {
      y[r * c + i] = static_cast<float>((row[i] - mean) * scale * gamma[i] + beta[i]);
    }
  }
}

void reference_channel_rms_norm(const float* x, int64_t rows, int c, const float* gamma, float* y) {
  for (int64_t r = 0; r < rows; ++r) {
    const float* row = x + r * c;
    double sum = 0;
    for (int i = 0; i < c; ++i) sum += double{row[i]} * row[i];
    const double scale = std::sqrt(double(c)) / std::max(std::sqrt(sum), 1e-12);
    for (int i = 0; i < c; ++i) y[r * c + i] = static_cast<float>(row[i] * scale * gamma[i]);
  }
}

void reference_global_response_norm(const float* x, int n, int64_t rows_per_picture, int c,
                                    const float* gamma, const float* beta, const float* factor,
                                    float epsilon, float* y) {
  std::vector<double> norm(static_cast<size_t>(c));
  for (int p = 0; p < n; ++p) {
    const int64_t begin = p * rows_per_picture * c;
    const int64_t end = begin + rows_per_picture * c;
    std::ranges::fill(norm, 0.0);
    for (int64_t i = begin; i < end; ++i) {
      norm[static_cast<size_t>((i - begin) % c)] += double{x[i]} * x[i];
    }
    double mean = 0;
    for (double& g : norm) mean += g = std::sqrt(g);
    mean /= c;
    for (int64_t i = begin; i < end; ++i) {
      const auto channel = static_cast<size_t>((i - begin) % c);
      const double response = x[i] * norm[channel] / (mean + epsilon);
      const double sum = gamma[channel] * response + beta[channel] + x[i];
      y[i] = static_cast<float>(factor == nullptr ? sum : sum * factor[channel]);
    }
  }
}

}  // namespace vseal::kernels
