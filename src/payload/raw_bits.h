// Messages that are bits and nothing else: no frame, no code, no key. What upstream embeds.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "payload/polar.h"

namespace vseal::payload {

// `count` bits as a person writes them: so many characters 0 or 1, or "0x" and count / 4 hex digits
// (most significant bit first), where 4 divides count. kInvalidArgument says what was expected.
Result<Bits> parse_bits(std::string_view text, int count);

// The same bits as characters 0 and 1.
std::string format_bits(std::span<const uint8_t> bits);

// The message that an embedder takes: +1 for 1, -1 for 0.
std::vector<float> message_of_bits(std::span<const uint8_t> bits);

// Hard decisions: 1 where a logit is above 0.
Bits bits_of_logits(std::span<const float> logits);

// How well bits that were read agree with those that were expected.
struct BitsMatch {
  int matches = 0;
  int count = 0;
  double p_value = 1.0;  // exact binomial: as many matches or more by chance
  bool found = false;    // p_value < kRawPValue, or every bit where so few cannot reach it

  double accuracy() const { return count > 0 ? static_cast<double>(matches) / count : 0.0; }
};

// Below this chance, agreeing bits are taken for the mark's.
inline constexpr double kRawPValue = 1e-6;

// Both have the same size.
BitsMatch match_bits(std::span<const uint8_t> read, std::span<const uint8_t> expected);

// The fewest matches of `count` that are `found`.
int least_matches(int count);

}  // namespace vseal::payload
