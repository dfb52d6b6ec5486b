// Scores and summaries against numbers worked out by hand.
#include <gtest/gtest.h>

#include <cmath>

#include "workbench/eval/eval_json.h"
#include "workbench/eval/score.h"

namespace vseal::workbench {
namespace {

using pipeline::SourceKind;

payload::Payload hex_id(uint8_t byte) { return {payload::Type::kHex, {byte}}; }

EvalReading reading_of(std::vector<float> logits) { return {std::move(logits), {}, 1}; }

TEST(EvalScore, CountsBitsAndTheirChance) {
  // Read 1 0 1 0 (a logit of 0 is bit 0), marked 1 0 0 0: 3 of 4, chance (4 + 1) / 16.
  const Score score = score_reading(reading_of({2.0f, -1.0f, 0.5f, 0.0f}), {{1, 0, 0, 0}});
  EXPECT_EQ(score.bits, 4);
  EXPECT_EQ(score.bits_right, 3);
  EXPECT_DOUBLE_EQ(score.accuracy(), 0.75);
  EXPECT_DOUBLE_EQ(score.p_value, 5.0 / 16);
  EXPECT_FALSE(score.id_found);
}

TEST(EvalScore, AnIdCountsOnlyWhenPresentAndTheSame) {
  EvalMark mark{{1, 1}, hex_id(7)};
  EvalReading reading = reading_of({1, 1});
  reading.id.payload = hex_id(7);
  reading.id.verdict = payload::Verdict::kPresent;
  EXPECT_TRUE(score_reading(reading, mark).id_found);
  reading.id.payload = hex_id(8);
  EXPECT_FALSE(score_reading(reading, mark).id_found);
  reading.id.payload = hex_id(7);
  reading.id.verdict = payload::Verdict::kUncertain;
  EXPECT_FALSE(score_reading(reading, mark).id_found);
  // Raw bits: nothing read equals nothing marked, and is no ID.
  mark.id.reset();
  reading.id = {};
  EXPECT_FALSE(score_reading(reading, mark).id_found);
}

TEST(EvalScore, CapacityIsThatOfTheBinarySymmetricChannel) {
  EXPECT_DOUBLE_EQ(capacity_bits(256, 1.0), 256);
  EXPECT_DOUBLE_EQ(capacity_bits(256, 0.5), 0);
  EXPECT_DOUBLE_EQ(capacity_bits(256, 0.3), 0);  // worse than chance carries nothing for a decoder
  // H(0.75) = 2 - 0.75 log2 3.
  EXPECT_NEAR(capacity_bits(100, 0.75), 100 * (0.75 * std::log2(3.0) - 1), 1e-9);
  EXPECT_NEAR(capacity_bits(256, 0.95), 182.7, 0.05);
  EXPECT_NEAR(capacity_bits(256, 0.873), 115.4, 0.05);
}

Score score(int right, bool id, double p) { return {100, right, id, p, 1}; }

TEST(EvalScore, SummaryOfThreeFilesAndAFailure) {
  const std::vector<FileScore> scores = {{"a", score(100, true, 1e-30)},
                                         {"b", std::nullopt},
                                         {"c", score(60, false, 0.03)},
                                         {"d", score(80, true, 1e-9)}};
  const AttackSummary s = summarise(SourceKind::kPicture, "flip", true, scores);
  EXPECT_EQ(s.files, 3);
  EXPECT_EQ(s.failed, 1);
  EXPECT_DOUBLE_EQ(s.accuracy, 0.8);
  EXPECT_DOUBLE_EQ(s.worst_accuracy, 0.6);
  EXPECT_EQ(s.worst_file, "c");
  EXPECT_DOUBLE_EQ(*s.id_rate, 2.0 / 3);
  EXPECT_DOUBLE_EQ(s.detected, 2.0 / 3);
  EXPECT_DOUBLE_EQ(s.median_p_value, 1e-9);
  EXPECT_NEAR(s.capacity, 27.8072, 1e-4);  // 100 (1 - H(0.8))
}

TEST(EvalScore, TheMedianOfTwoIsTheLarger) {
  const std::vector<FileScore> scores = {{"a", score(100, true, 1e-30)},
                                         {"b", score(60, false, 0.03)}};
  EXPECT_DOUBLE_EQ(summarise(SourceKind::kVideo, "flip", true, scores).median_p_value, 0.03);
}

TEST(EvalScore, WithoutIdsThereIsNoRate) {
  const std::vector<FileScore> scores = {{"a", score(100, false, 1e-30)}};
  EXPECT_FALSE(summarise(SourceKind::kPicture, "flip", false, scores).id_rate.has_value());
}

TEST(EvalScore, NothingScoredIsNoNumber) {
  const std::vector<FileScore> scores = {{"a", std::nullopt}};
  const AttackSummary s = summarise(SourceKind::kPicture, "flip", true, scores);
  EXPECT_EQ(s.files, 0);
  EXPECT_EQ(s.failed, 1);
  EXPECT_FALSE(s.id_rate.has_value());
}

TEST(EvalScore, CsvQuotesWhatItMust) {
  EvalReport report;
  KindReport kind;
  kind.attacks.push_back(summarise(SourceKind::kPicture, "jpeg:40", true,
                                   std::vector<FileScore>{{"a,\"b\".png", score(75, true, 0.5)}}));
  report.kinds.push_back(kind);
  const std::string csv = eval_csv(report);
  EXPECT_NE(csv.find("\npicture,jpeg:40,1,0,0.750000,0.750000,\"a,\"\"b\"\".png\",1.0000,18.87,0.5,"
                     "0.0000\n"),
            std::string::npos)
      << csv;
}

}  // namespace
}  // namespace vseal::workbench
