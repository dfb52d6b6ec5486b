// vseal/model.h: quantising models.
#include "workbench/quantize.h"

#include "api/convert.h"
#include "api/handles.h"
#include "vseal/model.h"

namespace {

using vseal::Result;
using vseal::Status;
using vseal::workbench::QuantizePrecision;
using vseal::workbench::QuantizeSettings;

Status set_precision(const char* text, QuantizeSettings& settings) {
  constexpr std::pair<const char*, QuantizePrecision> kPrecisions[] = {
      {"int8", QuantizePrecision::kInt8},
      {"mixed", QuantizePrecision::kMixed},
      {"f16", QuantizePrecision::kF16},
      {"bf16", QuantizePrecision::kBF16}};
  const std::string precision = text == nullptr ? "int8" : text;
  for (const auto& [name, value] : kPrecisions) {
    if (precision != name) continue;
    settings.precision = value;
    return {};
  }
  return vseal::invalid_argument("precision: expected int8, mixed, f16 or bf16, got " + precision);
}

// Switches off the steps that `text` lists.
Status leave_out(const std::string& text, QuantizeSettings& settings) {
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find(',', begin), text.size());
    const std::string step = text.substr(begin, end - begin);
    begin = end + 1;
    if (step == "equalization") {
      settings.equalize = false;
    } else if (step == "finer-picture") {
      settings.split_picture = false;
    } else if (step == "mse") {
      settings.ranges = vseal::quant::RangeMethod::kMinMax;
    } else if (step == "bias-correction") {
      settings.correct_bias = false;
    } else {
      return vseal::invalid_argument(
          "without: expected equalization, finer-picture, mse or bias-correction, got " + step);
    }
  }
  return {};
}

Result<QuantizeSettings> to_settings(const vseal_quantize_options& options) {
  QuantizeSettings settings;
  settings.samples = options.samples;
  settings.min_snr_db = options.min_snr_db;
  settings.sensitivity = options.sensitivity != 0;
  settings.if_exists =
      options.overwrite != 0 ? vseal::IfExists::kOverwrite : vseal::IfExists::kFail;
  if (options.report != nullptr) settings.report_folder = options.report;
  VSEAL_RETURN_IF_ERROR(set_precision(options.precision, settings));
  if (options.without != nullptr) VSEAL_RETURN_IF_ERROR(leave_out(options.without, settings));
  if (options.data != nullptr) settings.data = options.data;
  if (settings.data.empty() && !stores_only(settings.precision)) {
    return vseal::invalid_argument("data: expected a folder of pictures, got none");
  }
  return settings;
}

}  // namespace

extern "C" {

void vseal_quantize_options_init(vseal_quantize_options* options) {
  *options = vseal_quantize_options{};
  const QuantizeSettings defaults;
  options->samples = defaults.samples;
  options->min_snr_db = defaults.min_snr_db;
}

vseal_code vseal_model_quantize(const char* model, const char* output,
                                const vseal_quantize_options* options, vseal_report** report,
                                vseal_error* error) {
  return vseal::api::guarded(error, [&]() -> Status {
    if (report != nullptr) *report = nullptr;
    if (output == nullptr || *output == '\0') {
      return vseal::invalid_argument("output: expected a text, got none");
    }
    if (options == nullptr) return vseal::invalid_argument("options: expected some, got none");
    VSEAL_ASSIGN_OR_RETURN(const QuantizeSettings settings, to_settings(*options));
    VSEAL_ASSIGN_OR_RETURN(const auto loaded, vseal::api::open_float_model(model));
    vseal::workbench::QuantizeProgress progress;
    if (options->progress != nullptr) {
      progress = [&](const char* stage, int done, int total) {
        return options->progress(stage, done, total, options->user) != 0;
      };
    }
    vseal::ThreadPool pool(options->threads);
    VSEAL_ASSIGN_OR_RETURN(const auto done, vseal::workbench::quantize_model(
                                                loaded, output, settings, pool, progress));
    if (report != nullptr) {
      *report = new vseal_report{vseal::workbench::quantize_json(output, done)};
    }
    return {};
  });
}

}  // extern "C"
