#include "api/report.h"

#include <nlohmann/json.hpp>

#include "payload/payload.h"

namespace vseal::api {
namespace {

using nlohmann::ordered_json;

const char* verdict_name(payload::Verdict verdict) {
  switch (verdict) {
    case payload::Verdict::kPresent:
      return "present";
    case payload::Verdict::kAbsent:
      return "absent";
    case payload::Verdict::kUncertain:
      return "uncertain";
  }
  return "unknown";
}

ordered_json id_json(const payload::Payload& id) {
  return {{"type", payload::type_name(id.type)}, {"value", payload::format(id)}};
}

ordered_json raw_json(const pipeline::ReadReport& report) {
  ordered_json json;
  json["bits"] = payload::format_bits(report.raw->bits);
  json["frames_read"] = report.frames_read;
  json["frames_total"] = report.frames_total;
  if (report.raw->match.has_value()) {
    const payload::BitsMatch& match = *report.raw->match;
    json["expected"] = {{"found", match.found},
                        {"p_value", match.p_value},
                        {"bits_right", match.matches},
                        {"bit_accuracy", match.accuracy()}};
  }
  return json;
}

ordered_json search_json(const watermark::SearchReport& search) {
  const watermark::Placement& placement = search.placement;
  return {{"found", search.found},
          {"placement",
           {{"mirrored", placement.mirrored},
            {"degrees", 90.0 * placement.quarter_turns + placement.degrees},
            {"scale", {placement.scale_x, placement.scale_y}}}},
          {"hypotheses", search.hypotheses},
          {"tries", search.tries},
          {"timed_out", search.timed_out},
          {"seconds", search.seconds}};
}

ordered_json reading_json(const pipeline::ReadReport& report) {
  if (report.raw.has_value()) return raw_json(report);
  ordered_json json;
  json["verdict"] = verdict_name(report.reading.verdict);
  json["id"] = nullptr;
  if (report.reading.payload.has_value()) json["id"] = id_json(*report.reading.payload);
  json["p_value"] = report.reading.p_value;
  json["bits_corrected"] = report.reading.bits_corrected;
  json["frames_read"] = report.frames_read;
  json["frames_total"] = report.frames_total;
  json["looks"] = report.looks;
  json["search"] = report.search.has_value() ? search_json(*report.search) : ordered_json(nullptr);
  if (report.expected_p_value.has_value()) {
    json["expected"] = {{"found", report.expected_found}, {"p_value", *report.expected_p_value}};
  }
  return json;
}

const char* mode_name(watermark::VideoMode mode) {
  switch (mode) {
    case watermark::VideoMode::kRepeat:
      return "repeat";
    case watermark::VideoMode::kAlternate:
      return "alternate";
    case watermark::VideoMode::kInterpolate:
      return "interpolate";
  }
  return "unknown";
}

ordered_json video_json(const pipeline::MarkReport& report) {
  const media::TranscodeReport& video = report.video;
  ordered_json json;
  json["mode"] = mode_name(report.key_frames.mode);
  json["step"] = report.key_frames.step;
  json["codec"] = video.input.codec;
  json["encoder"] = video.encoder;
  json["decode_errors"] = video.decode_errors;
  json["dropped_streams"] = ordered_json::array();
  for (const media::DroppedStream& stream : video.dropped) {
    json["dropped_streams"].push_back({{"index", stream.index},
                                       {"kind", stream.kind},
                                       {"codec", stream.codec},
                                       {"reason", stream.reason}});
  }
  return json;
}

ordered_json scenes_json(const watermark::SceneCost& cost) {
  const auto ms_each = [](double seconds, int count) {
    return count > 0 ? 1e3 * seconds / count : 0.0;
  };
  return {{"count", cost.scenes},
          {"feedback_passes", cost.passes},
          {"ms_per_pass", ms_each(cost.feedback_s, cost.passes)},
          {"strengths_tried", cost.tries},
          {"ms_per_try", ms_each(cost.tries_s, cost.tries)}};
}

ordered_json survive_json(const pipeline::SurviveReport& report, double floor_db) {
  ordered_json json = {{"rounds", report.rounds},
                       {"raised_db", report.raised_db},
                       {"floor_db", floor_db},
                       {"attacks", ordered_json::array()},
                       {"seconds", report.seconds}};
  for (const pipeline::AttackOutcome& outcome : report.outcomes) {
    json["attacks"].push_back(
        {{"attack", outcome.attack}, {"found", outcome.found}, {"bits_right", outcome.bits_right}});
  }
  return json;
}

std::string dump(const ordered_json& json) {
  return json.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

}  // namespace

std::string to_json(const std::string& input, const std::string& output,
                    const pipeline::MarkSettings& settings, const pipeline::MarkReport& report) {
  ordered_json json;
  json["input"] = input;
  json["output"] = output;
  json["kind"] = pipeline::kind_name(report.kind);
  json["id"] = nullptr;
  if (settings.raw_bits.has_value()) {
    json["bits"] = payload::format_bits(*settings.raw_bits);
  } else {
    json["id"] = id_json(settings.id);
  }
  json["width"] = report.width;
  json["height"] = report.height;
  json["frames"] = report.frames;
  json["psnr_db"] = nullptr;
  json["ssim"] = nullptr;
  json["rgb_psnr_db"] = nullptr;
  if (report.quality.has_value()) {
    json["psnr_db"] = report.quality->psnr_db;
    json["rgb_psnr_db"] = report.rgb_psnr_db;
    json["ssim"] = report.quality->ssim;
  }
  json["scenes"] = scenes_json(report.scenes);
  if (report.kind == pipeline::SourceKind::kVideo) json["video"] = video_json(report);
  json["verified"] = nullptr;
  if (report.verified.has_value()) json["verified"] = reading_json(*report.verified);
  json["survive"] = nullptr;
  if (report.survive.has_value()) {
    json["survive"] = survive_json(*report.survive, settings.survive.floor_db);
  }
  json["mark_s"] = report.mark_s;
  json["verify_s"] = report.verify_s;
  return dump(json);
}

std::string to_json(const std::string& input, const pipeline::ReadReport& report) {
  ordered_json json;
  json["input"] = input;
  json["kind"] = pipeline::kind_name(report.kind);
  json.update(reading_json(report));
  return dump(json);
}

}  // namespace vseal::api
