#include "payload/raw_bits.h"

#include "payload/verdict.h"

namespace vseal::payload {
namespace {

// 0..15, or -1.
int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

Status wrong_bits(int count, const std::string& got) {
  std::string expected = std::to_string(count) + " characters 0 or 1";
  if (count % 4 == 0) expected += ", or 0x and " + std::to_string(count / 4) + " hex digits";
  return invalid_argument("bits: expected " + expected + ", got " + got);
}

Result<Bits> parse_hex(std::string_view digits, int count) {
  if (count % 4 != 0 || digits.size() * 4 != static_cast<size_t>(count)) {
    return wrong_bits(count, std::to_string(digits.size()) + " hex digits");
  }
  Bits bits;
  for (const char c : digits) {
    const int value = hex_digit(c);
    if (value < 0) return wrong_bits(count, "another character");
    for (int shift = 3; shift >= 0; --shift) bits.push_back(value >> shift & 1);
  }
  return bits;
}

}  // namespace

Result<Bits> parse_bits(std::string_view text, int count) {
  if (text.starts_with("0x") || text.starts_with("0X")) return parse_hex(text.substr(2), count);
  if (text.size() != static_cast<size_t>(count)) {
    return wrong_bits(count, std::to_string(text.size()) + " characters");
  }
  Bits bits;
  for (const char c : text) {
    if (c != '0' && c != '1') return wrong_bits(count, "another character");
    bits.push_back(c == '1' ? 1 : 0);
  }
  return bits;
}

std::string format_bits(std::span<const uint8_t> bits) {
  std::string text;
  for (const uint8_t bit : bits) text += bit != 0 ? '1' : '0';
  return text;
}

std::vector<float> message_of_bits(std::span<const uint8_t> bits) {
  std::vector<float> message;
  for (const uint8_t bit : bits) message.push_back(bit != 0 ? 1.0f : -1.0f);
  return message;
}

Bits bits_of_logits(std::span<const float> logits) {
  Bits bits;
  for (const float logit : logits) bits.push_back(logit > 0 ? 1 : 0);
  return bits;
}

BitsMatch match_bits(std::span<const uint8_t> read, std::span<const uint8_t> expected) {
  BitsMatch match;
  match.count = static_cast<int>(expected.size());
  for (size_t i = 0; i < expected.size(); ++i) match.matches += read[i] == expected[i];
  match.p_value = binomial_tail(match.matches, match.count);
  match.found = match.matches >= least_matches(match.count);
  return match;
}

int least_matches(int count) {
  int least = count;
  while (least > 0 && binomial_tail(least - 1, count) < kRawPValue) --least;
  return least;
}

}  // namespace vseal::payload
