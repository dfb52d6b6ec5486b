// Test tensors with canaries on both sides.
#pragma once

#include <cmath>
#include <cstdint>
#include <random>
#include <span>
#include <vector>

namespace vseal::kernels {

// `size` floats in the middle of a larger allocation whose other values are NaNs of one pattern:
// reading them spoils a sum, writing them is noticed by intact(). The start is not aligned.
class GuardedFloats {
 public:
  explicit GuardedFloats(size_t size) : size_(size), all_(size + 2 * kGuard, canary()) {
    for (float& v : span()) v = 0.0f;
  }

  // Uniform in [-1, 1), from a fixed seed.
  static GuardedFloats random(size_t size, uint32_t seed) {
    GuardedFloats floats(size);
    std::mt19937 engine(seed);
    for (float& v : floats.span()) {
      v = static_cast<float>(static_cast<int32_t>(engine())) * 0x1p-31f;
    }
    return floats;
  }

  GuardedFloats magnitudes() const {
    GuardedFloats result = *this;
    for (float& v : result.span()) v = std::abs(v);
    return result;
  }

  std::span<float> span() { return {all_.data() + kGuard, size_}; }
  std::span<const float> span() const { return {all_.data() + kGuard, size_}; }
  float* data() { return span().data(); }
  const float* data() const { return span().data(); }
  size_t size() const { return size_; }

  bool intact() const {
    for (size_t i = 0; i < kGuard; ++i) {
      if (!std::isnan(all_[i]) || !std::isnan(all_[kGuard + size_ + i])) return false;
    }
    return true;
  }

 private:
  static constexpr size_t kGuard = 67;
  static float canary() { return std::nanf("7"); }

  size_t size_;
  std::vector<float> all_;
};

}  // namespace vseal::kernels
