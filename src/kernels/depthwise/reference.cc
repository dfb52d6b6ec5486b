#include <cstdint>

#include "kernels/depthwise/contract.h"

namespace vseal::kernels {

void reference_depthwise(const float* x, int n, int h, int w, int c, const float* weight, int kh,
                         int kw, int pad, const float* bias, float* y) {
  const int out_h = h + 2 * pad - kh + 1;
  const int out_w = w + 2 * pad - kw + 1;
  const auto sum_at = [&](int p, int oy, int ox, int channel) {
    double sum = bias != nullptr ? bias[channel] : 0.0;
    for (int ky = 0; ky < kh; ++ky) {
      for (int kx = 0; kx < kw; ++kx) {
        const int iy = oy + ky - pad, ix = ox + kx - pad;
        if (iy < 0 || iy >= h || ix < 0 || ix >= w) continue;
        const int64_t at = ((static_cast<int64_t>(p) * h + iy) * w + ix) * c + channel;
        sum += double{x[at]} * weight[(ky * kw + kx) * c + channel];
      }
    }
    return static_cast<float>(sum);
  };
  for (int p = 0; p < n; ++p) {
    for (int oy = 0; oy < out_h; ++oy) {
      for (int ox = 0; ox < out_w; ++ox) {
        for (int channel = 0; channel < c; ++channel) *y++ = sum_at(p, oy, ox, channel);
      }
    }
  }
}

}  // namespace vseal::kernels
