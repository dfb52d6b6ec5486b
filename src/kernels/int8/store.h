// The roundings that every integer kernel shares; scalar.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace vseal::kernels {

// Biases stay within this, so that sums have room.
inline constexpr float kMaxBias = 1 << 30;

// v between low and high, low where v is no number; then rounded with ties to even (the processor's
// default mode).
inline int32_t rounded(float v, float low, float high) {
  const float clamped = v > low ? (v < high ? v : high) : low;
  return static_cast<int32_t>(std::nearbyint(clamped));
}

// store(v, z) of contract.h.
inline int8_t store_i8(float v, int32_t zero_point) {
  const auto low = static_cast<float>(-128 - zero_point);
  const auto high = static_cast<float>(127 - zero_point);
  return static_cast<int8_t>(rounded(v, low, high) + zero_point);
}

// Sums of accumulators wrap, as the processor's do.
inline int32_t wrapping_add(int32_t a, int32_t b) {
  return static_cast<int32_t>(static_cast<uint32_t>(a) + static_cast<uint32_t>(b));
}

}  // namespace vseal::kernels
