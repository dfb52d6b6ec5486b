// vseal/eval.h: marks under attack.
#include "vseal/eval.h"

#include <algorithm>

#include "api/convert.h"
#include "api/handles.h"
#include "workbench/digest.h"
#include "workbench/eval/eval_json.h"
#include "workbench/eval/eval_output.h"

namespace {

using vseal::Result;
using vseal::Status;
using vseal::workbench::EvalSettings;
using vseal::workbench::EvalTools;

Result<EvalSettings> to_settings(const vseal_eval_options& options) {
  EvalSettings settings;
  for (size_t i = 0; i < options.input_count; ++i) {
    const char* input = options.inputs == nullptr ? nullptr : options.inputs[i];
    if (input == nullptr) return vseal::invalid_argument("inputs: expected paths, got NULL");
    settings.inputs.emplace_back(input);
  }
  if (options.attacks != nullptr) settings.attacks = options.attacks;
  settings.marker.strength = options.strength;
  settings.marker.feedback_passes = std::clamp(options.feedback, 0, 8);
  if (options.psnr_db != 0) settings.marker.psnr_db = options.psnr_db;
  settings.id_bits = options.id_bits;
  settings.seed = options.seed;
  settings.max_frames = options.max_frames;
  settings.frame_step = options.frame_step;
  VSEAL_ASSIGN_OR_RETURN(settings.search,
                         vseal::api::to_search(options.search, options.search_time_limit_s));
  if (options.output != nullptr) settings.output = options.output;
  settings.resume = options.resume != 0;
  settings.looks = options.looks != 0;
  return settings;
}

vseal::workbench::EvalProgress to_eval_progress(const vseal_eval_options& options) {
  if (options.progress == nullptr) return {};
  return [&options](int64_t done, int64_t total) {
    return options.progress(done, total, options.user) != 0;
  };
}

// Digests read every weight: only results that are kept need them.
Result<EvalTools> to_tools(const vseal_context& context, const EvalSettings& settings,
                           const char* reader) {
  EvalTools tools{context.networks, context.codec, &context.pool, "", vseal_version()};
  const bool kept = !settings.output.empty();
  if (reader != nullptr) {
    VSEAL_ASSIGN_OR_RETURN(const auto model, vseal::api::open_model(reader));
    VSEAL_ASSIGN_OR_RETURN(tools.reader, vseal::watermark::Networks::compile(*model));
    if (kept) {
      VSEAL_ASSIGN_OR_RETURN(tools.reader_sha256, vseal::workbench::sha256_of_model(*model));
    }
  }
  if (!kept) return tools;
  VSEAL_ASSIGN_OR_RETURN(
      const auto model,
      vseal::api::open_model(context.model.empty() ? nullptr : context.model.c_str()));
  VSEAL_ASSIGN_OR_RETURN(tools.model_sha256, vseal::workbench::sha256_of_model(*model));
  return tools;
}

}  // namespace

extern "C" {

void vseal_eval_options_init(vseal_eval_options* options) {
  const EvalSettings defaults;
  *options = vseal_eval_options{};
  options->strength = defaults.marker.strength;
  options->feedback = defaults.marker.feedback_passes;
  options->seed = defaults.seed;
  options->max_frames = defaults.max_frames;
  options->frame_step = defaults.frame_step;
}

vseal_code vseal_evaluate(const vseal_context* context, const vseal_eval_options* options,
                          vseal_report** report, vseal_error* error) {
  return vseal::api::guarded(error, [&]() -> Status {
    if (report != nullptr) *report = nullptr;
    if (context == nullptr || options == nullptr) {
      return vseal::invalid_argument("context and options: expected both");
    }
    VSEAL_ASSIGN_OR_RETURN(const EvalSettings settings, to_settings(*options));
    VSEAL_ASSIGN_OR_RETURN(const EvalTools tools, to_tools(*context, settings, options->reader));
    VSEAL_ASSIGN_OR_RETURN(const auto done,
                           vseal::workbench::evaluate(tools, settings, to_eval_progress(*options)));
    VSEAL_RETURN_IF_ERROR(vseal::workbench::write_eval(tools, done));
    if (report != nullptr) *report = new vseal_report{vseal::workbench::eval_json(done)};
    return {};
  });
}

}  // extern "C"
