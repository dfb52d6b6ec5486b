// Attacks as text, and the table they come from.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <set>

#include "attacks/attack.h"

namespace vseal::attacks {
namespace {

using testing::HasSubstr;

TEST(AttackText, ChainsAreReadInOrder) {
  const auto attack = parse_attack("jpeg:60+crop:0.71+flip");
  ASSERT_TRUE(attack.ok()) << attack.status().message();
  ASSERT_EQ(attack->steps.size(), 3U);
  EXPECT_STREQ(attack->steps[0].type->name, "jpeg");
  EXPECT_EQ(attack->steps[0].value, 60);
  EXPECT_STREQ(attack->steps[1].type->name, "crop");
  EXPECT_EQ(attack->steps[1].value, 0.71);
  EXPECT_STREQ(attack->steps[2].type->name, "flip");
  EXPECT_FALSE(attack->needs_video());
  EXPECT_TRUE(parse_attack("crop:.71+x264:30")->needs_video());
}

TEST(AttackText, NamesAreCanonical) {
  for (const char* text : {"crop:.71", "crop:0.710", "crop:7.1e-1"}) {
    const auto attack = parse_attack(text);
    ASSERT_TRUE(attack.ok()) << text;
    EXPECT_EQ(attack->name(), "crop:0.71") << text;
  }
}

TEST(AttackText, NonsenseIsRefusedWithWhatWasExpected) {
  const struct {
    const char* text;
    const char* says;
  } kWrong[] = {
      {"", "expected one of identity"},
      {"melt:3", "got \"melt\""},
      {"jpeg", "expected jpeg:NUMBER (quality, whole, 1 to 100), got \"jpeg\""},
      {"jpeg:", "expected jpeg:NUMBER"},
      {"jpeg:0", "1 to 100"},
      {"jpeg:101", "1 to 100"},
      {"jpeg:60.5", "whole"},
      {"jpeg:6o", "got \"jpeg:6o\""},
      {"jpeg: 60", "got \"jpeg: 60\""},
      {"crop:nan", "0.05 to 1"},
      {"crop:inf", "0.05 to 1"},
      {"crop:-0.5", "0.05 to 1"},
      {"flip:1", "takes no number"},
      {"flip+", "expected one of"},
      {"+flip", "expected one of"},
      {"x264:30+cut:10", "first in the chain"},
  };
  for (const auto& wrong : kWrong) {
    const auto attack = parse_attack(wrong.text);
    ASSERT_FALSE(attack.ok()) << wrong.text;
    EXPECT_EQ(attack.status().code(), Code::kInvalidArgument);
    EXPECT_THAT(attack.status().message(), HasSubstr(wrong.says)) << wrong.text;
  }
}

TEST(AttackText, ListsTakeGridsAndKeepOneOfEach) {
  const auto attacks = parse_attacks("jpeg:60,flip,jpeg:60,quick");
  ASSERT_TRUE(attacks.ok()) << attacks.status().message();
  EXPECT_EQ((*attacks)[0].name(), "jpeg:60");
  EXPECT_EQ((*attacks)[1].name(), "flip");
  std::set<std::string> names;
  for (const Attack& attack : *attacks) EXPECT_TRUE(names.insert(attack.name()).second);
  EXPECT_TRUE(names.contains("x264:28"));
  EXPECT_FALSE(parse_attacks("jpeg:60,").ok());
}

TEST(AttackText, GridsAreCanonicalAndOfTheirKind) {
  const auto images = parse_attacks("images");
  ASSERT_TRUE(images.ok()) << images.status().message();
  EXPECT_GT(images->size(), 60U);
  for (const Attack& attack : *images) EXPECT_FALSE(attack.needs_video()) << attack.name();
  const auto video = parse_attacks("video");
  ASSERT_TRUE(video.ok()) << video.status().message();
  EXPECT_GT(video->size(), 40U);
  EXPECT_EQ(images->front().name(), "identity");
  EXPECT_EQ(video->front().name(), "identity");
}

TEST(AttackTable, RowsAreSoundAndNamesUnique) {
  std::set<std::string> names;
  for (const AttackType& type : attack_types()) {
    EXPECT_TRUE(names.insert(type.name).second) << type.name;
    EXPECT_NE(type.picture == nullptr, type.video == nullptr) << type.name;
    EXPECT_EQ(type.parameter == nullptr, type.low == type.high) << type.name;
    EXPECT_EQ(std::string(type.definition).back(), '.') << type.name;
  }
}

TEST(AttackTable, EveryAttackIsDocumentedAsItIs) {
  std::ifstream in(std::string(VSEAL_SOURCE_DIR) + "/docs/eval.md");
  const std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  for (const AttackType& type : attack_types()) {
    const std::string name = type.parameter == nullptr ? type.name : std::string(type.name) + ":N";
    const std::string parameter = type.parameter == nullptr ? "" : type.parameter;
    EXPECT_THAT(text, HasSubstr("| `" + name + "` | " + parameter + " | " + type.definition));
  }
}

}  // namespace
}  // namespace vseal::attacks
