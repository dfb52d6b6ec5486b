#include "kernels/elementwise/contract.h"
#include "kernels/linear/contract.h"

namespace vseal::kernels {

void reference_linear(const float* x, int64_t rows, int in, int out, const float* weight,
                      const float* bias, Activation activation, float* y) {
  for (int64_t r = 0; r < rows; ++r) {
    for (int o = 0; o < out; ++o) {
      double sum = bias != nullptr ? bias[o] : 0.0;
      for (int i = 0; i < in; ++i) sum += double{x[r * in + i]} * weight[int64_t{o} * in + i];
      y[r * out + o] = reference_activation(static_cast<float>(sum), activation);
    }
  }
}

}  // namespace vseal::kernels
