// The page and its parts. That it is well-formed as a whole is tested on the command's own output.
#include <gtest/gtest.h>

#include <cmath>

#include "workbench/eval/cases.h"
#include "workbench/eval/html_page.h"
#include "workbench/eval/html_plots.h"
#include "workbench/eval/html_text.h"
#include "workbench/eval/published.h"

namespace vseal::workbench {
namespace {

AttackSummary summary(const std::string& attack, double accuracy, int files = 2) {
  AttackSummary s;
  s.attack = attack;
  s.files = files;
  s.accuracy = accuracy;
  s.worst_accuracy = accuracy - 0.1;
  s.id_rate = 0.5;
  return s;
}

TEST(EvalHtml, EscapesWhatMarkupIsMadeOf) {
  EXPECT_EQ(html::escaped("a<b>&\"c\"\x01"), "a&lt;b&gt;&amp;&quot;c&quot;");
}

TEST(EvalHtml, Base64OfRfc4648) {
  const auto of = [](const std::string& text) {
    const std::vector<uint8_t> bytes(text.begin(), text.end());
    return html::jpeg_uri(bytes).substr(std::string("data:image/jpeg;base64,").size());
  };
  EXPECT_EQ(of(""), "");
  EXPECT_EQ(of("f"), "Zg==");
  EXPECT_EQ(of("fo"), "Zm8=");
  EXPECT_EQ(of("foo"), "Zm9v");
  EXPECT_EQ(of("foobar"), "Zm9vYmFy");
}

TEST(EvalHtml, OnlyAllIsAHundredPercent) {
  EXPECT_EQ(html::percent(1), "100");
  EXPECT_EQ(html::percent(0.99999), "99.99");
  EXPECT_EQ(html::percent(0.5), "50.00");
  EXPECT_EQ(html::percent(0.00001), "0.00");
  EXPECT_EQ(html::percent(0), "0");
}

TEST(EvalHtml, CurvesAreFamiliesOfThree) {
  const std::vector<AttackSummary> attacks = {
      summary("jpeg:40", 0.9), summary("identity", 1), summary("jpeg:20", 0.8),
      summary("blur:1", 0.9),  summary("jpeg:90", 1),  summary("jpeg:60+blur:2", 0.7),
      summary("blur:2", 0.8),  summary("crop:0.5", 1), summary("crop:0.6", 1, 0),
      summary("crop:0.7", 1)};
  const auto curves = html::find_curves(attacks);
  ASSERT_EQ(curves.size(), 1U);
  EXPECT_EQ(curves[0].name, "jpeg");
  ASSERT_EQ(curves[0].points.size(), 3U);
  EXPECT_EQ(curves[0].points[0].x, 20);
  EXPECT_EQ(curves[0].points[2].x, 90);
  EXPECT_EQ(curves[0].points[1].summary.accuracy, 0.9);
}

TEST(EvalHtml, BarsEndWhereTheirSharesLie) {
  // 150 px between 50 and 100 %: 75 % is the middle, below 50 % nothing is left.
  EXPECT_NE(html::bar(0.75, 0.5, "bits", std::nullopt).find("width=\"75.0\""), std::string::npos);
  EXPECT_NE(html::bar(0.2, 0.5, "bits", std::nullopt).find("width=\"0.0\""), std::string::npos);
  EXPECT_NE(html::bar(1, 0, "ids", 0.5).find("x=\"75.0\""), std::string::npos);
}

TEST(EvalCases, TheWorstOfEachKindOfAttackOnce) {
  EvalReport report;
  const auto score = [](int right) { return Score{100, right, false, 1, 1}; };
  report.scores["a"] = {{"crop:0.5", score(52)}, {"crop:0.7", score(60)}, {"flip", score(100)}};
  report.scores["b"] = {
      {"crop:0.5", score(50)}, {"jpeg:20+crop:0.5", score(55)}, {"rotate:5", score(90)}};
  const auto picked = pick_lost(report, 0.995, 2);
  ASSERT_EQ(picked.size(), 2U);
  EXPECT_EQ(picked[0].file + " " + picked[0].attack, "b crop:0.5");
  EXPECT_EQ(picked[1].attack, "jpeg:20+crop:0.5");
  EXPECT_EQ(pick_lost(report, 0.995, 9).size(), 3U);
}

TEST(EvalPublished, FiguresAreOfAttacksThatExist) {
  for (const auto kind : {pipeline::SourceKind::kPicture, pipeline::SourceKind::kVideo}) {
    const PublishedTable table = published_figures(kind);
    ASSERT_LE(table.systems.size(), kMostPublished);
    for (const PublishedFigure& figure : table.figures) {
      const auto attack = attacks::parse_attack(figure.attack);
      ASSERT_TRUE(attack.ok()) << figure.attack;
      EXPECT_EQ(attack->name(), figure.attack);
      for (size_t i = 0; i < kMostPublished; ++i) {
        EXPECT_TRUE(figure.bit_percent[i] == 0 ||
                    (i < table.systems.size() && figure.bit_percent[i] > 45 &&
                     figure.bit_percent[i] <= 100))
            << figure.attack;
      }
    }
  }
}

TEST(EvalPage, SaysWhatStandsBesideOurFigures) {
  EvalReport report;
  report.model = "<model>";
  report.bits = 128;
  report.id_bits = 48;
  KindReport kind;
  kind.attacks = {summary("identity", 0.98765), summary("rotate:5", 0.5)};
  report.kinds.push_back(kind);
  report.failures.push_back({"<file>", "", unsupported("a < b")});
  const std::string page = eval_page(report, {});
  EXPECT_NE(page.find("&lt;model&gt;"), std::string::npos);
  EXPECT_NE(page.find("a &lt; b"), std::string::npos);
  EXPECT_EQ(page.find("<file>"), std::string::npos);
  // Ours, then VideoSeal 1.0 on SA-1B and on COCO, where rotation by 5 degrees is not published.
  EXPECT_NE(page.find("<tr><td>identity</td><td class=\"own\">98.8</td><td>99.9</td><td>99.9</td>"),
            std::string::npos);
  EXPECT_NE(page.find("<tr><td>rotate:5</td><td class=\"own\">50.0</td><td>99.4</td>"
                      "<td class=\"soft\">–</td>"),
            std::string::npos);
  EXPECT_NE(page.find("arXiv 2510.12812, table 4"), std::string::npos);
  EXPECT_NE(page.find("measured by others on other pictures"), std::string::npos);
  EXPECT_EQ(page.find("http://", page.find("</style>")),
            std::string::npos);  // nothing from outside
}

}  // namespace
}  // namespace vseal::workbench
