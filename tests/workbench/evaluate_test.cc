// Whole evaluations of the model inside, on a picture and the start of a clip.
#include "workbench/eval/evaluate.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <set>

#include "media/raster_edit.h"
#include "temporary_folder.h"
#include "workbench/eval/eval_json.h"
#include "workbench/eval/eval_output.h"

namespace vseal::workbench {
namespace {

namespace fs = std::filesystem;

const std::string kSource = VSEAL_SOURCE_DIR;
const std::string kPicture = kSource + "/tests/data/picture.png";
const std::string kClip = kSource + "/examples/clip.mp4";

EvalTools tools_of(ThreadPool& pool) {
  static const auto networks = watermark::Networks::compile(**models::default_model()).value();
  static const auto codec = std::make_shared<const payload::Codec>(
      payload::Codec::create({.bits = networks->card().bits}).value());
  return {networks, codec, &pool, "digest", "test"};
}

EvalSettings settings_of(std::vector<std::string> inputs, const std::string& attacks) {
  EvalSettings settings;
  settings.inputs = std::move(inputs);
  settings.attacks = attacks;
  settings.max_frames = 8;
  return settings;
}

EvalReport must_evaluate(const EvalSettings& settings, int threads) {
  ThreadPool pool(threads);
  const EvalTools tools = tools_of(pool);
  auto report = evaluate(tools, settings, {});
  EXPECT_TRUE(report.ok()) << report.status().message();
  return report.ok() ? std::move(*report) : EvalReport{};
}

using Evaluate = test::TemporaryFolder;

TEST_F(Evaluate, ResultsDoNotDependOnThreads) {
  EvalSettings settings = settings_of({kPicture, kClip}, "identity,jpeg:40,crop:0.8,noise:9");
  settings.search.time_limit_s = 3600;  // what a busy machine does not find in time it loses
  const std::string one = eval_json(must_evaluate(settings, 1));
  EXPECT_EQ(eval_json(must_evaluate(settings, 4)), one);
  EXPECT_EQ(eval_json(must_evaluate(settings, 4)), one);
}

TEST_F(Evaluate, ReadsWhatItMarksAndLosesWhatIsGone) {
  const EvalReport report = must_evaluate(settings_of({kPicture, kClip}, "identity,noise:255"), 2);
  ASSERT_EQ(report.kinds.size(), 2U);
  for (const KindReport& kind : report.kinds) {
    ASSERT_EQ(kind.attacks.size(), 2U);
    EXPECT_GT(kind.attacks[0].accuracy, 0.95);
    EXPECT_EQ(kind.attacks[0].id_rate, 1.0);
    EXPECT_EQ(kind.attacks[0].detected, 1.0);
    EXPECT_LT(kind.attacks[1].accuracy, 0.75);
    EXPECT_EQ(kind.attacks[1].id_rate, 0.0);
    ASSERT_EQ(kind.files.size(), 1U);
    EXPECT_GT(kind.files[0].marked.psnr_db, 35);
    EXPECT_LT(kind.files[0].marked.psnr_db, 60);
    EXPECT_FALSE(kind.files[0].id.empty());
  }
  EXPECT_EQ(report.kinds[1].files[0].marked.frames, 8);
  EXPECT_EQ(report.scores.at(kClip).at("identity").frames, 2);  // every fourth of them
}

TEST_F(Evaluate, SeedsAndNamesChooseTheId) {
  const auto id_of = [&](const std::string& path, uint64_t seed) {
    EvalSettings settings = settings_of({path}, "identity");
    settings.seed = seed;
    return must_evaluate(settings, 1).kinds.at(0).files.at(0).id;
  };
  const std::string copy = folder_ + "/picture.png", renamed = folder_ + "/other.png";
  fs::copy_file(kPicture, copy);
  fs::copy_file(kPicture, renamed);
  const std::string id = id_of(kPicture, 1);
  EXPECT_EQ(id_of(copy, 1), id);
  EXPECT_NE(id_of(renamed, 1), id);
  EXPECT_NE(id_of(kPicture, 2), id);
}

TEST_F(Evaluate, ResumesWhereItWasCutOff) {
  EvalSettings settings = settings_of({kPicture, kClip}, "identity,jpeg:40,flip");
  settings.output = folder_ + "/out";
  const std::string whole = eval_json(must_evaluate(settings, 2));
  const std::string path = settings.output + "/results.jsonl";
  // Header, and what came first: at least one file's record; the last line cut short.
  std::ifstream in(path);
  std::string kept, line;
  for (int i = 0; i < 4 && std::getline(in, line); ++i) kept += line + "\n";
  in.close();
  std::ofstream(path, std::ios::trunc) << kept << "{\"file\":";
  settings.resume = true;
  const EvalReport again = must_evaluate(settings, 2);
  EXPECT_EQ(again.jobs + again.resumed, 6);
  EXPECT_GT(again.resumed, 0);
  EXPECT_GT(again.jobs, 0);
  EvalReport rest = must_evaluate(settings, 2);
  EXPECT_EQ(rest.jobs, 0);
  EXPECT_EQ(rest.resumed, 6);
  rest.jobs = 6;
  rest.resumed = 0;
  EXPECT_EQ(eval_json(rest), whole);
  // More attacks may be asked for; other settings may not, nor another file under the same name.
  settings.attacks = "identity,jpeg:40,flip,grey";
  EXPECT_EQ(must_evaluate(settings, 1).jobs, 2);
  ThreadPool pool(1);
  const EvalTools tools = tools_of(pool);
  settings.seed = 2;
  EXPECT_EQ(evaluate(tools, settings, {}).status().code(), Code::kInvalidArgument);
}

TEST_F(Evaluate, ResumeNoticesAnotherFile) {
  const std::string copy = folder_ + "/p.png";
  fs::copy_file(kPicture, copy);
  EvalSettings settings = settings_of({copy}, "identity");
  settings.output = folder_ + "/out";
  must_evaluate(settings, 1);
  std::ofstream(copy, std::ios::app) << "x";
  settings.resume = true;
  ThreadPool pool(1);
  EXPECT_EQ(evaluate(tools_of(pool), settings, {}).status().code(), Code::kInvalidArgument);
}

TEST_F(Evaluate, CancelledWorkIsKept) {
  EvalSettings settings = settings_of({kPicture}, "identity,flip,grey");
  settings.output = folder_ + "/out";
  ThreadPool pool(1);
  const EvalTools tools = tools_of(pool);
  const auto first_only = [](int64_t done, int64_t total) {
    EXPECT_EQ(total, 3);
    return done < 1;
  };
  EXPECT_EQ(evaluate(tools, settings, first_only).status().code(), Code::kCancelled);
  settings.resume = true;
  EXPECT_EQ(must_evaluate(settings, 1).resumed, 1);
}

TEST_F(Evaluate, FailuresAreToldAndTheRestGoesOn) {
  fs::create_directory(folder_ + "/in");
  fs::copy_file(kPicture, folder_ + "/in/b.png");
  std::ofstream(folder_ + "/in/notes.txt") << "no picture";
  // A picture by its first bytes, and nothing behind them.
  std::ofstream(folder_ + "/in/a.png", std::ios::binary) << "\x89PNG\r\n\x1a\n and no more";
  const EvalReport report =
      must_evaluate(settings_of({folder_ + "/in"}, "identity,resize:0.01"), 2);
  ASSERT_EQ(report.failures.size(), 2U);
  EXPECT_EQ(report.failures[0].file, folder_ + "/in/a.png");
  EXPECT_EQ(report.failures[0].attack, "");
  EXPECT_EQ(report.failures[1].file, folder_ + "/in/b.png");
  EXPECT_EQ(report.failures[1].attack, "resize:0.01");  // too small to be read
  ASSERT_EQ(report.kinds.at(0).files.size(), 1U);
  EXPECT_EQ(report.kinds[0].attacks[0].files, 1);
  EXPECT_EQ(report.kinds[0].attacks[1].failed, 2);
}

TEST_F(Evaluate, AttacksOnVideosAreLeftOutForPictures) {
  const EvalReport report = must_evaluate(settings_of({kPicture}, "identity,x264:30"), 1);
  EXPECT_EQ(report.kinds.at(0).attacks.size(), 1U);
}

TEST_F(Evaluate, WrongCallsAreRefused) {
  ThreadPool pool(1);
  const EvalTools tools = tools_of(pool);
  const auto code = [&](EvalSettings settings) {
    return evaluate(tools, settings, {}).status().code();
  };
  EXPECT_EQ(code(settings_of({}, "")), Code::kInvalidArgument);
  EXPECT_EQ(code(settings_of({folder_}, "")), Code::kInvalidArgument);
  EXPECT_EQ(code(settings_of({folder_ + "/none.png"}, "")), Code::kNotFound);
  EXPECT_EQ(code(settings_of({kPicture}, "x264:30")), Code::kInvalidArgument);
  EXPECT_EQ(code(settings_of({kPicture}, "dance")), Code::kInvalidArgument);
  EvalSettings settings = settings_of({kPicture}, "identity");
  settings.id_bits = 12;
  EXPECT_EQ(code(settings), Code::kInvalidArgument);
  settings.id_bits = 0;
  settings.max_frames = 0;
  EXPECT_EQ(code(settings), Code::kInvalidArgument);
  settings.max_frames = 8;
  settings.resume = true;
  EXPECT_EQ(code(settings), Code::kInvalidArgument);
}

std::vector<uint8_t> bytes_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST_F(Evaluate, LooksAreWhatTheMarkChanged) {
  EvalSettings settings = settings_of({kPicture}, "identity");
  settings.output = folder_;
  settings.looks = true;
  ThreadPool pool(2);
  const EvalTools tools = tools_of(pool);
  const auto report = evaluate(tools, settings, {}).value();
  ASSERT_TRUE(write_eval(tools, report).ok());
  const auto picture = [&](const char* name) {
    return media::decode(bytes_of(folder_ + "/looks/1-" + name + ".png"),
                         media::PictureFormat::kPng)
        .value();
  };
  const media::Raster original = picture("original");
  const media::Raster marked = picture("marked");
  const media::Raster difference = picture("difference");
  ASSERT_EQ(original.samples().size(), marked.samples().size());
  double squares = 0;
  for (size_t i = 0; i < original.samples().size(); ++i) {
    const int d = marked.samples()[i] - original.samples()[i];
    ASSERT_EQ(difference.samples()[i], std::clamp(128 + 10 * d, 0, 255)) << i;
    squares += d * d;
  }
  const double psnr =
      10 * std::log10(255 * 255 * static_cast<double>(original.samples().size()) / squares);
  EXPECT_NEAR(psnr, report.kinds[0].files[0].marked.psnr_db, 0.01);
  const std::vector<uint8_t> page = bytes_of(folder_ + "/looks.html");
  EXPECT_NE(std::string(page.begin(), page.end()).find("looks/1-marked.png"), std::string::npos);
}

}  // namespace
}  // namespace vseal::workbench
