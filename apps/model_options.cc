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

}  // namespace vseal::cli
