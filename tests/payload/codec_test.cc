#include "payload/codec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

#include "payload/testing.h"

namespace vseal::payload {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr Type kTypes[] = {Type::kInteger, Type::kHex, Type::kUuid, Type::kText};

class CodecOfBits : public testing::TestWithParam<int> {
 protected:
  Codec codec_ = make_codec(GetParam(), test_key(1));
  Random random_{static_cast<uint64_t>(GetParam())};
};

INSTANTIATE_TEST_SUITE_P(Lengths, CodecOfBits, testing::Values(64, 96, 100, 128, 256, 512, 1024),
                         testing::PrintToStringParamName());

TEST_P(CodecOfBits, EveryTypeAndSizeComesBack) {
  for (const Type type : kTypes) {
    const int most = codec_.max_bytes(type);
    for (int size = type == Type::kUuid ? 16 : 1; size <= most; ++size) {
      const Payload payload = random_payload(type, size, random_);
      const std::vector<float> message = codec_.encode(payload).value();
      ASSERT_EQ(static_cast<int>(message.size()), GetParam());
      const Reading reading = codec_.decode(message);
      ASSERT_EQ(reading.verdict, Verdict::kPresent) << type_name(type) << ' ' << size;
      EXPECT_EQ(reading.payload, payload);
      EXPECT_EQ(reading.bits_corrected, 0);
      EXPECT_LE(8 * size, codec_.rate_data_bits()[reading.rate]);
      EXPECT_LT(reading.p_value, 1e-5);
    }
  }
}

TEST_P(CodecOfBits, SmallestRateSurvivesFivePercentWrongBits) {
  const int bytes = codec_.rate_data_bits()[0] / 8;
  for (int t = 0; t < 20; ++t) {
    const Payload payload = random_payload(Type::kInteger, bytes, random_);
    const std::vector<float> message = codec_.encode(payload).value();
    const std::vector<float> logits = noisy(message, kSigmaFor5Percent, random_);
    const Reading reading = codec_.decode(logits);
    ASSERT_EQ(reading.payload, payload) << t;
    int wrong = 0;
    for (size_t i = 0; i < logits.size(); ++i) wrong += (logits[i] > 0) != (message[i] > 0);
    EXPECT_EQ(reading.bits_corrected, wrong);
    EXPECT_EQ(reading.rate, 0);
  }
}

TEST_P(CodecOfBits, NoiseIsAbsent) {
  for (int t = 0; t < 200; ++t) {
    const Reading reading = codec_.decode(noise(GetParam(), random_));
    ASSERT_EQ(reading.verdict, Verdict::kAbsent);
    EXPECT_EQ(reading.p_value, 1.0);
    EXPECT_EQ(reading.payload, std::nullopt);
  }
}

TEST_P(CodecOfBits, LogitsThatSayNothingAreAbsent) {
  const size_t n = GetParam();
  const std::vector<float> message = codec_.encode({Type::kInteger, {7}}).value();
  const auto absent = [&](std::span<const float> logits) {
    const Reading r = codec_.decode(logits);
    return r.verdict == Verdict::kAbsent && r.p_value == 1.0 && !r.payload;
  };
  EXPECT_TRUE(absent({}));
  EXPECT_TRUE(absent(std::vector<float>(n, 0.0F)));
  EXPECT_TRUE(absent(std::vector<float>(n - 1, 1.0F)));
  EXPECT_TRUE(absent(std::vector<float>(n + 1, 1.0F)));
  for (const float bad :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
        -std::numeric_limits<float>::infinity()}) {
    std::vector<float> logits = message;
    logits[n / 2] = bad;
    EXPECT_TRUE(absent(logits));
    EXPECT_TRUE(absent(std::vector<float>(n, bad)));
  }
  EXPECT_TRUE(absent(std::vector<float>(n, std::numeric_limits<float>::max())));
  EXPECT_TRUE(absent(std::vector<float>(n, -std::numeric_limits<float>::denorm_min())));
}

TEST(Codec, ThirtyTwoBitsSurviveTwelvePercentWrongBitsOf256) {
  const Codec codec = make_codec(256);
  Random random(12);
  for (int t = 0; t < 100; ++t) {
    const Payload payload = random_payload(Type::kInteger, 4, random);
    const Reading reading =
        codec.decode(noisy(codec.encode(payload).value(), kSigmaFor12Percent, random));
    ASSERT_EQ(reading.payload, payload) << t;
    EXPECT_GT(reading.bits_corrected, 0);
  }
}

// Hard decisions only: what is left when a detector gives bits instead of logits.
TEST(Codec, HardBitsAreReadToo) {
  const Codec codec = make_codec(256);
  Random random(13);
  for (int t = 0; t < 50; ++t) {
    const Payload payload = random_payload(Type::kHex, 4, random);
    std::vector<float> logits = codec.encode(payload).value();
    for (int e = 0; e < 20; ++e) logits[random() % 256] *= -1;
    EXPECT_EQ(codec.decode(logits).payload, payload);
  }
}

TEST(Codec, ScaleOfLogitsDoesNotMatter) {
  const Codec codec = make_codec(256);
  Random random(14);
  const Payload payload = random_payload(Type::kHex, 8, random);
  const std::vector<float> message = codec.encode(payload).value();
  for (const float scale : {1e-38F, 1e-9F, 1.0F, 777.0F, 1e37F}) {
    Random same(15);
    const Reading reading = codec.decode(noisy(message, kSigmaFor5Percent, same, scale));
    EXPECT_EQ(reading.payload, payload) << scale;
  }
}

TEST(Codec, AFewAbsurdLogitsDoNotOutvoteTheRest) {
  const Codec codec = make_codec(256);
  Random random(16);
  const Payload payload = random_payload(Type::kHex, 4, random);
  const std::vector<float> message = codec.encode(payload).value();
  std::vector<float> logits = noisy(message, kSigmaFor5Percent, random);
  for (int i = 0; i < 8; ++i) logits[31 * i] = -1e30F * message[31 * i];
  EXPECT_EQ(codec.decode(logits).payload, payload);
}

TEST(Codec, ErasuresAreZeros) {
  const Codec codec = make_codec(256);
  Random random(17);
  const Payload payload = random_payload(Type::kHex, 4, random);
  std::vector<float> logits = codec.encode(payload).value();
  for (int i = 0; i < 120; ++i) logits[random() % 256] = 0;
  EXPECT_EQ(codec.decode(logits).payload, payload);
}

TEST(Codec, AMarkIsReadWithItsKeyOnly) {
  const Codec first = make_codec(256, test_key(1));
  const Codec second = make_codec(256, test_key(2));
  const Codec open = make_codec(256);
  const Payload payload{Type::kInteger, {0x12, 0x67}};
  const Codec* codecs[] = {&first, &second, &open};
  for (const Codec* writer : codecs) {
    for (const Codec* reader : codecs) {
      const Reading reading = reader->decode(writer->encode(payload).value());
      EXPECT_EQ(reading.verdict, writer == reader ? Verdict::kPresent : Verdict::kAbsent);
    }
  }
}

TEST(Codec, CheckBitsAreAPartOfTheFormat) {
  const Codec strict = make_codec(256, {}, 32);
  const Codec loose = make_codec(256, {}, 24);
  const Payload payload{Type::kInteger, {9}};
  EXPECT_EQ(make_codec(256).encode(payload).value(), strict.encode(payload).value());
  EXPECT_EQ(make_codec(128).encode(payload).value(),
            make_codec(128, {}, 24).encode(payload).value());
  EXPECT_EQ(loose.decode(strict.encode(payload).value()).verdict, Verdict::kAbsent);
  EXPECT_EQ(loose.decode(loose.encode(payload).value()).payload, payload);
}

TEST(Codec, PValueGrowsWithTrials) {
  const Codec codec = make_codec(256);
  const std::vector<float> message = codec.encode({Type::kInteger, {1}}).value();
  const double one = codec.decode(message).p_value;
  EXPECT_LT(one, 1e-7);
  EXPECT_DOUBLE_EQ(codec.decode(message, 64).p_value, 64 * one);
  EXPECT_DOUBLE_EQ(codec.decode(message, 0).p_value, one);
  EXPECT_LE(codec.decode(message, std::numeric_limits<int64_t>::max()).p_value, 1.0);
}

// Every bit right, all equally sure: none of the 2^256 sign patterns is better. Frames of 4 bytes
// that a writer can have written: 3 types, and 2 + 2 + 32 + 32 bits of which version, padding and
// check are given.
TEST(Codec, PValueOfACleanReadingCountsWhatAWriterCanHaveWritten) {
  const Codec codec = make_codec(256);
  const std::vector<float> message = codec.encode({Type::kHex, {1, 2, 3, 4}}).value();
  const double bits = std::log2(codec.decode(message).p_value);
  const double log2_written = 32 + std::log2(3) + std::log2(1 + 1 / 256.0 + 1 / 65536.0);
  EXPECT_NEAR(bits, std::log2(3) + log2_written - 256, 1.0);
}

TEST(Codec, PValueFallsBackToTheCheckWhereBitsAreWrong) {
  const Codec codec = make_codec(128);
  Random random(23);
  const std::vector<float> message = codec.encode(random_payload(Type::kHex, 8, random)).value();
  int by_check = 0, by_agreement = 0;
  for (int t = 0; t < 40; ++t) {
    // 1 % of the bits wrong, then 8 %.
    const Reading reading = codec.decode(noisy(message, t % 2 == 0 ? 0.43F : 0.71F, random));
    if (reading.verdict != Verdict::kPresent) continue;
    EXPECT_LE(reading.p_value, codec.chance_of_present());
    by_check += reading.p_value == codec.chance_of_present();
    by_agreement += reading.p_value < 1e-3 * codec.chance_of_present();
  }
  EXPECT_GE(by_check, 5);
  EXPECT_GE(by_agreement, 15);
}

TEST(Codec, RatesGrowAndTypesFit) {
  EXPECT_THAT(make_codec(256).rate_data_bits(), ElementsAre(32, 64, 128));
  EXPECT_THAT(make_codec(128).rate_data_bits(), ElementsAre(32, 48, 64));
  const Codec small = make_codec(96);
  EXPECT_EQ(small.max_bytes(Type::kInteger), 6);
  EXPECT_EQ(small.max_bytes(Type::kUuid), 0);
  const Codec large = make_codec(1024);
  EXPECT_EQ(large.max_bytes(Type::kInteger), 8);
  EXPECT_EQ(large.max_bytes(Type::kUuid), 16);
  EXPECT_EQ(large.max_bytes(Type::kText), 64);
}

TEST(Codec, TooLongIdsSayWhatFits) {
  const Codec codec = make_codec(256);
  const Status text = codec.encode(parse("seventeen letters").value()).status();
  EXPECT_EQ(text.code(), Code::kInvalidArgument);
  EXPECT_THAT(text.message(), HasSubstr("at most 16 bytes of UTF-8"));
  EXPECT_THAT(text.message(), HasSubstr("256 bits, got 17"));
  EXPECT_THAT(text.message(), HasSubstr("record"));
  const Status uuid = make_codec(128).encode({Type::kUuid, std::vector<uint8_t>(16)}).status();
  EXPECT_THAT(uuid.message(), HasSubstr("uuid ID: expected at most 8 bytes"));
  EXPECT_FALSE(codec.encode({Type::kInteger, {0, 1}}).ok());
}

TEST(Codec, OptionsOutOfRangeAreRefused) {
  EXPECT_THAT(Codec::create({.bits = 48}).status().message(), HasSubstr("64 to 4096 bits, got 48"));
  EXPECT_FALSE(Codec::create({.bits = 4097}).ok());
  EXPECT_FALSE(Codec::create({.bits = -256}).ok());
  EXPECT_FALSE(Codec::create({.bits = 256, .check_bits = 7}).ok());
  EXPECT_FALSE(Codec::create({.bits = 256, .check_bits = 33}).ok());
  EXPECT_THAT(Key::from_bytes(std::vector<uint8_t>(15)).status().message(),
              HasSubstr("at least 16 bytes, got 15"));
}

TEST(CodecMatch, IsTheBinomialTailOfTheAgreement) {
  const Codec codec = make_codec(256, test_key(3));
  const Payload payload{Type::kUuid, std::vector<uint8_t>(16, 0x5A)};
  std::vector<float> logits = codec.encode(payload).value();
  EXPECT_NEAR(std::log2(codec.match(logits, payload).value()), -256, 1e-9);
  for (int i = 0; i < 89; ++i) logits[i] *= -0.5F;
  const double p = codec.match(logits, payload).value();  // 167 of 256
  EXPECT_LT(p, 1e-6);
  EXPECT_GT(p, 5e-7);
  EXPECT_GT(codec.match(logits, {Type::kUuid, std::vector<uint8_t>(16, 0x5B)}).value(), 1e-4);
}

TEST(CodecMatch, RefusesWhatCannotBe) {
  const Codec codec = make_codec(256);
  const Payload payload{Type::kInteger, {1}};
  EXPECT_FALSE(codec.match(std::vector<float>(255, 1.0F), payload).ok());
  EXPECT_FALSE(codec.match(std::vector<float>(256, std::nanf("")), payload).ok());
  const std::vector<float> logits(256, 1.0F);
  EXPECT_FALSE(codec.match(logits, {Type::kHex, std::vector<uint8_t>(17)}).ok());
}

TEST(CodecEvidence, MarksBeyondTheLimitAreSometimesUncertainNeverWrong) {
  const Codec codec = make_codec(1024);
  Random random(18);
  int uncertain = 0;
  for (int t = 0; t < 150; ++t) {
    const Payload payload = random_payload(Type::kUuid, 16, random);
    // 30 % wrong bits.
    const Reading reading = codec.decode(noisy(codec.encode(payload).value(), 1.907F, random));
    if (reading.verdict == Verdict::kUncertain) {
      ++uncertain;
      EXPECT_LE(reading.p_value, kUncertainRate);
      EXPECT_EQ(reading.payload, std::nullopt);
      EXPECT_EQ(reading.rate, 1);
    } else if (reading.verdict == Verdict::kPresent) {
      EXPECT_EQ(reading.payload, payload);
    }
  }
  EXPECT_GE(uncertain, 2);
}

}  // namespace
}  // namespace vseal::payload
