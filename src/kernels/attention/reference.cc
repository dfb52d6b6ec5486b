#include <algorithm>
#include <cmath>
#include <vector>

#include "kernels/attention/contract.h"

namespace vseal::kernels {
namespace {

double dot(const float* a, const float* b, int count) {
  double sum = 0;
  for (int i = 0; i < count; ++i) sum += double{a[i]} * b[i];
  return sum;
}

// One head of one window, whose first position is (top, left) of picture `image`.
struct Window {
  const AttentionShape& s;
  int image, top, left, head;

  int positions() const { return s.window_h * s.window_w; }
  int64_t pixel(int position) const {
    const int y = top + position / s.window_w, x = left + position % s.window_w;
    return (static_cast<int64_t>(image) * s.h + y) * s.w + x;
  }
  const float* part(const float* qkv, int which, int position) const {
    return qkv + pixel(position) * 3 * s.channels() + which * s.channels() + head * s.head_width;
  }
};

void attend(const Window& window, const float* qkv, const float* rel_h, const float* rel_w,
            float* y) {
  const AttentionShape& s = window.s;
  std::vector<double> weights(static_cast<size_t>(window.positions()));
  for (int q = 0; q < window.positions(); ++q) {
    const float* query = window.part(qkv, 0, q);
    for (int k = 0; k < window.positions(); ++k) {
      const int dy = q / s.window_w - k / s.window_w + s.window_h - 1;
      const int dx = q % s.window_w - k % s.window_w + s.window_w - 1;
      weights[static_cast<size_t>(k)] =
          dot(query, window.part(qkv, 1, k), s.head_width) / std::sqrt(double(s.head_width)) +
          dot(query, rel_h + static_cast<int64_t>(dy) * s.head_width, s.head_width) +
          dot(query, rel_w + static_cast<int64_t>(dx) * s.head_width, s.head_width);
    }
    const double largest = *std::max_element(weights.begin(), weights.end());
    double sum = 0;
    for (double& weight : weights) sum += weight = std::exp(weight - largest);
    float* out = y + window.pixel(q) * s.channels() + window.head * s.head_width;
    for (int i = 0; i < s.head_width; ++i) {
      double value = 0;
      for (int k = 0; k < window.positions(); ++k) {
        value += weights[static_cast<size_t>(k)] / sum * window.part(qkv, 2, k)[i];
      }
      out[i] = static_cast<float>(value);
    }
  }
}

}  // namespace

void reference_attention(const AttentionShape& s, const float* qkv, const float* rel_h,
                         const float* rel_w, float* y) {
  for (int image = 0; image < s.n; ++image) {
    for (int top = 0; top < s.h; top += s.window_h) {
      for (int left = 0; left < s.w; left += s.window_w) {
        for (int head = 0; head < s.heads; ++head) {
          attend({s, image, top, left, head}, qkv, rel_h, rel_w, y);
        }
      }
    }
  }
}

}  // namespace vseal::kernels
