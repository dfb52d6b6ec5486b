#include "payload/frame.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "payload/testing.h"

namespace vseal::payload {
namespace {

using testing::ElementsAre;

constexpr int kVersionAt = 0;
constexpr int kTypeAt = 2;
constexpr int kLengthAt = 4;

FrameLayout layout_256(int rate) { return frame_layouts(256, 32).at(rate); }

// What someone with the key could write: the body as it stands under a check that fits it.
Bits sealed(const FrameLayout& layout, const Seal& seal, Bits frame) {
  frame.resize(layout.body_bits());
  const Bits check = seal.check(frame);
  frame.insert(frame.end(), check.begin(), check.end());
  return frame;
}

class FrameTest : public testing::Test {
 protected:
  FrameLayout layout_ = layout_256(0);
  Seal seal_{test_key(1), layout_.rate};
  Payload payload_{Type::kHex, {0xA5, 0x01}};
  Bits frame_ = write_frame(layout_, seal_, payload_);
};

TEST_F(FrameTest, FieldsStandWhereTheDocumentSays) {
  ASSERT_EQ(layout_.body_bits(), 2 + 2 + 2 + 32);
  ASSERT_EQ(frame_.size(), 70U);
  EXPECT_THAT(Bits(frame_.begin(), frame_.begin() + 6), ElementsAre(0, 1, 0, 1, 0, 1));
  EXPECT_THAT(Bits(frame_.begin() + 6, frame_.begin() + 14), ElementsAre(1, 0, 1, 0, 0, 1, 0, 1));
  EXPECT_EQ(read_frame(layout_, seal_, frame_), payload_);
}

TEST_F(FrameTest, OneWrongBitAnywhereIsRejected) {
  for (size_t i = 0; i < frame_.size(); ++i) {
    Bits wrong = frame_;
    wrong[i] ^= 1;
    EXPECT_EQ(read_frame(layout_, seal_, wrong), std::nullopt) << "bit " << i;
  }
}

TEST_F(FrameTest, FieldsThatAreNeverWrittenAreRejectedUnderAGoodCheck) {
  const auto reads = [&](const Bits& frame) {
    return read_frame(layout_, seal_, sealed(layout_, seal_, frame)).has_value();
  };
  ASSERT_TRUE(reads(frame_));
  Bits other_version = frame_;
  other_version[kVersionAt] ^= 1;
  EXPECT_FALSE(reads(other_version));
  Bits uuid_of_two_bytes = frame_;
  uuid_of_two_bytes[kTypeAt] = 1;
  uuid_of_two_bytes[kTypeAt + 1] = 0;
  EXPECT_FALSE(reads(uuid_of_two_bytes));
  Bits shorter_than_its_data = frame_;
  shorter_than_its_data[kLengthAt + 1] = 0;
  EXPECT_FALSE(reads(shorter_than_its_data));
  Bits padding = frame_;
  padding[layout_.body_bits() - 1] = 1;
  EXPECT_FALSE(reads(padding));
  EXPECT_FALSE(reads(write_frame(layout_, seal_, {Type::kInteger, {0, 7}})));
  EXPECT_FALSE(reads(write_frame(layout_, seal_, {Type::kText, {'a', 0x1B}})));
}

TEST(Frame, AnIdBelongsToTheSmallestRateThatHoldsIt) {
  const FrameLayout layout = layout_256(1);
  const Seal seal(test_key(1), layout.rate);
  const Payload four{Type::kHex, {1, 2, 3, 4}};
  const Payload five{Type::kHex, {1, 2, 3, 4, 5}};
  EXPECT_EQ(read_frame(layout, seal, write_frame(layout, seal, four)), std::nullopt);
  EXPECT_EQ(read_frame(layout, seal, write_frame(layout, seal, five)), five);
}

TEST(Frame, CheckDependsOnKeyAndRate) {
  const FrameLayout layout = layout_256(0);
  const Bits body(layout.body_bits(), 0);
  const Bits check = Seal(test_key(1), layout.rate).check(body);
  EXPECT_EQ(check.size(), 32U);
  EXPECT_NE(check, Seal(test_key(2), layout.rate).check(body));
  EXPECT_NE(check, Seal(Key::open(), layout.rate).check(body));
  EXPECT_NE(check, Seal(test_key(1), {512, 4, 32}).check(body));
  EXPECT_NE(check, Seal(test_key(1), {256, 8, 32}).check(body));
  EXPECT_NE(Seal(test_key(1), {256, 8, 24}).check(body), Bits(check.begin(), check.begin() + 24));
}

TEST(Frame, MasksOfKeysAndRatesAreUnrelated) {
  const auto mask = [](const Key& key, const RateId& rate) {
    const Seal seal(key, rate);
    return Bits(seal.mask().begin(), seal.mask().end());
  };
  const Bits base = mask(test_key(1), {1024, 4, 32});
  for (const Bits& other :
       {mask(test_key(2), {1024, 4, 32}), mask(Key::open(), {1024, 4, 32}),
        mask(test_key(1), {1024, 8, 32}), mask(test_key(1), {1024, 4, 24}), Bits(1024, 0)}) {
    int differing = 0;
    for (int i = 0; i < 1024; ++i) differing += base[i] != other[i];
    EXPECT_NEAR(differing, 512, 5 * 16);
  }
}

TEST(Frame, EveryLengthHasRatesThatFit) {
  for (const int check_bits : {8, 24, 32}) {
    for (int n = 64; n <= kMaxCodeBits; ++n) {
      const std::vector<FrameLayout> layouts = frame_layouts(n, check_bits);
      ASSERT_FALSE(layouts.empty());
      ASSERT_LE(layouts.size(), 3U);
      ASSERT_LT(layouts.back().frame_bits(), n);
    }
  }
  EXPECT_TRUE(frame_layouts(63, 24).empty());
  EXPECT_TRUE(frame_layouts(kMaxCodeBits + 1, 24).empty());
}

TEST(Frame, AcceptedShareCountsTheValidFrames) {
  // Two bytes: integers 256 + 255 * 256 (bounded by 256 + 65536), hex and text likewise; no UUID.
  const FrameLayout layout = frame_layouts(96, 24).at(0);
  EXPECT_DOUBLE_EQ(accepted_share(layout), 3.0 * (256 + 65536) / std::exp2(5 + 16 + 24));
  // Nine to sixteen bytes: hex, text, and UUIDs of sixteen.
  const double contents =
      (std::exp2(-7 * 8) + std::exp2(-6 * 8) + std::exp2(-5 * 8) + std::exp2(-4 * 8) +
       std::exp2(-3 * 8) + std::exp2(-2 * 8) + std::exp2(-8));
  EXPECT_DOUBLE_EQ(accepted_share(layout_256(2)), (2 * contents + 3) * std::exp2(-8 - 32));
}

}  // namespace
}  // namespace vseal::payload
