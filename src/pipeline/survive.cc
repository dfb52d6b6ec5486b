#include "pipeline/survive.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <chrono>
#include <cmath>

#include "base/log.h"
#include "media/picture.h"
#include "pipeline/attempt.h"
#include "pipeline/mark.h"

namespace vseal::pipeline {
namespace {

constexpr double kStepDb = 1.0;
constexpr int kFrameStep = 4;        // of an attacked video's frames, every so many are read
constexpr uint64_t kChanceSeed = 1;  // of crops and noise: the same marks from the same input
constexpr double kNearDb = 0.05;     // from here on the floor counts as reached
constexpr float kMostStrength = 8.0f;

ReadSettings reading_of(const MarkSettings& settings) {
  ReadSettings reading;
  reading.reader.resampling = settings.marker.resampling;
  reading.frame_step = kFrameStep;
  reading.max_frames = kSurviveFrames / kFrameStep;
  if (settings.raw_bits.has_value()) reading.raw = RawRequest{settings.raw_bits};
  return reading;
}

// Reads as vseal detect does by default, and tells whether it is what was marked.
class Witness {
 public:
  // Writes what it learns into `report`, whose kind is set. All arguments must outlive it.
  Witness(const Tools& tools, const MarkSettings& settings, const ReadSettings& reading,
          const std::vector<float>& message, watermark::Reader& reader, ReadReport& report)
      : settings_(settings),
        message_(message),
        reader_(reader),
        reading_(reading),
        report_(report),
        attempt_(tools, reading_, reader, report_) {}

  // Reads one more frame; looks whenever their number has doubled.
  Status add(const FrameView& frame) {
    VSEAL_ASSIGN_OR_RETURN(found_, attempt_.add(frame));
    const bool doubled = std::has_single_bit(static_cast<unsigned>(reader_.frames()));
    if (reading_.raw.has_value() && doubled) found_ = raw_found();
    return {};
  }

  Result<AttackOutcome> outcome(const std::string& attack) {
    if (reader_.frames() > 0 && !found_) {
      VSEAL_RETURN_IF_ERROR(attempt_.finish());
      if (reading_.raw.has_value()) found_ = raw_found();
    }
    if (!reading_.raw.has_value()) found_ = report_.reading.payload == settings_.id;
    AttackOutcome outcome{attack, found_, 0, static_cast<int>(message_.size())};
    const std::span<const float> logits = attempt_.logits();
    for (size_t i = 0; i < message_.size(); ++i) {
      outcome.bits_right += (logits[i] > 0) == (message_[i] > 0) ? 1 : 0;
    }
    return outcome;
  }

  bool found() const { return found_; }

 private:
  bool raw_found() const { return raw_reading(*reading_.raw, reader_.logits()).match->found; }

  const MarkSettings& settings_;
  const std::vector<float>& message_;
  watermark::Reader& reader_;
  const ReadSettings& reading_;
  ReadReport& report_;
  Attempt attempt_;
  bool found_ = false;
};

Status witness_picture(const std::string& path, const attacks::Attack& attack, Witness& witness) {
  VSEAL_ASSIGN_OR_RETURN(const media::Picture picture, media::Picture::load(path));
  VSEAL_ASSIGN_OR_RETURN(const media::Raster marked, media::Raster::of(picture.view()));
  VSEAL_ASSIGN_OR_RETURN(const media::Raster attacked,
                         attacks::attack_picture(marked, attack, {.seed = kChanceSeed}));
  return witness.add(attacked.view());
}

Status witness_clip(const std::string& path, const attacks::Attack& attack, int threads,
                    Witness& witness) {
  const attacks::Clip clip{path, kSurviveFrames, kFrameStep, threads};
  const auto sink = [&](media::VideoFrame& frame) {
    // A mark that has been read needs no more frames: an error ends the chain.
    return witness.found() ? Status(Code::kCancelled, "found") : witness.add(frame.view);
  };
  const auto report = attacks::attack_clip(clip, attack, kChanceSeed, sink);
  return report.ok() || witness.found() ? Status() : report.status();
}

Result<AttackOutcome> try_attack(const Tools& tools, const std::string& path, SourceKind kind,
                                 const attacks::Attack& attack, const MarkSettings& settings) {
  VSEAL_ASSIGN_OR_RETURN(const std::vector<float> message, message_of(tools, settings));
  const ReadSettings reading = reading_of(settings);
  VSEAL_ASSIGN_OR_RETURN(const auto reader,
                         watermark::Reader::create(tools.networks, tools.pool, reading.reader));
  ReadReport report;
  report.kind = kind;
  Witness witness(tools, settings, reading, message, *reader, report);
  VSEAL_RETURN_IF_ERROR(kind == SourceKind::kPicture
                            ? witness_picture(path, attack, witness)
                            : witness_clip(path, attack, settings.video.threads, witness));
  return witness.outcome(attack.name());
}

bool all_found(const SurviveReport& report) {
  return std::ranges::all_of(report.outcomes, [](const AttackOutcome& o) { return o.found; });
}

watermark::MarkerOptions louder(watermark::MarkerOptions options, double db) {
  const float factor = static_cast<float>(std::pow(10.0, db / 20));
  if (options.psnr_db.has_value()) {
    *options.psnr_db -= static_cast<float>(db);
  } else if (options.scaling_w.has_value()) {
    *options.scaling_w *= factor;
  } else {
    options.strength = std::min(options.strength * factor, kMostStrength);
  }
  return options;
}

// Writes a mark raised by survive.raised_db; true when it is as strong as the floor allows.
// Rounding may take it past the floor, from where it is taken back; the first mark is as it was
// asked for.
Result<bool> write_above_floor(const MarkSettings& settings, const MarkReport& report,
                               const WriteMark& write, SurviveReport& survive) {
  constexpr int kMostRetreats = 3;
  for (int i = 0; i <= kMostRetreats; ++i) {
    ++survive.rounds;
    VSEAL_RETURN_IF_ERROR(write(louder(settings.marker, survive.raised_db)));
    const double below_db = settings.survive.floor_db - report.rgb_psnr_db;
    if (survive.rounds == 1 || below_db <= kNearDb) return i > 0 || below_db >= -kNearDb;
    survive.raised_db = std::max(0.0, survive.raised_db - below_db - kNearDb * i);
  }
  return true;
}

Status refusal(const SurviveReport& report, const std::string& name, double floor_db) {
  std::string lost, kept;
  for (const AttackOutcome& o : report.outcomes) {
    std::string& list = o.found ? kept : lost;
    list += (list.empty() ? "" : ", ") + o.attack;
    if (!o.found) list += fmt::format(" ({} of {} bits right)", o.bits_right, o.bits);
  }
  return Status(
      Code::kVerifyFailed,
      fmt::format("{}: the mark does not survive {} at {:.1f} dB, where the floor is {:g} "
                  "dB; nothing was written.{} Allow a lower PSNR (--psnr-floor), or a "
                  "shorter ID",
                  name, lost, report.psnr_db, floor_db,
                  kept.empty() ? "" : " It survives " + kept + "."));
}

}  // namespace

Status check_survivable(const SurviveSettings& settings, SourceKind kind) {
  if (!(settings.floor_db >= 20 && settings.floor_db <= 60)) {
    return invalid_argument(
        fmt::format("psnr floor: expected 20 to 60 dB, got {:g}", settings.floor_db));
  }
  for (const attacks::Attack& attack : settings.attacks) {
    if (kind == SourceKind::kPicture && attack.needs_video()) {
      return invalid_argument("survive: expected attacks on pictures, got " + attack.name() +
                              ", which happens to videos");
    }
  }
  return {};
}

Status mark_until_it_survives(const Tools& tools, const std::string& path, const std::string& name,
                              const MarkSettings& settings, MarkReport& report,
                              const WriteMark& write) {
  SurviveReport survive;
  const double floor_db = settings.survive.floor_db;
  double room_db = 0;  // from the first mark down to the floor
  while (true) {
    VSEAL_ASSIGN_OR_RETURN(const bool last, write_above_floor(settings, report, write, survive));
    if (survive.rounds == 1) room_db = report.rgb_psnr_db - floor_db;
    survive.psnr_db = report.rgb_psnr_db;
    survive.outcomes.clear();
    const auto start = std::chrono::steady_clock::now();
    for (const attacks::Attack& attack : settings.survive.attacks) {
      VSEAL_ASSIGN_OR_RETURN(AttackOutcome outcome,
                             try_attack(tools, path, report.kind, attack, settings));
      log(LogLevel::kDebug, fmt::format("[survive] {:.2f} dB, {}: {} of {} bits right, {}",
                                        survive.psnr_db, outcome.attack, outcome.bits_right,
                                        outcome.bits, outcome.found ? "read" : "lost"));
      survive.outcomes.push_back(std::move(outcome));
    }
    survive.seconds +=
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    report.survive = survive;
    if (all_found(survive)) return {};
    if (last || survive.raised_db >= room_db) return refusal(survive, name, floor_db);
    survive.raised_db = std::min(survive.raised_db + kStepDb, room_db);
  }
}

}  // namespace vseal::pipeline
