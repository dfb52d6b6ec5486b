// What the mark costs a video: the same file through the same encoder with and without it,
// interleaved; and what verifying costs.
//
//   video_bench CLIP [--rounds N] [--id ID] [--codec C] [--crf X] [--preset P] [--threads N]
//
// The marked file must give its ID back before any time counts.
#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "media/video.h"
#include "models/model.h"
#include "pipeline/mark.h"
#include "pipeline/read.h"

namespace vseal::bench {
namespace {

struct Arguments {
  std::string clip;
  int rounds = 3;
  int threads = 0;
  std::string id = "4711";
  media::TranscodeOptions transcode;
};

struct Seconds {
  double wall = 0, cpu = 0;  // cpu: of all threads
};

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

Seconds seconds_of(const auto& work) {
  const auto start = std::chrono::steady_clock::now();
  const double cpu = cpu_seconds();
  work();
  return {std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(),
          cpu_seconds() - cpu};
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

Result<Arguments> parse(int argc, char** argv) {
  Arguments a;
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    if (name.rfind("--", 0) != 0) {
      a.clip = name;
      continue;
    }
    if (++i >= argc) return invalid_argument(name + ": expected a value");
    const std::string value = argv[i];
    if (name == "--rounds") {
      a.rounds = std::max(1, std::atoi(value.c_str()));
    } else if (name == "--threads") {
      a.threads = std::atoi(value.c_str());
    } else if (name == "--id") {
      a.id = value;
    } else if (name == "--codec") {
      a.transcode.codec = value;
    } else if (name == "--crf") {
      a.transcode.crf = std::atof(value.c_str());
    } else if (name == "--preset") {
      a.transcode.preset = value;
    } else {
      return invalid_argument(name + ": unknown option");
    }
  }
  if (a.clip.empty()) return invalid_argument("expected the path of a clip");
  return a;
}

Result<pipeline::Tools> make_tools(ThreadPool& pool) {
  pipeline::Tools tools;
  VSEAL_ASSIGN_OR_RETURN(const auto model, models::default_model());
  VSEAL_ASSIGN_OR_RETURN(tools.networks, watermark::Networks::compile(*model));
  payload::CodecOptions options;
  options.bits = model->card.bits;
  VSEAL_ASSIGN_OR_RETURN(auto codec, payload::Codec::create(options));
  tools.codec = std::make_shared<const payload::Codec>(std::move(codec));
  tools.pool = &pool;
  return tools;
}

struct Times {
  std::vector<double> plain_s, marked_s, ratio, cpu_ratio, verify_s;
};

Status one_round(const pipeline::Tools& tools, const Arguments& a,
                 const pipeline::MarkSettings& settings, const std::string& directory,
                 Times& times) {
  const std::string extension = std::filesystem::path(a.clip).extension().string();
  const std::string plain = directory + "/plain" + extension;
  const std::string marked = directory + "/marked" + extension;
  Status status;
  const auto untouched = [](media::VideoFrame&) { return Status(); };
  const Seconds plain_s = seconds_of([&] {
    status = media::transcode(a.clip, plain, plain, settings.video, {untouched}, {}).status();
  });
  VSEAL_RETURN_IF_ERROR(status);
  const Seconds marked_s = seconds_of(
      [&] { status = pipeline::mark_file(tools, a.clip, marked, settings, {}).status(); });
  VSEAL_RETURN_IF_ERROR(status);
  pipeline::ReadSettings reading;
  reading.search.mode = watermark::SearchMode::kNone;
  reading.expected = settings.id;
  reading.video.threads = settings.video.threads;
  bool found = false;
  const Seconds verify_s = seconds_of([&] {
    const auto report = pipeline::read_file(tools, marked, reading, {});
    status = report.status();
    found = report.ok() && report->expected_found;
  });
  VSEAL_RETURN_IF_ERROR(status);
  if (!found) return internal_error("the marked clip does not give its ID back");
  times.plain_s.push_back(plain_s.wall);
  times.marked_s.push_back(marked_s.wall);
  times.ratio.push_back(marked_s.wall / plain_s.wall);
  times.cpu_ratio.push_back(marked_s.cpu / plain_s.cpu);
  times.verify_s.push_back(verify_s.wall);
  return {};
}

Status run(const Arguments& a) {
  ThreadPool pool(a.threads);
  VSEAL_ASSIGN_OR_RETURN(const pipeline::Tools tools, make_tools(pool));
  pipeline::MarkSettings settings;
  VSEAL_ASSIGN_OR_RETURN(settings.id, payload::parse(a.id));
  settings.video = a.transcode;
  settings.video.threads = pool.threads();
  settings.if_exists = IfExists::kOverwrite;
  settings.verify = false;
  const std::string directory =
      (std::filesystem::temp_directory_path() / "vseal_video_bench").string();
  std::filesystem::create_directories(directory);
  Times times;
  fmt::print("{:>6} {:>10} {:>10} {:>7} {:>9} {:>9}\n", "round", "plain s", "marked s", "ratio",
             "CPU ratio", "verify s");
  Status status;
  for (int round = 0; round < a.rounds && status.ok(); ++round) {
    status = one_round(tools, a, settings, directory, times);
    if (!status.ok()) break;
    fmt::print("{:>6} {:>10.2f} {:>10.2f} {:>7.3f} {:>9.3f} {:>9.3f}\n", round + 1,
               times.plain_s.back(), times.marked_s.back(), times.ratio.back(),
               times.cpu_ratio.back(), times.verify_s.back());
  }
  std::filesystem::remove_all(directory);
  VSEAL_RETURN_IF_ERROR(status);
  fmt::print("{:>6} {:>10.2f} {:>10.2f} {:>7.3f} {:>9.3f} {:>9.3f}  ({} threads)\n", "median",
             median(times.plain_s), median(times.marked_s), median(times.ratio),
             median(times.cpu_ratio), median(times.verify_s), pool.threads());
  return {};
}

}  // namespace
}  // namespace vseal::bench

int main(int argc, char** argv) {
  const auto arguments = vseal::bench::parse(argc, argv);
  const vseal::Status status = arguments.ok() ? vseal::bench::run(*arguments) : arguments.status();
  if (status.ok()) return 0;
  fmt::print(stderr, "video_bench: {}\n", status.message());
  return arguments.ok() ? 70 : 64;
}
