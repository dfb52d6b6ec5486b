#include "payload/polar.h"

#include <algorithm>
#include <array>
#include <bit>

namespace vseal::payload {
namespace {

int reverse_bits(int value, int width) {
  int reversed = 0;
  for (int j = 0; j < width; ++j) reversed |= (value >> j & 1) << (width - 1 - j);
  return reversed;
}

int64_t polarisation_weight(int index) {
  static constexpr std::array<int64_t, 4> kRoots = {1048576, 1246974, 1482910, 1763488};
  int64_t weight = 0;
  for (int j = 0; index >> j != 0; ++j) {
    if (index >> j & 1) weight += kRoots[j % 4] << (j / 4);
  }
  return weight;
}

// x = u F^(x)m in place; its own inverse.
void transform(Bits& bits) {
  const size_t size = bits.size();
  for (size_t half = 1; half < size; half *= 2) {
    for (size_t block = 0; block < size; block += 2 * half) {
      for (size_t i = block; i < block + half; ++i) bits[i] ^= bits[i + half];
    }
  }
}

}  // namespace

PolarCode::PolarCode(int code_bits, int info_bits)
    : stages_(std::bit_width(static_cast<unsigned>(code_bits - 1))) {
  for (int i = 0; i < mother_bits(); ++i) {
    if (reverse_bits(i, stages_) < code_bits) sent_.push_back(i);
  }
  // A shortened position of x is one of u too: the set holds every index whose bits cover one of
  // its own, so zeros there in u are zeros there in x.
  info_ = sent_;
  std::ranges::sort(info_, [](int a, int b) {
    return std::pair(polarisation_weight(a), a) > std::pair(polarisation_weight(b), b);
  });
  info_.resize(info_bits);
  std::ranges::sort(info_);
}

Bits PolarCode::encode(std::span<const uint8_t> info) const {
  Bits mother(mother_bits(), 0);
  for (size_t j = 0; j < info_.size(); ++j) mother[info_[j]] = info[j];
  transform(mother);
  Bits code;
  code.reserve(sent_.size());
  for (const int i : sent_) code.push_back(mother[i]);
  return code;
}

Bits PolarCode::info_of(Bits mother) const {
  transform(mother);
  Bits info;
  info.reserve(info_.size());
  for (const int i : info_) info.push_back(mother[i]);
  return info;
}

}  // namespace vseal::payload
