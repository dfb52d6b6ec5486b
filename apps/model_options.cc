#include "apps/model_options.h"

namespace vseal::cli {
namespace {

// What converting takes, also as the second half of fetching.
void add_conversion(CLI::App& command, ModelSettings& s) {
  command.add_option("--precision", s.precision, "Store filters and matrices as this type")
      ->type_name("TYPE")
      ->check(CLI::IsMember(precisions()));
  command
      .add_option("--card", s.card_file,
                  "JSON file whose fields replace those of the checkpoint's card")
      ->type_name("FILE");
  command
      .add_option("--processing-size", s.processing_size,
                  "Side of the square that the networks see, in pixels; the card's by default")
      ->type_name("PIXELS")
      ->check(CLI::Range(16, 2048));
  command.add_flag("--overwrite", s.overwrite, "Replace an output that exists");
}

}  // namespace

const std::vector<std::string>& precisions() {
  static const std::vector<std::string> kPrecisions = {"f32", "f16"};
  return kPrecisions;
}

const std::vector<std::string>& export_precisions() {
  static const std::vector<std::string> kPrecisions = {"f32", "f16", "dynamic", "int8"};
  return kPrecisions;
}

const std::vector<std::string>& export_formats() {
  static const std::vector<std::string> kFormats = {"tflite", "onnx"};
  return kFormats;
}

const std::vector<std::string>& export_parts() {
  static const std::vector<std::string> kParts = {"both", "embedder", "detector"};
  return kParts;
}

const std::vector<std::string>& quantize_steps() {
  static const std::vector<std::string> kSteps = {"equalization", "finer-picture", "mse",
                                                  "bias-correction"};
  return kSteps;
}

void add_quantize(CLI::App& command, QuantizeSettings& s) {
  command
      .add_option("model", s.model, "Model file, or name of a fetched one; the one inside vseal")
      ->type_name("MODEL");
  command.add_option("--data", s.data, "What to calibrate on: a folder of pictures, or a clip")
      ->type_name("PATH");
  command.add_option("-o,--output", s.output, "The .vseal file to write")
      ->required()
      ->type_name("FILE");
  command.add_option("--samples", s.samples, "Pictures or frames to calibrate on, evenly spread")
      ->type_name("N")
      ->check(CLI::Range(1, 1 << 16))
      ->capture_default_str();
  command
      .add_option("--precision", s.precision,
                  "int8; f16 or bf16 (storage alone); or mixed: the fewest ops in float that reach "
                  "--min-snr")
      ->type_name("TYPE")
      ->check(CLI::IsMember({"int8", "f16", "bf16", "mixed"}))
      ->capture_default_str();
  command
      .add_option("--min-snr", s.min_snr_db,
                  "For mixed: what each network's output must reach against f32, in dB")
      ->type_name("DB")
      ->check(CLI::Range(0.0, 100.0))
      ->capture_default_str();
  command.add_flag("--sensitivity", s.sensitivity, "Measure what each op alone costs (slow)");
  command.add_option("--report", s.report, "Folder for report.json and report.html")
      ->type_name("FOLDER");
  command.add_option("--without", s.without, "Leave a step out, to see what it is worth")
      ->type_name("STEP")
      ->delimiter(',')
      ->check(CLI::IsMember(quantize_steps()));
  command.add_flag("--overwrite", s.overwrite, "Replace an output that exists");
}

void add_bench(CLI::App& command, BenchSettings& s) {
  command.add_option("--rounds", s.rounds, "How often each network runs, in turn with the other")
      ->type_name("N")
      ->check(CLI::Range(1, 100000))
      ->capture_default_str();
  command.add_flag("--layers", s.layers, "Also time each layer, in as many more runs");
}

void add_model_info(CLI::App& command, ModelSettings& s) {
  command.add_option("model", s.model, "Model file, or name of a fetched one")->type_name("MODEL");
  command.add_flag("--ops", s.ops, "List every op of both networks");
}

void add_model_convert(CLI::App& command, ModelSettings& s) {
  command.add_option("checkpoint", s.input, "PyTorch, TorchScript or safetensors file")
      ->required()
      ->type_name("CHECKPOINT");
  command.add_option("-o,--output", s.output, "The .vseal file to write")
      ->required()
      ->type_name("FILE");
  add_conversion(command, s);
}

void add_model_fetch(CLI::App& command, ModelSettings& s) {
  command.add_option("name", s.name, "videoseal-1.0, pixelseal, chunkyseal or videoseal-0.0")
      ->required()
      ->type_name("NAME");
  command
      .add_option("--from", s.address, "Address of the checkpoint; the published one by default")
      ->type_name("URL");
  command
      .add_option("-o,--output", s.output,
                  "The .vseal file to write; by default in the user's folder of models")
      ->type_name("FILE");
  command.add_flag("--keep", s.keep, "Leave the downloaded checkpoint beside the output");
  add_conversion(command, s);
}

void add_export(CLI::App& command, ModelSettings& s) {
  command
      .add_option("model", s.model,
                  "Model file, or name of a fetched one; the one inside vseal by default")
      ->type_name("MODEL");
  command.add_option("--format", s.format, "Of the files")
      ->required()
      ->type_name("FORMAT")
      ->check(CLI::IsMember(export_formats()));
  command
      .add_option("--precision", s.export_precision,
                  "Of filters and matrices; dynamic: 8-bit integers with a factor for each row, "
                  "computed in float or as the runtime will; int8: a model of integers (vseal "
                  "quantize), or a float one and --data. By default int8 of a model of integers, "
                  "f32 of another")
      ->type_name("TYPE")
      ->check(CLI::IsMember(export_precisions()));
  command.add_option("--data", s.data, "Pictures to calibrate on: for int8 of a float model")
      ->type_name("FOLDER");
  command.add_option("--samples", s.samples, "Pictures to calibrate on, spread over the folder")
      ->type_name("N")
      ->check(CLI::Range(1, 1 << 16))
      ->capture_default_str();
  command.add_option("--io", s.io, "Values of pictures and residuals: float, uint8 or int8")
      ->type_name("TYPE")
      ->check(CLI::IsMember({"float", "uint8", "int8"}))
      ->capture_default_str();
  command.add_option("--part", s.part, "Which network to write")
      ->type_name("PART")
      ->check(CLI::IsMember(export_parts()))
      ->capture_default_str();
  command.add_flag("--with-jnd", s.with_jnd,
                   "Let the embedder's file compute the whole change of the picture: heat map, "
                   "strength and gain are ops of it");
  command
      .add_option("--size", s.processing_size,
                  "Side of the square that the networks see, in pixels; the card's by default")
      ->type_name("PIXELS")
      ->check(CLI::Range(16, 2048));
  command.add_option("-o,--output", s.folder, "Folder to write PART-PRECISION.FORMAT into")
      ->required()
      ->type_name("DIR");
  command.add_flag("--overwrite", s.overwrite, "Replace files that exist");
}

}  // namespace vseal::cli
