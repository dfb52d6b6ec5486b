// What `vseal eval` does.
#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "apps/commands.h"
#include "apps/common.h"
#include "apps/exit_codes.h"
#include "apps/progress.h"
#include "apps/search_options.h"

namespace vseal::cli {
namespace {

using nlohmann::ordered_json;

const char* text_or_null(const std::string& text) { return text.empty() ? nullptr : text.c_str(); }

EvalOptions eval_options(const EvalSettings& s) {
  EvalOptions options;
  options.attacks = text_or_null(s.attacks);
  options.strength = static_cast<float>(s.strength);
  options.psnr_db = static_cast<float>(s.psnr_db);
  options.feedback = s.feedback;
  options.id_bits = s.id_bits;
  options.seed = s.seed;
  options.max_frames = s.max_frames;
  options.frame_step = s.frame_step;
  options.search = search_of(s.search);
  options.search_time_limit_s = s.search_time_s;
  options.reader = text_or_null(s.reader);
  options.output = text_or_null(s.output);
  options.resume = s.resume ? 1 : 0;
  options.looks = s.looks ? 1 : 0;
  return options;
}

// Rounded down, so that 100.00 means all.
std::string percent(const ordered_json& share) {
  if (!share.is_number()) return "-";
  return fmt::format("{:.2f}", std::floor(share.get<double>() * 1e4) / 100);
}

void print_attack(const ordered_json& a, size_t name_width) {
  const std::string name = a["attack"].get<std::string>();
  const int files = a["files"].get<int>();
  if (files == 0) {
    fmt::print("{:<{}}  {:>4}  failed\n", name, name_width, files);
    return;
  }
  fmt::print("{:<{}}  {:>4}  {:>6}  {:>6}  {:>6}  {:>8.1f}  {:>8.1e}\n", name, name_width, files,
             percent(a["bit_accuracy"]), percent(a["worst_bit_accuracy"]), percent(a["id_rate"]),
             a["capacity_bits"].get<double>(), a["median_p_value"].get<double>());
}

void print_kind(const ordered_json& kind) {
  const size_t files = kind["files"].size();
  fmt::print("{} {}{}: mark {:.2f} dB (worst {:.2f}), SSIM {:.4f} (worst {:.4f})\n", files,
             kind["kind"].get<std::string>(), files == 1 ? "" : "s", kind["psnr_db"].get<double>(),
             kind["worst_psnr_db"].get<double>(), kind["ssim"].get<double>(),
             kind["worst_ssim"].get<double>());
  size_t width = 6;
  for (const ordered_json& a : kind["attacks"]) {
    width = std::max(width, a["attack"].get<std::string>().size());
  }
  fmt::print("{:<{}}  {:>4}  {:>6}  {:>6}  {:>6}  {:>8}  {:>8}\n", "attack", width, "n", "bits %",
             "worst", "ID %", "capacity", "median p");
  for (const ordered_json& a : kind["attacks"]) print_attack(a, width);
}

void print_report(const ordered_json& report) {
  const ordered_json& settings = report["settings"];
  const int id_bits = settings["id_bits"].get<int>();
  fmt::print("{}: {} bits, {}", settings["model"].get<std::string>(), settings["bits"].get<int>(),
             id_bits > 0 ? fmt::format("IDs of {} bits", id_bits) : "too few for IDs");
  const ordered_json& reader = settings["reader"];
  fmt::print("{}\n", reader.is_null() ? "" : ", read by " + reader.get<std::string>());
  for (const ordered_json& kind : report["kinds"]) {
    fmt::print("\n");
    print_kind(kind);
  }
}

// The exit code of the first failure; 0 when nothing failed.
int failure_code(const ordered_json& failures) {
  if (failures.empty()) return 0;
  const std::string name = failures.front()["code"].get<std::string>();
  for (int code = VSEAL_OK; code <= VSEAL_INTERNAL; ++code) {
    if (name == vseal_code_name(static_cast<vseal_code>(code))) {
      return exit_code(static_cast<vseal_code>(code));
    }
  }
  return kExitInternal;
}

void print_failures(const ordered_json& failures) {
  for (const ordered_json& f : failures) {
    const std::string attack =
        f["attack"].is_string() ? " (" + f["attack"].get<std::string>() + ")" : "";
    fmt::print(stderr, "vseal: {}{}: {}\n", f["file"].get<std::string>(), attack,
               f["message"].get<std::string>());
  }
}

}  // namespace

int run_eval(const CommonSettings& common, const EvalSettings& settings) {
  auto context = open_context(common);
  if (!context.ok()) return fail(common, context.error());
  EvalOptions options = eval_options(settings);
  const auto done = [&] {
    ProgressBar bar(common.quiet || common.json);
    options.progress = ProgressBar::update_jobs;
    options.user = &bar;
    return evaluate(*context, settings.inputs, options);
  }();
  if (!done.ok()) return fail(common, done.error());
  const ordered_json report = ordered_json::parse(done.value(), nullptr, false);
  if (common.json) {
    fmt::print("{}\n", done.value());
  } else {
    print_report(report);
  }
  print_failures(report["failures"]);
  return failure_code(report["failures"]);
}

}  // namespace vseal::cli
