// vseal/model.h: describing, converting, checking and fetching models.
#include "api/convert.h"
#include "api/handles.h"
#include "api/model_report.h"
#include "vseal/model.h"
#include "workbench/export.h"
#include "workbench/model_store.h"

namespace {

using vseal::Status;

Status expect_text(const char* what, const char* text) {
  if (text != nullptr && *text != '\0') return {};
  return vseal::invalid_argument(std::string(what) + ": expected a text, got none");
}

void hand_over(std::string json, vseal_report** report) {
  if (report != nullptr) *report = new vseal_report{std::move(json)};
}

vseal::Result<vseal::workbench::ConvertSettings> to_settings(const vseal_convert_options& options) {
  vseal::workbench::ConvertSettings settings;
  if (options.card != nullptr) settings.load.card = options.card;
  settings.load.processing_size = options.processing_size;
  settings.if_exists =
      options.overwrite != 0 ? vseal::IfExists::kOverwrite : vseal::IfExists::kFail;
  const std::string precision = options.precision == nullptr ? "" : options.precision;
  if (precision == "f32") settings.precision = vseal::models::Precision::kF32;
  if (precision == "f16") settings.precision = vseal::models::Precision::kF16;
  if (precision.empty() || settings.precision.has_value()) return settings;
  return vseal::invalid_argument("precision: expected f32 or f16, got " + precision);
}

// The value that goes with `text` in a table of names; `field` and the names are in the error.
template <typename T, size_t n>
Status choose(const char* field, const char* text, const std::pair<const char*, T> (&table)[n],
              T& value) {
  std::string names;
  for (const auto& [name, choice] : table) {
    if (text != nullptr && std::string(text) == name) {
      value = choice;
      return {};
    }
    names += (names.empty() ? "" : " or ") + std::string(name);
  }
  return vseal::invalid_argument(std::string(field) + ": expected " + names + ", got " +
                                 (text == nullptr ? "none" : text));
}

vseal::Result<vseal::workbench::ExportSettings> to_settings(const vseal_export_options& options) {
  using vseal::formats::WeightPrecision;
  using vseal::workbench::NetworkFormat;
  using vseal::workbench::Part;
  constexpr std::pair<const char*, NetworkFormat> kFormats[] = {{"tflite", NetworkFormat::kTflite},
                                                                {"onnx", NetworkFormat::kOnnx}};
  constexpr std::pair<const char*, WeightPrecision> kPrecisions[] = {
      {"f32", WeightPrecision::kF32},
      {"f16", WeightPrecision::kF16},
      {"dynamic", WeightPrecision::kDynamic},
      {"int8", WeightPrecision::kInt8}};
  using vseal::formats::PictureValues;
  constexpr std::pair<const char*, PictureValues> kPictures[] = {
      {"float", PictureValues::kF32}, {"uint8", PictureValues::kU8}, {"int8", PictureValues::kI8}};
  constexpr std::pair<const char*, Part> kParts[] = {
      {"both", Part::kBoth}, {"embedder", Part::kEmbedder}, {"detector", Part::kDetector}};
  vseal::workbench::ExportSettings settings;
  VSEAL_RETURN_IF_ERROR(choose("format", options.format, kFormats, settings.format));
  if (options.precision != nullptr) {
    WeightPrecision precision{};
    VSEAL_RETURN_IF_ERROR(choose("precision", options.precision, kPrecisions, precision));
    settings.precision = precision;
  }
  VSEAL_RETURN_IF_ERROR(choose("io", options.io, kPictures, settings.pictures));
  if (options.data != nullptr) settings.data = options.data;
  settings.samples = options.samples;
  VSEAL_RETURN_IF_ERROR(choose("part", options.part, kParts, settings.part));
  settings.with_jnd = options.with_jnd != 0;
  settings.if_exists =
      options.overwrite != 0 ? vseal::IfExists::kOverwrite : vseal::IfExists::kFail;
  return settings;
}

// The model inside goes out in the form that it is wanted in.
vseal::Result<std::shared_ptr<const vseal::models::Model>> open_for_export(
    const char* model, const vseal_export_options& options) {
  const bool int8 = options.precision == nullptr || std::string_view(options.precision) == "int8";
  if (int8 && options.data == nullptr && options.processing_size == 0) {
    return vseal::api::open_model(model);
  }
  return vseal::api::open_float_model(model,
                                      {.card = {}, .processing_size = options.processing_size});
}

}  // namespace

extern "C" {

void vseal_export_options_init(vseal_export_options* options) {
  *options = {.format = "tflite",
              .precision = nullptr,
              .part = "both",
              .with_jnd = 0,
              .processing_size = 0,
              .overwrite = 0,
              .io = "float",
              .data = nullptr,
              .samples = 200};
}

vseal_code vseal_model_export(const char* model, const char* folder,
                              const vseal_export_options* options, vseal_report** report,
                              vseal_error* error) {
  return vseal::api::guarded(error, [&]() -> Status {
    if (report != nullptr) *report = nullptr;
    VSEAL_RETURN_IF_ERROR(expect_text("folder", folder));
    vseal_export_options chosen;
    vseal_export_options_init(&chosen);
    if (options != nullptr) chosen = *options;
    VSEAL_ASSIGN_OR_RETURN(const auto settings, to_settings(chosen));
    VSEAL_ASSIGN_OR_RETURN(const auto loaded, open_for_export(model, chosen));
    vseal::ThreadPool pool(0);
    VSEAL_ASSIGN_OR_RETURN(const auto done,
                           vseal::workbench::export_model(loaded, folder, settings, pool));
    hand_over(vseal::api::to_json(done), report);
    return {};
  });
}

void vseal_convert_options_init(vseal_convert_options* options) {
  *options = vseal_convert_options{};
}

void vseal_fetch_options_init(vseal_fetch_options* options) { *options = vseal_fetch_options{}; }

vseal_code vseal_model_convert(const char* input, const char* output,
                               const vseal_convert_options* options, vseal_report** report,
                               vseal_error* error) {
  return vseal::api::guarded(error, [&]() -> Status {
    if (report != nullptr) *report = nullptr;
    VSEAL_RETURN_IF_ERROR(expect_text("input", input));
    VSEAL_RETURN_IF_ERROR(expect_text("output", output));
    VSEAL_ASSIGN_OR_RETURN(const auto settings,
                           to_settings(options != nullptr ? *options : vseal_convert_options{}));
    VSEAL_ASSIGN_OR_RETURN(const auto done, vseal::workbench::convert(input, output, settings));
    hand_over(vseal::api::to_json(output, done), report);
    return {};
  });
}

vseal_code vseal_model_describe(const char* model, vseal_report** report, vseal_error* error) {
  return vseal::api::guarded(error, [&]() -> Status {
    VSEAL_ASSIGN_OR_RETURN(const auto loaded, vseal::api::open_model(model));
    hand_over(vseal::api::describe_json(*loaded), report);
    return {};
  });
}

vseal_code vseal_model_check(const vseal_context* context, int* passed, vseal_report** report,
                             vseal_error* error) {
  return vseal::api::guarded(error, [&]() -> Status {
    if (context == nullptr) return vseal::invalid_argument("context: expected one");
    VSEAL_ASSIGN_OR_RETURN(const auto done,
                           vseal::workbench::check_model(context->networks, context->pool));
    if (passed != nullptr) *passed = done.passed ? 1 : 0;
    hand_over(vseal::api::to_json(context->networks->card().name, done), report);
    return {};
  });
}

vseal_code vseal_model_fetch(const char* name, const vseal_fetch_options* options,
                             vseal_report** report, vseal_error* error) {
  return vseal::api::guarded(error, [&]() -> Status {
    if (report != nullptr) *report = nullptr;
    VSEAL_RETURN_IF_ERROR(expect_text("name", name));
    const vseal_fetch_options chosen = options != nullptr ? *options : vseal_fetch_options{};
    vseal::workbench::FetchSettings settings;
    if (chosen.address != nullptr) settings.address = chosen.address;
    if (chosen.output != nullptr) settings.output = chosen.output;
    settings.keep_checkpoint = chosen.keep_checkpoint != 0;
    VSEAL_ASSIGN_OR_RETURN(settings.convert, to_settings(chosen.convert));
    vseal::workbench::DownloadProgress progress;
    if (chosen.progress != nullptr) {
      progress = [&](int64_t done, int64_t total) {
        return chosen.progress(done, total, chosen.user) != 0;
      };
    }
    VSEAL_ASSIGN_OR_RETURN(const auto done, vseal::workbench::fetch(name, settings, progress));
    hand_over(vseal::api::to_json(done), report);
    return {};
  });
}

}  // extern "C"
