// results.jsonl: what is kept, what is taken up again, and what is refused.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "temporary_folder.h"
#include "workbench/eval/results_file.h"

namespace vseal::workbench {
namespace {

class EvalResults : public test::TemporaryFolder {
 protected:
  std::string path() const { return folder_ + "/results.jsonl"; }
  std::string contents() const {
    std::ifstream in(path(), std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
  }
  void add(const std::string& text) const {
    std::ofstream(path(), std::ios::binary | std::ios::app) << text;
  }
  // A file with one record and one score.
  void fill() const {
    const auto file = ResultsFile::open(folder_, kSettings, false);
    ASSERT_TRUE(file.ok()) << file.status().message();
    ASSERT_TRUE((*file)->append(kRecord).ok());
    ASSERT_TRUE((*file)->append("a \"b\".mp4", "x264:30", {256, 250, true, 1e-60, 18}).ok());
  }

  static constexpr const char* kSettings = R"({"model":"m","seed":1})";
  const FileRecord kRecord{
      "a \"b\".mp4", pipeline::SourceKind::kVideo, "abcd", "0x12", {640, 360, 72, 44.5, 0.99}};
};

TEST_F(EvalResults, ComeBackAsTheyWere) {
  fill();
  const auto again = ResultsFile::open(folder_, kSettings, true);
  ASSERT_TRUE(again.ok()) << again.status().message();
  const KnownResults& known = (*again)->known();
  ASSERT_EQ(known.files.size(), 1U);
  const FileRecord& record = known.files.at(kRecord.path);
  EXPECT_EQ(record.kind, kRecord.kind);
  EXPECT_EQ(record.sha256, "abcd");
  EXPECT_EQ(record.id, "0x12");
  EXPECT_EQ(record.marked.width, 640);
  EXPECT_EQ(record.marked.frames, 72);
  EXPECT_DOUBLE_EQ(record.marked.psnr_db, 44.5);
  const Score& score = known.scores.at(kRecord.path).at("x264:30");
  EXPECT_EQ(score.bits_right, 250);
  EXPECT_TRUE(score.id_found);
  EXPECT_DOUBLE_EQ(score.p_value, 1e-60);
  EXPECT_EQ(score.frames, 18);
}

TEST_F(EvalResults, ALineCutShortIsTakenAway) {
  fill();
  const std::string whole = contents();
  add(R"({"file":"c.png","attack":"fl)");
  ASSERT_TRUE(ResultsFile::open(folder_, kSettings, true).ok());
  EXPECT_EQ(contents(), whole);
}

TEST_F(EvalResults, AFileCutInItsFirstLineStartsAnew) {
  add(R"({"vseal_ev)");
  fill();
  EXPECT_EQ(contents().find("{\"vseal_eval\":1,"), 0U);
  EXPECT_TRUE(ResultsFile::open(folder_, kSettings, true).ok());
}

TEST_F(EvalResults, OtherSettingsAreRefusedAndNothingChanges) {
  fill();
  const std::string whole = contents();
  const auto other = ResultsFile::open(folder_, R"({"model":"m","seed":2})", true);
  EXPECT_EQ(other.status().code(), Code::kInvalidArgument);
  EXPECT_NE(other.status().message().find("\"seed\":2"), std::string::npos);
  EXPECT_EQ(contents(), whole);
}

TEST_F(EvalResults, AreNotWrittenOverUnasked) {
  fill();
  EXPECT_EQ(ResultsFile::open(folder_, kSettings, false).status().code(), Code::kCannotCreate);
}

TEST_F(EvalResults, WhatIsNoRecordIsRefused) {
  fill();
  add("not JSON\n");
  EXPECT_EQ(ResultsFile::open(folder_, kSettings, true).status().code(), Code::kCorruptInput);
}

TEST_F(EvalResults, FieldsOfOtherTypesAreNotTrusted) {
  fill();
  add(R"({"file":"c.png","attack":"flip","bits":"many","bits_right":[1],"id_found":1})"
      "\n");
  const auto again = ResultsFile::open(folder_, kSettings, true);
  ASSERT_TRUE(again.ok());
  const Score& score = (*again)->known().scores.at("c.png").at("flip");
  EXPECT_EQ(score.bits, 0);
  EXPECT_FALSE(score.id_found);
}

}  // namespace
}  // namespace vseal::workbench
