// The error-correcting code: a polar code of any length, shortened from a power of two.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace vseal::payload {

// One bit a byte, 0 or 1.
using Bits = std::vector<uint8_t>;

inline constexpr int kMaxCodeBits = 4096;

// Maps k information bits to n code bits, 1 <= k <= n <= kMaxCodeBits (the caller checks).
//
// With N = 2^m the least power of two >= n: u is zero but for the information bits, x = u F^(x)m
// over GF(2), F = [[1,0],[1,1]], and the n sent bits are x without the N - n positions i whose
// m-bit reversal is at least n; these are shortened: u and x are both zero there. Information goes
// to the k other positions of largest polarisation weight
//   W(i) = sum over the set bits j of i of round(2^20 * 2^((j mod 4)/4)) * 2^(j div 4),
// (He et al., "Beta-expansion", Globecom 2017), the larger index first where weights are equal.
// Integers only: the same code on every machine is what makes marks readable everywhere.
// Immutable, thread-safe.
class PolarCode {
 public:
  PolarCode(int code_bits, int info_bits);

  int code_bits() const { return static_cast<int>(sent_.size()); }
  int info_bits() const { return static_cast<int>(info_.size()); }
  int stages() const { return stages_; }            // m
  int mother_bits() const { return 1 << stages_; }  // N

  // The n code bits of k information bits.
  Bits encode(std::span<const uint8_t> info) const;
  // The k information bits of the mother codeword x of N bits.
  Bits info_of(Bits mother) const;

  // Indices into u, ascending: information bit j is u[info()[j]].
  const std::vector<int>& info() const { return info_; }
  // Indices into x, ascending: code bit j is x[sent()[j]].
  const std::vector<int>& sent() const { return sent_; }

 private:
  int stages_ = 0;
  std::vector<int> info_;
  std::vector<int> sent_;
};

}  // namespace vseal::payload
