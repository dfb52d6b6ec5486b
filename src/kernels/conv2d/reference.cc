#include "kernels/conv2d/reference.h"

#include "kernels/elementwise/contract.h"

namespace vseal::kernels {
namespace {

// Where row or column `i` of the padded picture lies in the picture; -1 for a zero.
int source_index(int i, int extent, Padding padding) {
  if (i >= 0 && i < extent) return i;
  if (padding == Padding::kZero) return -1;
  return i < 0 ? -i : 2 * (extent - 1) - i;
}

double sum_at(const Conv2dShape& s, const float* image, const float* filter, int oy, int ox) {
  double sum = 0;
  for (int ky = 0; ky < s.kh; ++ky) {
    const int iy = source_index(oy * s.stride + ky - s.pad, s.h, s.padding);
    for (int kx = 0; kx < s.kw; ++kx) {
      const int ix = source_index(ox * s.stride + kx - s.pad, s.w, s.padding);
      if (iy < 0 || ix < 0) continue;
      const float* pixel = image + (static_cast<int64_t>(iy) * s.w + ix) * s.ic;
      const float* tap = filter + (ky * s.kw + kx) * s.ic;
      for (int i = 0; i < s.ic; ++i) sum += double{pixel[i]} * tap[i];
    }
  }
  return sum;
}

}  // namespace

void reference_conv2d(const Conv2dShape& s, const float* x, const float* weight, const float* bias,
                      const float* residual, Activation activation, float* y) {
  int64_t at = 0;
  for (int n = 0; n < s.n; ++n) {
    const float* image = x + static_cast<int64_t>(n) * s.h * s.w * s.ic;
    for (int oy = 0; oy < s.out_h(); ++oy) {
      for (int ox = 0; ox < s.out_w(); ++ox) {
        for (int o = 0; o < s.oc; ++o, ++at) {
          double sum = sum_at(s, image, weight + int64_t{o} * s.kh * s.kw * s.ic, oy, ox);
          if (bias != nullptr) sum += bias[o];
          if (residual != nullptr) sum += residual[at];
          y[at] = reference_activation(static_cast<float>(sum), activation);
        }
      }
    }
  }
}

}  // namespace vseal::kernels
