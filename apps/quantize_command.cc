// What `vseal quantize` does.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "apps/commands.h"
#include "apps/common.h"
#include "apps/progress.h"

namespace vseal::cli {
namespace {

using nlohmann::ordered_json;

std::string joined(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) all += (all.empty() ? "" : ",") + text;
  return all;
}

void print_outcome(const ordered_json& report) {
  fmt::print(stderr, "{}: {}, {:.2f} MB", report["output"].get<std::string>(),
             report["model"].get<std::string>(), report["output_bytes"].get<double>() / 1e6);
  if (report["networks"].empty()) {
    fmt::print(stderr, "\n");
    return;
  }
  fmt::print(stderr, ", calibrated on {} pictures in {:.0f} s, measured on {}{}\n",
             report["calibrated_on"].get<int>(), report["calibration_s"].get<double>(),
             report["measured_on"].get<int>(),
             report["measured_apart"].get<bool>() ? " others" : " of them");
  for (const ordered_json& network : report["networks"]) {
    fmt::print(stderr, "{}: {} ops in integers, {} in float; {:.2f} dB against f32",
               network["name"].get<std::string>(), network["integer_ops"].get<int>(),
               network["float_ops"].get<int>(), network["output_snr_db"].get<double>());
    if (network.contains("sign_flips")) {
      fmt::print(stderr, "; {} of {} logits change sign\n", network["sign_flips"].get<int64_t>(),
                 network["logits"].get<int64_t>());
    } else {
      fmt::print(stderr, "; marked picture {:.1f} dB PSNR\n",
                 network["marked_psnr_db"].get<double>());
    }
  }
}

}  // namespace

int run_quantize(const CommonSettings& common, const QuantizeSettings& settings) {
  const std::string without = joined(settings.without);
  const std::string model = settings.model.empty() ? common.model : settings.model;
  QuantizeOptions options;
  options.data = settings.data.empty() ? nullptr : settings.data.c_str();
  options.samples = settings.samples;
  options.precision = settings.precision.c_str();
  options.min_snr_db = settings.min_snr_db;
  options.sensitivity = settings.sensitivity ? 1 : 0;
  options.without = without.c_str();
  options.report = settings.report.empty() ? nullptr : settings.report.c_str();
  options.overwrite = settings.overwrite ? 1 : 0;
  options.threads = common.threads;
  const auto report = [&] {
    ProgressBar bar(common.quiet || common.json);
    options.progress = ProgressBar::update_stage;
    options.user = &bar;
    return quantize_model(model, settings.output, options);
  }();
  if (!report.ok()) return fail(common, report.error());
  if (common.json) {
    fmt::print("{}\n", report.value());
  } else if (!common.quiet) {
    print_outcome(ordered_json::parse(report.value(), nullptr, false));
  }
  return 0;
}

}  // namespace vseal::cli
