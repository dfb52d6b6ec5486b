#include "pipeline/mark.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>

#include "base/log.h"
#include "payload/payload.h"

namespace vseal::pipeline {
namespace {

class Stopwatch {
 public:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

void log_scenes(const watermark::SceneCost& cost) {
  const auto ms_each = [](double seconds, int count) { return 1e3 * seconds / std::max(count, 1); };
  log(LogLevel::kDebug,
      fmt::format("[mark] {} scene(s), {} feedback passes of {:.1f} ms, {} strengths tried at "
                  "{:.1f} ms",
                  cost.scenes, cost.passes, ms_each(cost.feedback_s, cost.passes), cost.tries,
                  ms_each(cost.tries_s, cost.tries)));
}

// One mark, as it is.
Status write_mark(const Tools& tools, const std::string& input, const std::string& path,
                  const std::string& name, const MarkSettings& settings, MarkReport& report,
                  const ProgressCallback& progress) {
  const Stopwatch watch;
  Status status = report.kind == SourceKind::kPicture
                      ? mark_picture(tools, input, path, name, settings, report)
                      : mark_video(tools, input, path, name, settings, report, progress);
  report.mark_s = watch.seconds();
  log_scenes(report.scenes);
  return status;
}

// One mark, or as strong a one as survives what it must.
Status mark_to(const Tools& tools, const std::string& input, const std::string& path,
               const std::string& name, const MarkSettings& settings, MarkReport& report,
               const ProgressCallback& progress) {
  if (settings.survive.attacks.empty()) {
    return write_mark(tools, input, path, name, settings, report, progress);
  }
  VSEAL_RETURN_IF_ERROR(check_survivable(settings.survive, report.kind));
  if (input == "-" || path == "-") {
    return invalid_argument("survive: expected files, got a stream, which cannot be marked twice");
  }
  MarkSettings round = settings;
  round.measure = true;
  const auto write = [&](const watermark::MarkerOptions& options) {
    round.marker = options;
    return write_mark(tools, input, path, name, round, report, progress);
  };
  return mark_until_it_survives(tools, path, name, settings, report, write);
}

// Frames of a video that are pooled to see whether raw bits have come through.
constexpr int kRawVerifyFrames = 32;

std::string what_is_lost(const ReadReport& read) {
  if (!read.raw.has_value()) return "the ID does not come back";
  const payload::BitsMatch& match = *read.raw->match;
  return "only " + std::to_string(match.matches) + " of " + std::to_string(match.count) +
         " bits (" + std::to_string(payload::least_matches(match.count)) +
         " are needed for p < 1e-6) come back";
}

Status verify(const Tools& tools, const std::string& path, const std::string& name,
              const MarkSettings& settings, MarkReport& report) {
  const Stopwatch watch;
  if (settings.release_embedder) tools.networks->release_embedder();
  ReadSettings reading;
  reading.search.mode = watermark::SearchMode::kNone;
  reading.reader.resampling = settings.marker.resampling;
  if (settings.raw_bits.has_value()) {
    reading.raw = RawRequest{settings.raw_bits};
    reading.max_frames = kRawVerifyFrames;
  } else {
    reading.expected = settings.id;
  }
  VSEAL_ASSIGN_OR_RETURN(ReadReport found, read_file(tools, path, reading, {}));
  report.verify_s = watch.seconds();
  report.verified = std::move(found);
  const ReadReport& read = *report.verified;
  if (read.raw.has_value() ? read.raw->match->found : read.expected_found) return {};
  return Status(Code::kVerifyFailed,
                name + ": " + what_is_lost(read) +
                    " from the written file; nothing was written. Try a higher quality "
                    "(--quality, --crf), more --strength" +
                    (read.raw.has_value() ? "" : ", or a shorter ID"));
}

// Reading the input while replacing it is fine for a new inode, but only under a new name does a
// failure leave both; the caller must have asked for it.
bool same_file(const std::string& a, const std::string& b) {
  struct stat left {
  }, right{};
  return ::stat(a.c_str(), &left) == 0 && ::stat(b.c_str(), &right) == 0 &&
         left.st_dev == right.st_dev && left.st_ino == right.st_ino;
}

}  // namespace

Result<std::vector<float>> message_of(const Tools& tools, const MarkSettings& settings) {
  if (!settings.raw_bits.has_value()) {
    VSEAL_RETURN_IF_ERROR(expect_codec(tools));
    return tools.codec->encode(settings.id);
  }
  const size_t bits = static_cast<size_t>(tools.networks->card().bits);
  if (settings.raw_bits->size() == bits) return payload::message_of_bits(*settings.raw_bits);
  return invalid_argument("[mark] bits: expected " + std::to_string(bits) + ", got " +
                          std::to_string(settings.raw_bits->size()));
}

Result<MarkReport> mark_file(const Tools& tools, const std::string& input,
                             const std::string& output, const MarkSettings& settings,
                             const ProgressCallback& progress) {
  MarkReport report;
  VSEAL_ASSIGN_OR_RETURN(report.kind, sniff(input));
  if (output == "-") {
    if (report.kind == SourceKind::kPicture) {
      return invalid_argument("standard output takes a video stream; name a file for a picture");
    }
    VSEAL_RETURN_IF_ERROR(mark_to(tools, input, "-", "-", settings, report, progress));
    return report;
  }
  if (same_file(input, output)) {
    return invalid_argument(output + ": input and output are the same file");
  }
  VSEAL_ASSIGN_OR_RETURN(AtomicFile file, AtomicFile::create(output, settings.if_exists));
  const std::string path = file.writable_path();
  VSEAL_RETURN_IF_ERROR(mark_to(tools, input, path, output, settings, report, progress));
  if (settings.verify) VSEAL_RETURN_IF_ERROR(verify(tools, path, output, settings, report));
  VSEAL_RETURN_IF_ERROR(file.commit());
  return report;
}

}  // namespace vseal::pipeline
