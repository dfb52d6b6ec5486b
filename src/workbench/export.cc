#include "workbench/export.h"

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "formats/onnx/onnx.h"
#include "formats/tflite/tflite.h"
#include "models/card.h"
#include "workbench/digest.h"
#include "workbench/json_text.h"
#include "workbench/quantize.h"

namespace vseal::workbench {
namespace {

using Json = nlohmann::ordered_json;

// Shapes and axes as a format has them.
class Contract {
 public:
  explicit Contract(const ExportSettings& settings)
      : channels_first_(settings.format == NetworkFormat::kOnnx), pictures_(settings.pictures) {}

  Json picture(const graph::Tensor& picture) const {
    const bool luma = picture.shape[3] == 1;
    return {{"name", picture.name},
            {"shape", shape(picture.shape)},
            {"axes", axes()},
            {"range", {0, 1}},
            {"stored", stored("255 value", "255 value - 128")},
            {"colour", luma ? "Y = 0.299 R + 0.587 G + 0.114 B of full-range R'G'B'"
                            : "full-range R'G'B', in this order"},
            {"resize",
             "bilinear, half-pixel centres, antialiased: when shrinking, the triangle filter is "
             "widened by the ratio"}};
  }

  Json message(const graph::Tensor& message) const {
    return {{"name", message.name},
            {"shape", shape(message.shape)},
            {"values", "+1 for a bit that is set, -1 for one that is not"}};
  }

  Json logits(const graph::Tensor& logits) const {
    return {{"name", logits.name},
            {"shape", shape(logits.shape)},
            {"meaning", "bit k is set when value k is above 0"}};
  }

  Json change(const graph::Tensor& residual) const {
    return {{"name", "delta"},
            {"shape", shape(residual.shape)},
            {"axes", axes()},
            {"meaning", added_to(residual)}};
  }

  Json residual(const graph::Tensor& residual, const models::Card& card) const {
    const bool heat = card.attenuation == models::Attenuation::kJnd;
    return {{"name", residual.name},
            {"shape", shape(residual.shape)},
            {"axes", axes()},
            {"range", {-1, 1}},
            {"stored", stored("128 value + 128", "128 value")},
            {"meaning", fmt::format("multiply by {}{}; {}", card.strength,
                                    heat ? " and by the heat map" : "", added_to(residual))}};
  }

 private:
  std::string stored(const char* as_u8, const char* as_i8) const {
    if (pictures_ == formats::PictureValues::kF32) return "f32";
    const bool u8 = pictures_ == formats::PictureValues::kU8;
    return fmt::format("{}: {}, rounded", u8 ? "u8" : "i8", u8 ? as_u8 : as_i8);
  }
  const char* axes() const { return channels_first_ ? "NCHW" : "NHWC"; }
  Json shape(const graph::Shape& s) const {
    if (channels_first_ && s.rank() == 4) return {s[0], s[3], s[1], s[2]};
    return std::vector<int64_t>(s.dims().begin(), s.dims().end());
  }
  static std::string added_to(const graph::Tensor& residual) {
    return fmt::format(
        "resize to the picture, bilinear with half-pixel centres; add to {} in 0..1; clamp to 0..1",
        residual.shape[3] == 1 ? "R, G and B alike" : "R, G and B");
  }

  bool channels_first_;
  formats::PictureValues pictures_;
};

formats::ChangeSettings change_of(const models::Card& card) {
  return {.heatmap = card.attenuation == models::Attenuation::kJnd,
          .low_gain = card.heatmap.low_gain,
          .low_offset = card.heatmap.low_offset,
          .replicate_sobel_border = card.heatmap.replicate_sobel_border,
          .strength = card.strength,
          .gain_exponent = card.gain_exponent,
          .gain_reference = card.gain_reference};
}

Result<ExportedFile> export_part(const models::Model& model, Part part, const std::string& folder,
                                 const ExportSettings& settings) {
  const bool embeds = part == Part::kEmbedder;
  const graph::Graph& network = embeds ? model.embedder : model.detector;
  ExportedFile file;
  file.part = embeds ? "embedder" : "detector";
  const bool onnx = settings.format == NetworkFormat::kOnnx;
  file.path = fmt::format("{}/{}-{}.{}", folder, file.part, precision_name(*settings.precision),
                          onnx ? "onnx" : "tflite");
  VSEAL_ASSIGN_OR_RETURN(file.digest, sha256_of_network(network));
  formats::NetworkFileOptions options;
  options.precision = *settings.precision;
  options.pictures = settings.pictures;
  options.if_exists = settings.if_exists;
  options.description = fmt::format("{}, {}", model.card.name, file.part);
  options.metadata = {{"vseal_card", models::card_json(model.card)},
                      {"vseal_digest", file.digest},
                      {"vseal_contract", contract_json(model.card, part, network, settings)}};
  if (embeds && settings.with_jnd) options.change = change_of(model.card);
  const auto write = onnx ? formats::write_onnx : formats::write_tflite;
  VSEAL_ASSIGN_OR_RETURN(const formats::NetworkFileReport written,
                         write(network, file.path, options));
  file.bytes = written.bytes;
  file.ops = written.ops;
  return file;
}

}  // namespace

const char* precision_name(formats::WeightPrecision precision) {
  switch (precision) {
    case formats::WeightPrecision::kF32:
      return "f32";
    case formats::WeightPrecision::kF16:
      return "f16";
    case formats::WeightPrecision::kDynamic:
      return "dynamic";
    case formats::WeightPrecision::kInt8:
      return "int8";
  }
  return "unknown";
}

std::string contract_json(const models::Card& card, Part part, const graph::Graph& network,
                          const ExportSettings& settings) {
  const Contract contract(settings);
  const graph::Tensor& output = network.tensor(network.outputs().front());
  Json inputs = Json::array({contract.picture(network.tensor(network.inputs()[0]))});
  Json outputs = Json::array();
  if (part == Part::kEmbedder) {
    inputs.push_back(contract.message(network.tensor(network.inputs()[1])));
    outputs.push_back(settings.with_jnd ? contract.change(output)
                                        : contract.residual(output, card));
  } else {
    outputs.push_back(contract.logits(output));
  }
  return json_text({{"inputs", std::move(inputs)}, {"outputs", std::move(outputs)}});
}

Result<std::shared_ptr<const models::Model>> model_for_export(
    const std::shared_ptr<const models::Model>& model, const std::string& folder,
    const ExportSettings& settings, ThreadPool& pool) {
  const bool integers =
      graph::has_integers(model->embedder) || graph::has_integers(model->detector);
  const bool wanted = settings.precision == formats::WeightPrecision::kInt8;
  if (integers && settings.precision.has_value() && !wanted) {
    return unsupported(fmt::format("{}: expected precision int8 of a model of integers, got {}",
                                   model->card.name, precision_name(*settings.precision)));
  }
  if (integers || !wanted) return model;
  if (settings.data.empty()) {
    return invalid_argument(
        model->card.name + ": expected pictures to calibrate on (data), since it is a float model");
  }
  const std::string file = fmt::format("{}/quantized-{}.vseal", folder, ::getpid());
  const QuantizeSettings quantizing{.data = settings.data, .samples = settings.samples};
  const auto report = quantize_model(model, file, quantizing, pool);
  if (!report.ok()) return report.status();
  auto made = models::load_model(file);
  std::error_code ignored;
  std::filesystem::remove(file, ignored);  // what is mapped stays
  return made;
}

Result<ExportReport> export_model(const std::shared_ptr<const models::Model>& model,
                                  const std::string& folder, const ExportSettings& settings,
                                  ThreadPool& pool) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return cannot_create(folder + ": " + error.message());
  VSEAL_ASSIGN_OR_RETURN(const auto chosen, model_for_export(model, folder, settings, pool));
  ExportSettings known = settings;
  if (!known.precision.has_value()) {
    known.precision = graph::has_integers(chosen->embedder) ? formats::WeightPrecision::kInt8
                                                            : formats::WeightPrecision::kF32;
  }
  ExportReport report;
  report.card = chosen->card;
  report.precision = precision_name(*known.precision);
  for (const Part part : {Part::kEmbedder, Part::kDetector}) {
    if (settings.part != part && settings.part != Part::kBoth) continue;
    VSEAL_ASSIGN_OR_RETURN(ExportedFile file, export_part(*chosen, part, folder, known));
    report.files.push_back(std::move(file));
  }
  return report;
}

}  // namespace vseal::workbench
