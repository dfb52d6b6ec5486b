#include <algorithm>
#include <cmath>

#include "kernels/elementwise/contract.h"

namespace vseal::kernels {

float reference_activation(float value, Activation activation) {
  const double x = value;
  switch (activation) {
    case Activation::kNone:
      return value;
    case Activation::kRelu:
      return std::max(value, 0.0f);
    case Activation::kTanh:
      return static_cast<float>(std::tanh(x));
    case Activation::kGelu:
      return static_cast<float>(0.5 * x * std::erfc(-x * M_SQRT1_2));
    case Activation::kSilu:
      return static_cast<float>(x / (1 + std::exp(-x)));
  }
  return value;
}

void reference_activate(const float* x, int64_t count, Activation activation, float* y) {
  for (int64_t i = 0; i < count; ++i) y[i] = reference_activation(x[i], activation);
}

void reference_add(const float* a, const float* b, int64_t count, float* y) {
  for (int64_t i = 0; i < count; ++i) y[i] = a[i] + b[i];
}

void reference_affine(const float* x, int64_t count, float scale, float offset, float* y) {
  for (int64_t i = 0; i < count; ++i) y[i] = x[i] * scale + offset;
}

}  // namespace vseal::kernels
