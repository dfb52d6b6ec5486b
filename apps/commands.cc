#include "apps/commands.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "apps/common.h"
#include "apps/exit_codes.h"
#include "apps/progress.h"
#include "apps/search_options.h"
#include "vseal/vseal.hpp"

namespace vseal::cli {
namespace {

using nlohmann::ordered_json;

vseal_id_type id_type_of(const std::string& name) {
  if (name == "integer") return VSEAL_ID_INTEGER;
  if (name == "hex") return VSEAL_ID_HEX;
  if (name == "uuid") return VSEAL_ID_UUID;
  if (name == "text") return VSEAL_ID_TEXT;
  return VSEAL_ID_AUTO;
}

const char* text_or_null(const std::string& text) { return text.empty() ? nullptr : text.c_str(); }

// The enumerator whose name stands at the same place of `names`.
template <typename Enum>
Enum enum_of(const std::string& name, std::initializer_list<const char*> names) {
  const auto found = std::ranges::find(names, name);
  return static_cast<Enum>(found == names.end() ? 0 : found - names.begin());
}

vseal_resize resize_of(const std::string& name) {
  return enum_of<vseal_resize>(name, {"antialiased", "plain"});
}

MarkOptions mark_options(const EmbedSettings& s) {
  MarkOptions options(text_or_null(s.id));
  options.bits = text_or_null(s.bits);
  options.scaling_w = static_cast<float>(s.scaling_w);
  options.psnr_db = static_cast<float>(s.psnr_db);
  options.survive = text_or_null(s.survive);
  options.psnr_floor_db = static_cast<float>(s.psnr_floor_db);
  options.step = s.step;
  options.video_mode =
      enum_of<vseal_video_mode>(s.video_mode, {"repeat", "alternate", "interpolate"});
  options.jnd = enum_of<vseal_jnd>(s.jnd, {"native", "low"});
  options.resize = resize_of(s.resize);
  options.id_type = id_type_of(s.id_type);
  options.strength = static_cast<float>(s.strength);
  options.feedback = s.feedback;
  options.overwrite = s.overwrite ? 1 : 0;
  options.verify = s.no_verify ? 0 : 1;
  options.measure = s.no_measure ? 0 : 1;
  options.release_embedder = 1;
  options.quality = s.quality;
  options.chroma = text_or_null(s.chroma);
  options.lossless = s.lossless ? 1 : 0;
  options.codec = text_or_null(s.codec);
  options.crf = s.crf;
  options.preset = text_or_null(s.preset);
  options.encoder_options = text_or_null(s.encoder_options);
  options.container = text_or_null(s.container);
  options.video_stream = s.video_stream;
  options.strict_streams = s.strict_streams ? 1 : 0;
  return options;
}

// "ID read back", or "128 of 128 bits read back".
std::string read_back_text(const ordered_json& verified) {
  if (!verified.contains("bits")) return "ID read back";
  return fmt::format("{} of {} bits read back", verified["expected"]["bits_right"].get<int>(),
                     verified["bits"].get<std::string>().size());
}

// ", after jpeg:60 and resize:0.5 too (2 dB stronger)"; nothing where nothing was tried.
std::string survive_text(const ordered_json& survive) {
  if (!survive.is_object()) return "";
  std::string text;
  for (const ordered_json& outcome : survive["attacks"]) {
    text += (text.empty() ? ", after " : " and ") + outcome["attack"].get<std::string>();
  }
  const double raised_db = survive["raised_db"].get<double>();
  return text + (raised_db > 0 ? fmt::format(" too ({:.1f} dB stronger)", raised_db) : " too");
}

// "marked.mp4: 300 frames, 43.2 dB, SSIM 0.991, ID read back from 1 frame"
std::string embed_summary(const ordered_json& report) {
  std::string text = fmt::format("{}: ", report["output"].get<std::string>());
  text += report["kind"] == "video"
              ? fmt::format("{} frames", report["frames"].get<int64_t>())
              : fmt::format("{}x{}", report["width"].get<int>(), report["height"].get<int>());
  if (report["rgb_psnr_db"].is_number()) {
    text += fmt::format(", {:.1f} dB, SSIM {:.4f}", report["rgb_psnr_db"].get<double>(),
                        report["ssim"].get<double>());
  }
  const ordered_json& verified = report["verified"];
  if (verified.is_object()) {
    const int frames = verified["frames_read"].get<int>();
    text += fmt::format(", {} from {} {}", read_back_text(verified), frames,
                        frames == 1 ? "frame" : "frames");
  }
  return text + survive_text(report["survive"]);
}

std::string verdict_line(const vseal_reading& r) {
  const std::string frames =
      r.frames_total > 0 ? fmt::format("{} of {} frames read", r.frames_read, r.frames_total)
                         : fmt::format("{} frames read", r.frames_read);
  switch (r.verdict) {
    case VSEAL_PRESENT:
      return fmt::format("{}  present  p < {:.1e}  {}", r.id, r.p_value, frames);
    case VSEAL_ABSENT:
      return fmt::format("-  absent  {}", frames);
    case VSEAL_UNCERTAIN:
      return fmt::format("-  uncertain  p < {:.1e}  {}", r.p_value, frames);
  }
  return "";
}

// The bits alone, so that scripts can take them as they are.
void print_raw(const DetectSettings& settings, const vseal_reading& r, const std::string& prefix) {
  fmt::print("{}{}\n", prefix, r.bits);
  if (settings.expected_bits.empty()) return;
  fmt::print("{}expected bits: {}  {:.2f} % right  p = {:.1e}\n", prefix,
             r.expected_found != 0 ? "found" : "not found", 100 * r.bit_accuracy,
             r.expected_p_value);
}

int raw_exit_code(const DetectSettings& settings, const vseal_reading& reading) {
  return settings.expected_bits.empty() ? 0 : exit_code(reading.verdict);
}

ReadOptions read_options(const DetectSettings& s) {
  ReadOptions options;
  options.expected = text_or_null(s.expected);
  options.expected_type = id_type_of(s.id_type);
  options.max_frames = s.max_frames;
  options.frame_step = s.frame_step;
  options.video_stream = s.video_stream;
  options.raw = s.raw ? 1 : 0;
  options.expected_bits = text_or_null(s.expected_bits);
  options.pooling = enum_of<vseal_pooling>(s.pooling, {"mean", "squared", "l1norm", "l2norm"});
  options.resize = resize_of(s.resize);
  options.search = search_of(s.search);
  options.search_time_limit_s = s.search_time_s;
  return options;
}

int detect_one(const CommonSettings& common, const DetectSettings& settings, const Context& context,
               const std::string& input) {
  ReadOptions options = read_options(settings);
  auto found = [&] {
    ProgressBar bar(common.quiet || common.json);
    options.progress = ProgressBar::update;
    options.user = &bar;
    return context.read_file(input, options);
  }();
  if (!found.ok()) return fail(common, found.error());
  const std::string prefix = settings.inputs.size() > 1 ? input + ": " : "";
  if (common.json) {
    fmt::print("{}\n", found->json);
  } else if (settings.raw) {
    print_raw(settings, found->reading, prefix);
  } else {
    fmt::print("{}{}\n", prefix, verdict_line(found->reading));
    if (!settings.expected.empty()) {
      fmt::print("{}expected {}: {}  p = {:.1e}\n", prefix, settings.expected,
                 found->reading.expected_found != 0 ? "found" : "not found",
                 found->reading.expected_p_value);
    }
  }
  std::fflush(stdout);
  return settings.raw ? raw_exit_code(settings, found->reading) : exit_code(found->reading.verdict);
}

// Of several files' exit codes: an error before absent, absent before uncertain, those before
// present.
int worse(int a, int b) {
  const auto rank = [](int code) {
    return code == 0 ? 0 : code == kExitUncertain ? 1 : code == kExitAbsent ? 2 : 3;
  };
  return rank(b) > rank(a) ? b : a;
}

}  // namespace

void route_log(const CommonSettings& common) {
  if (common.quiet) return;
  static vseal_log_level least;
  least = common.verbose ? VSEAL_DEBUG : VSEAL_WARNING;
  vseal_set_log(
      [](vseal_log_level level, const char* message, void*) {
        if (level < least) return;
        fmt::print(stderr, "vseal: {}{}\n", level == VSEAL_WARNING ? "warning: " : "", message);
      },
      nullptr);
}

int run_embed(const CommonSettings& common, const EmbedSettings& settings) {
  const bool to_stdout = settings.output == "-";
  std::FILE* answers = to_stdout ? stderr : stdout;
  auto context = open_context(common);
  if (!context.ok()) return fail(common, context.error(), answers);
  MarkOptions options = mark_options(settings);
  auto report = [&] {
    ProgressBar bar(common.quiet || common.json);
    options.progress = ProgressBar::update;
    options.user = &bar;
    return context->mark_file(settings.input, settings.output, options);
  }();
  if (!report.ok()) return fail(common, report.error(), answers);
  if (common.json) {
    fmt::print(answers, "{}\n", *report);
  } else if (!common.quiet) {
    const ordered_json json = ordered_json::parse(*report, nullptr, false);
    fmt::print(stderr, "{}\n", embed_summary(json));
  }
  return 0;
}

int run_detect(const CommonSettings& common, const DetectSettings& settings) {
  auto context = open_context(common);
  if (!context.ok()) return fail(common, context.error());
  int code = 0;
  for (const std::string& input : settings.inputs) {
    const int one = detect_one(common, settings, *context, input);
    if (one == kExitInterrupted) return one;
    code = worse(code, one);
  }
  return code;
}

}  // namespace vseal::cli
