// Normalisations over channels. x and y are [rows, c] with rows = n*h*w; y may be x. Sums run in
// double, in order of the channels.
#pragma once

#include <cstdint>

namespace vseal::kernels {

// y = (x - mean[c]) / sqrt(var[c] + epsilon) * gamma[c] + beta[c].
void reference_batch_norm(const float* x, int64_t rows, int c, const float* gamma,
                          const float* beta, const float* mean, const float* var, float epsilon,
                          float* y);

// m, v = mean and variance of a row; y = (x - m) / sqrt(v + epsilon) * gamma[c] + beta[c].
void reference_layer_norm(const float* x, int64_t rows, int c, const float* gamma,
                          const float* beta, float epsilon, float* y);

// y = x * gamma[c] * sqrt(c) / max(|row|_2, 1e-12).
void reference_channel_rms_norm(const float* x, int64_t rows, int c, const float* gamma, float* y);

// Per picture of h*w rows: g[c] = |x[:, c]|_2; y = (gamma[c] * (x * g[c] / (mean(g) + epsilon)) +
// beta[c] + x) * factor[c]. n pictures; factor may be null for ones.
void reference_global_response_norm(const float* x, int n, int64_t rows_per_picture, int c,
                                    const float* gamma, const float* beta, const float* factor,
                                    float epsilon, float* y);

}  // namespace vseal::kernels
