// A sum over every scale and zero point of a file, kept in its metadata. Most scales are tied to
// others by rules that a checker knows; one that is not, and was changed, computes something else
// in silence.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace vseal::formats {

inline constexpr char kScaleSumKey[] = "vseal_scales";

// FNV-1a, 64 bits, of all that is added, in order.
class ScaleSum {
 public:
  void add(std::span<const std::byte> bytes) {
    for (const std::byte byte : bytes) {
      sum_ = (sum_ ^ static_cast<uint64_t>(byte)) * 0x100000001B3u;
    }
  }
  std::string text() const {  // 16 digits of base 16
    std::string digits;
    for (int shift = 60; shift >= 0; shift -= 4) {
      digits += "0123456789abcdef"[(sum_ >> shift) & 15];
    }
    return digits;
  }

 private:
  uint64_t sum_ = 0xCBF29CE484222325u;
};

}  // namespace vseal::formats
