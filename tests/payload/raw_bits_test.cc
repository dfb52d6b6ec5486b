#include "payload/raw_bits.h"

#include <gtest/gtest.h>

#include "payload/verdict.h"

namespace vseal::payload {
namespace {

TEST(RawBits, ZerosAndOnesOrHex) {
  const Bits expected = {1, 0, 1, 0, 0, 1, 1, 1};
  for (const char* text : {"10100111", "0xa7", "0XA7"}) {
    const auto bits = parse_bits(text, 8);
    ASSERT_TRUE(bits.ok()) << text;
    EXPECT_EQ(*bits, expected) << text;
  }
  EXPECT_EQ(format_bits(expected), "10100111");
}

TEST(RawBits, OfAnotherLengthOrAlphabetAreRefused) {
  for (const char* text : {"", "1010011", "101001110", "10100112", "0xa", "0xa70", "0xg7", "0x"}) {
    EXPECT_EQ(parse_bits(text, 8).status().code(), Code::kInvalidArgument) << text;
  }
  const std::string message = parse_bits("1", 256).status().message();
  EXPECT_NE(message.find("256 characters"), std::string::npos) << message;
  EXPECT_NE(message.find("64 hex digits"), std::string::npos) << message;
  EXPECT_FALSE(parse_bits("0xff", 10).ok());  // hex digits do not fill 10 bits
}

TEST(RawBits, MessageAndLogitsAreInverse) {
  const Bits bits = {1, 0, 0, 1};
  EXPECT_EQ(message_of_bits(bits), (std::vector<float>{1, -1, -1, 1}));
  EXPECT_EQ(bits_of_logits(message_of_bits(bits)), bits);
  EXPECT_EQ(bits_of_logits(std::vector<float>{0.0f}), Bits{0});
}

TEST(RawBits, LeastMatchesIsWhereChanceFallsBelowTheLimit) {
  for (const int n : {20, 96, 256, 1024}) {
    EXPECT_LT(binomial_tail(least_matches(n), n), kRawPValue) << n;
    EXPECT_GE(binomial_tail(least_matches(n) - 1, n), kRawPValue) << n;
  }
  EXPECT_EQ(least_matches(16), 16);  // 2^-16 is above: all of them, and no p-value that low
}

TEST(RawBits, MatchCountsAgreement) {
  const Bits expected(256, 1);
  Bits read = expected;
  for (int i = 0; i < 256 - least_matches(256); ++i) read[static_cast<size_t>(i)] = 0;
  BitsMatch match = match_bits(read, expected);
  EXPECT_TRUE(match.found);
  EXPECT_EQ(match.matches, least_matches(256));
  EXPECT_LT(match.p_value, kRawPValue);
  read[255] = 0;
  match = match_bits(read, expected);
  EXPECT_FALSE(match.found);
  EXPECT_DOUBLE_EQ(match.accuracy(), match.matches / 256.0);
}

}  // namespace
}  // namespace vseal::payload
