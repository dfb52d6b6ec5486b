#include "payload/payload.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vseal::payload {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Type type_of(std::string_view text) { return parse(text).value().type; }

TEST(Payload, TypeIsRecognised) {
  EXPECT_EQ(type_of("0"), Type::kInteger);
  EXPECT_EQ(type_of("4711"), Type::kInteger);
  EXPECT_EQ(type_of("18446744073709551615"), Type::kInteger);
  EXPECT_EQ(type_of("18446744073709551616"), Type::kText);
  EXPECT_EQ(type_of("007"), Type::kText) << "as a number it would lose its zeros";
  EXPECT_EQ(type_of("-5"), Type::kText);
  EXPECT_EQ(type_of("0xdeadBEEF"), Type::kHex);
  EXPECT_EQ(type_of("f81d4fae-7dec-11d0-a765-00a0c91e6bf6"), Type::kUuid);
  EXPECT_EQ(type_of("f81d4fae-7dec-11d0-a765-00a0c91e6bg6"), Type::kText);
  EXPECT_EQ(type_of("f81d4fae-7dec-11d0-a765-00a0c91e6b-6"), Type::kText);
  EXPECT_EQ(type_of("deadbeef"), Type::kText);
}

TEST(Payload, IntegersAreBigEndianAndShort) {
  EXPECT_THAT(parse("0").value().bytes, ElementsAre(0));
  EXPECT_THAT(parse("255").value().bytes, ElementsAre(255));
  EXPECT_THAT(parse("256").value().bytes, ElementsAre(1, 0));
  EXPECT_THAT(parse("0042", Type::kInteger).value().bytes, ElementsAre(42));
}

TEST(Payload, TextComesBackAsWritten) {
  for (const char* text :
       {"0", "4711", "18446744073709551615", "0x00ff", "f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
        "holiday 2024/3", "\xC3\xA9t\xC3\xA9", "\xF0\x9F\x90\xA6"}) {
    EXPECT_EQ(format(parse(text).value()), text);
  }
  EXPECT_EQ(format(parse("F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6").value()),
            "f81d4fae-7dec-11d0-a765-00a0c91e6bf6");
}

TEST(Payload, ExplicitTypeWins) {
  EXPECT_EQ(parse("4711", Type::kText).value().bytes.size(), 4U);
  EXPECT_THAT(parse("4711", Type::kHex).value().bytes, ElementsAre(0x47, 0x11));
}

TEST(Payload, BadIdsAreRefusedWithWhatWasExpected) {
  EXPECT_THAT(parse("").status().message(), HasSubstr("at least one byte"));
  EXPECT_THAT(parse("0x123").status().message(), HasSubstr("even number of hex digits"));
  EXPECT_THAT(parse("0x").status().message(), HasSubstr("even number of hex digits"));
  EXPECT_THAT(parse("12a", Type::kInteger).status().message(), HasSubstr("decimal digits"));
  EXPECT_THAT(parse("18446744073709551616", Type::kInteger).status().message(),
              HasSubstr("18446744073709551615"));
  EXPECT_THAT(parse("f81d4fae", Type::kUuid).status().message(), HasSubstr("8-4-4-4-12"));
}

TEST(Payload, OnlyPrintableUtf8IsText) {
  for (const std::string bad : {"\xC0\xAF",          // overlong slash
                                "\xED\xA0\x80",      // surrogate
                                "\xF4\x90\x80\x80",  // beyond U+10FFFF
                                "\xE2\x82",          // cut short
                                "\x80", "a\x1b[2J", "line\n", "\x7F", "\xC2\x9B"}) {
    EXPECT_EQ(parse(bad, Type::kText).status().code(), Code::kInvalidArgument) << bad.size();
  }
  EXPECT_FALSE(parse(std::string_view("a\0b", 3), Type::kText).ok());
}

TEST(Payload, BytesMustFitTheirType) {
  EXPECT_FALSE(validate({Type::kInteger, {0, 1}}).ok());
  EXPECT_FALSE(validate({Type::kInteger, std::vector<uint8_t>(9, 1)}).ok());
  EXPECT_FALSE(validate({Type::kUuid, std::vector<uint8_t>(15, 1)}).ok());
  EXPECT_FALSE(validate({Type::kHex, {}}).ok());
  EXPECT_FALSE(validate({static_cast<Type>(7), {1}}).ok());
  EXPECT_TRUE(validate({Type::kInteger, {0}}).ok());
}

}  // namespace
}  // namespace vseal::payload
