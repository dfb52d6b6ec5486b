// Options of vseal.h as settings of the pipeline.
#include <algorithm>

#include "api/convert.h"
#include "attacks/attack.h"

namespace vseal::api {
namespace {

constexpr int kMostStep = 128;

std::string text_or_empty(const char* text) { return text == nullptr ? "" : text; }

Result<media::Chroma> to_chroma(const char* chroma) {
  const std::string text = text_or_empty(chroma);
  if (text.empty()) return media::Chroma::kAuto;
  if (text == "420") return media::Chroma::k420;
  if (text == "444") return media::Chroma::k444;
  return invalid_argument("chroma: expected 420 or 444, got " + text);
}

Status expect_range(const char* what, int got, int most) {
  if (got >= 0 && got <= most) return {};
  return invalid_argument(std::string(what) + ": expected 0.." + std::to_string(most) + ", got " +
                          std::to_string(got));
}

Result<image::Resampling> to_resampling(vseal_resize resize) {
  VSEAL_RETURN_IF_ERROR(expect_range("resize", resize, VSEAL_RESIZE_PLAIN));
  return resize == VSEAL_RESIZE_PLAIN ? image::Resampling::kPlain : image::Resampling::kAntialiased;
}

Result<watermark::MarkerOptions> to_marker_options(const vseal_mark_options& options) {
  watermark::MarkerOptions marker;
  marker.strength = options.strength;
  marker.feedback_passes = std::clamp(options.feedback, 0, 8);
  if (options.scaling_w != 0) marker.scaling_w = options.scaling_w;
  if (options.psnr_db != 0) marker.psnr_db = options.psnr_db;
  VSEAL_RETURN_IF_ERROR(expect_range("jnd", options.jnd, VSEAL_JND_LOW));
  marker.jnd = static_cast<watermark::JndResolution>(options.jnd);
  VSEAL_ASSIGN_OR_RETURN(marker.resampling, to_resampling(options.resize));
  return marker;
}

Result<watermark::VideoOptions> to_key_frames(const vseal_mark_options& options) {
  VSEAL_RETURN_IF_ERROR(expect_range("step", options.step, kMostStep));
  VSEAL_RETURN_IF_ERROR(expect_range("video mode", options.video_mode, VSEAL_VIDEO_INTERPOLATE));
  return watermark::VideoOptions{static_cast<watermark::VideoMode>(options.video_mode),
                                 options.step};
}

Result<pipeline::SurviveSettings> to_survive(const vseal_mark_options& options) {
  pipeline::SurviveSettings survive;
  if (options.psnr_floor_db != 0) survive.floor_db = double{options.psnr_floor_db};
  if (options.survive == nullptr) return survive;
  VSEAL_ASSIGN_OR_RETURN(survive.attacks, attacks::parse_attacks(options.survive));
  return survive;
}

// The ID or the raw bits, of which there must be one.
Status to_message(const vseal_mark_options& options, int bits, pipeline::MarkSettings& settings) {
  if (options.bits == nullptr) {
    VSEAL_ASSIGN_OR_RETURN(settings.id, to_payload(options.id, options.id_type));
    return {};
  }
  if (options.id != nullptr) return invalid_argument("id and bits: expected one of them, got both");
  VSEAL_ASSIGN_OR_RETURN(settings.raw_bits, payload::parse_bits(options.bits, bits));
  return {};
}

}  // namespace

Result<payload::Payload> to_payload(const char* id, vseal_id_type type) {
  if (id == nullptr || *id == '\0') return invalid_argument("id: expected an ID, got none");
  if (type == VSEAL_ID_AUTO) return payload::parse(id);
  if (type < VSEAL_ID_INTEGER || type > VSEAL_ID_TEXT) {
    return invalid_argument("id type: expected -1..3, got " + std::to_string(type));
  }
  return payload::parse(id, static_cast<payload::Type>(type));
}

Result<pipeline::MarkSettings> to_mark_settings(const vseal_mark_options& options, int bits) {
  pipeline::MarkSettings settings;
  VSEAL_RETURN_IF_ERROR(to_message(options, bits, settings));
  VSEAL_ASSIGN_OR_RETURN(settings.marker, to_marker_options(options));
  VSEAL_ASSIGN_OR_RETURN(settings.key_frames, to_key_frames(options));
  VSEAL_ASSIGN_OR_RETURN(settings.survive, to_survive(options));
  settings.if_exists = options.overwrite != 0 ? IfExists::kOverwrite : IfExists::kFail;
  settings.verify = options.verify != 0;
  settings.measure = options.measure != 0;
  settings.release_embedder = options.release_embedder != 0;
  if (options.quality < 0 || options.quality > 100) {
    return invalid_argument("quality: expected 1..100, got " + std::to_string(options.quality));
  }
  settings.picture.quality = options.quality;
  VSEAL_ASSIGN_OR_RETURN(settings.picture.chroma, to_chroma(options.chroma));
  settings.picture.lossless = options.lossless != 0;
  settings.video.codec = text_or_empty(options.codec);
  if (options.crf >= 0) settings.video.crf = options.crf;
  settings.video.preset = text_or_empty(options.preset);
  settings.video.encoder_options = text_or_empty(options.encoder_options);
  settings.video.container = text_or_empty(options.container);
  if (options.video_stream >= 0) settings.video.input.video_stream = options.video_stream;
  settings.video.strict_streams = options.strict_streams != 0;
  return settings;
}

Result<watermark::SearchOptions> to_search(vseal_search mode, double time_limit_s) {
  VSEAL_RETURN_IF_ERROR(expect_range("search", mode, VSEAL_SEARCH_FULL));
  if (!(time_limit_s >= 0)) {
    return invalid_argument("search_time_limit_s: expected 0 or more, got " +
                            std::to_string(time_limit_s));
  }
  watermark::SearchOptions search;
  if (mode == VSEAL_SEARCH_NONE) search.mode = watermark::SearchMode::kNone;
  if (mode == VSEAL_SEARCH_FULL) search.mode = watermark::SearchMode::kFull;
  search.time_limit_s = time_limit_s;
  return search;
}

Result<pipeline::ReadSettings> to_read_settings(const vseal_read_options* options, int bits) {
  pipeline::ReadSettings settings;
  if (options == nullptr) return settings;
  if (options->expected != nullptr) {
    VSEAL_ASSIGN_OR_RETURN(settings.expected,
                           to_payload(options->expected, options->expected_type));
  }
  if (options->raw != 0) settings.raw.emplace();
  if (options->expected_bits != nullptr) {
    if (!settings.raw) return invalid_argument("expected bits: expected a raw reading with them");
    VSEAL_ASSIGN_OR_RETURN(settings.raw->expected,
                           payload::parse_bits(options->expected_bits, bits));
  }
  VSEAL_RETURN_IF_ERROR(expect_range("pooling", options->pooling, VSEAL_POOL_L2NORM));
  settings.reader.pooling = static_cast<watermark::Pooling>(options->pooling);
  VSEAL_ASSIGN_OR_RETURN(settings.reader.resampling, to_resampling(options->resize));
  VSEAL_ASSIGN_OR_RETURN(settings.search, to_search(options->search, options->search_time_limit_s));
  settings.max_frames = options->max_frames;
  settings.frame_step = options->frame_step;
  if (options->video_stream >= 0) settings.video.video_stream = options->video_stream;
  return settings;
}

pipeline::ProgressCallback to_progress(vseal_progress_callback callback, void* user) {
  if (callback == nullptr) return {};
  return [callback, user](const pipeline::Progress& p) {
    const vseal_progress progress{p.frames, p.total_frames, p.time_s, p.duration_s};
    return callback(&progress, user) != 0;
  };
}

}  // namespace vseal::api
