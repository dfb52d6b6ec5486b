#include "pipeline/read.h"

#include <algorithm>

#include "media/picture.h"
#include "pipeline/attempt.h"
#include "pipeline/side_by_side.h"

namespace vseal::pipeline {
namespace {

struct Prepared {
  std::unique_ptr<watermark::Reader> reader;
  std::optional<media::Picture> picture;  // none of a video
};

// Plans the detector, and reads the picture meanwhile.
Result<Prepared> prepare(const Tools& tools, const std::string& path, SourceKind kind,
                         const watermark::ReaderOptions& options) {
  Prepared prepared;
  const auto plan = [&]() -> Status {
    VSEAL_ASSIGN_OR_RETURN(prepared.reader,
                           watermark::Reader::create(tools.networks, tools.pool, options));
    return {};
  };
  if (kind == SourceKind::kVideo) {
    VSEAL_RETURN_IF_ERROR(plan());
    return prepared;
  }
  const auto load = [&]() -> Status {
    VSEAL_ASSIGN_OR_RETURN(prepared.picture, media::Picture::load(path));
    return {};
  };
  VSEAL_RETURN_IF_ERROR(side_by_side(tools.pool, plan, load));
  return prepared;
}

// Samples every frame_step-th frame from where the reader stands, `budget` of them at most.
// Returns true when the file has ended.
Result<bool> sample_forward(media::VideoReader& video, const ReadSettings& settings, int budget,
                            Attempt& attempt, bool& found, const ProgressCallback& progress) {
  for (int64_t i = 0; budget > 0 && !found; ++i) {
    VSEAL_ASSIGN_OR_RETURN(const auto frame, video.next());
    if (!frame.has_value()) return true;
    if (i % settings.frame_step != 0) continue;
    VSEAL_ASSIGN_OR_RETURN(found, attempt.add(frame->view));
    --budget;
    const media::VideoInfo& info = video.info();
    if (progress && !progress({frame->index, info.frame_count, frame->time_s, info.duration_s})) {
      return Status(Code::kCancelled, "cancelled");
    }
  }
  return false;
}

// One frame at each of evenly spaced seek points, until the budget is spent.
Status sample_spread(media::VideoReader& video, const ReadSettings& settings, Attempt& attempt,
                     bool& found) {
  const int points = settings.max_frames;
  for (int i = 1; i < points && !found && !attempt.full(); ++i) {
    // Spread by the golden section: any prefix of the points covers the whole file evenly.
    const double phase = 0.6180339887498949 * i;
    const double time_s = (phase - static_cast<int64_t>(phase)) * video.info().duration_s;
    if (!video.seek(time_s).ok()) return {};
    VSEAL_ASSIGN_OR_RETURN(const auto frame, video.next());
    if (!frame.has_value()) continue;
    VSEAL_ASSIGN_OR_RETURN(found, attempt.add(frame->view));
  }
  return {};
}

// Samples that are taken from the start before a video is sampled at seek points: where there are
// no more in all than may be taken, every one.
int samples_from_start(const media::VideoInfo& info, const ReadSettings& settings) {
  const int64_t all = (info.frame_count + settings.frame_step - 1) / settings.frame_step;
  if (all > 0 && all <= settings.max_frames) return settings.max_frames;
  return std::max(1, settings.max_frames / 4);
}

Status read_video(const std::string& path, const ReadSettings& settings, Attempt& attempt,
                  ReadReport& report, const ProgressCallback& progress) {
  VSEAL_ASSIGN_OR_RETURN(const auto video, media::VideoReader::open(path, settings.video));
  report.frames_total = video->info().frame_count;
  bool found = false;
  const int first = samples_from_start(video->info(), settings);
  VSEAL_ASSIGN_OR_RETURN(bool ended,
                         sample_forward(*video, settings, first, attempt, found, progress));
  const bool spread = path != "-" && video->info().duration_s > 0;
  if (!found && !ended && spread) {
    VSEAL_RETURN_IF_ERROR(sample_spread(*video, settings, attempt, found));
  } else if (!found && !ended) {
    VSEAL_ASSIGN_OR_RETURN(ended, sample_forward(*video, settings, settings.max_frames - first,
                                                 attempt, found, progress));
  }
  if (report.frames_read == 0) return corrupt_input(path + ": the video holds no frames");
  return {};
}

// What a request must be, given the model.
Status check_request(const Tools& tools, const ReadSettings& settings) {
  if (settings.max_frames < 1 || settings.frame_step < 1) {
    return invalid_argument("[read] max_frames and frame_step: expected at least 1");
  }
  if (!settings.raw.has_value()) return expect_codec(tools);
  const size_t bits = static_cast<size_t>(tools.networks->card().bits);
  if (!settings.raw->expected.has_value() || settings.raw->expected->size() == bits) return {};
  return invalid_argument("[read] expected bits: expected " + std::to_string(bits) + ", got " +
                          std::to_string(settings.raw->expected->size()));
}

}  // namespace

RawReading raw_reading(const RawRequest& request, std::span<const float> logits) {
  RawReading raw{payload::bits_of_logits(logits), std::nullopt};
  if (request.expected.has_value()) raw.match = payload::match_bits(raw.bits, *request.expected);
  return raw;
}

Result<ReadReport> read_file(const Tools& tools, const std::string& path,
                             const ReadSettings& settings, const ProgressCallback& progress) {
  VSEAL_RETURN_IF_ERROR(check_request(tools, settings));
  ReadReport report;
  VSEAL_ASSIGN_OR_RETURN(report.kind, sniff(path));
  VSEAL_ASSIGN_OR_RETURN(const Prepared prepared,
                         prepare(tools, path, report.kind, settings.reader));
  watermark::Reader* const reader = prepared.reader.get();
  Attempt attempt(tools, settings, *reader, report);
  if (report.kind == SourceKind::kPicture) {
    report.frames_total = 1;
    VSEAL_RETURN_IF_ERROR(attempt.add(prepared.picture->view()).status().with_context(path));
  } else {
    VSEAL_RETURN_IF_ERROR(read_video(path, settings, attempt, report, progress));
  }
  VSEAL_RETURN_IF_ERROR(attempt.finish());
  if (settings.raw.has_value()) {
    report.raw = raw_reading(*settings.raw, reader->logits());
  } else if (settings.expected.has_value()) {
    VSEAL_ASSIGN_OR_RETURN(report.expected_p_value,
                           tools.codec->match(reader->logits(), *settings.expected));
    report.expected_found = report.reading.payload == settings.expected;
  }
  return report;
}

}  // namespace vseal::pipeline
