#include "apps/options.h"

#include <map>

#include "apps/search_options.h"
#include "vseal/vseal.h"

namespace vseal::cli {
namespace {

const std::vector<std::string>& poolings() {
  static const std::vector<std::string> kPoolings = {"mean", "squared", "l1norm", "l2norm"};
  return kPoolings;
}

void add_common(CLI::App& command, CommonSettings& s) {
  const std::string group = "Common";
  command
      .add_option(
          "--model", s.model,
          "Model file, or name of a fetched one; default, the one inside vseal, or default-f32")
      ->type_name("FILE")
      ->group(group);
  command
      .add_option("--key-file", s.key_file,
                  "File whose bytes (16 or more) are the secret key; see also VSEAL_KEY")
      ->type_name("FILE")
      ->group(group);
  command.add_option("--threads", s.threads, "Threads to use; 0 for one on each core")
      ->type_name("N")
      ->check(CLI::Range(0, 1024))
      ->group(group);
  command.add_flag("--json", s.json, "Print one JSON object instead of text")->group(group);
  auto* verbose = command.add_flag("-v,--verbose", s.verbose, "Say more on standard error");
  auto* quiet = command.add_flag("-q,--quiet", s.quiet, "Say nothing but errors");
  verbose->group(group);
  quiet->group(group)->excludes(verbose);
}

void add_detect(CLI::App& command, DetectSettings& s) {
  command.add_option("input", s.inputs, "Pictures or videos; - for a stream on standard input")
      ->required()
      ->type_name("INPUT");
  command.add_option("--expect", s.expected, "Also test for this one ID, with its exact p-value")
      ->type_name("ID");
  command.add_option("--id-type", s.id_type, "How to read the ID of --expect")
      ->type_name("TYPE")
      ->check(CLI::IsMember(id_types()))
      ->capture_default_str();
  command.add_option("--max-frames", s.max_frames, "Most frames of a video to look at")
      ->type_name("N")
      ->check(CLI::Range(1, 1 << 20))
      ->capture_default_str();
  command.add_option("--frame-step", s.frame_step, "Look at every n-th frame of a video")
      ->type_name("N")
      ->check(CLI::Range(1, 1 << 20))
      ->capture_default_str();
  command.add_option("--video-stream", s.video_stream, "Which stream to read, by absolute index")
      ->type_name("INDEX")
      ->check(CLI::NonNegativeNumber);
  command.add_option("--pooling", s.pooling, "How the frames of a video are weighed")
      ->type_name("HOW")
      ->check(CLI::IsMember(poolings()))
      ->capture_default_str();
  command.add_option("--resize", s.resize, "How the picture becomes what the model sees")
      ->type_name("HOW")
      ->check(CLI::IsMember(resizes()))
      ->capture_default_str();
  add_search(command, s.search, s.search_time_s);
  auto* raw = command.add_flag("--raw", s.raw, "Print the model's bits and look for no ID");
  raw->excludes("--expect");
  command
      .add_option(
          "--expect-bits", s.expected_bits,
          "Compare the raw bits with these: accuracy and exact binomial p-value; present if "
          "p < 1e-6")
      ->needs(raw)
      ->type_name("BITS");
}

// A subcommand, or one of the group that its first word names.
CLI::App* add_command(CLI::App& app, const CommandText& text) {
  const std::string name = text.name;
  const size_t space = name.find(' ');
  if (space == std::string::npos) return app.add_subcommand(name, text.summary);
  const std::string group_name = name.substr(0, space);
  const auto declared = app.get_subcommands(
      [&](const CLI::App* command) { return command->get_name() == group_name; });
  CLI::App* group = declared.empty() ? nullptr : declared.front();
  if (group == nullptr) {
    group = app.add_subcommand(group_name, "Describe, convert, check and fetch models");
    group->require_subcommand(1);
  }
  return group->add_subcommand(name.substr(space + 1), text.summary);
}

}  // namespace

CLI::App& find_command(const CLI::App& app, const std::string& name) {
  const size_t space = name.find(' ');
  CLI::App* command = app.get_subcommand(name.substr(0, space));
  return space == std::string::npos ? *command : *command->get_subcommand(name.substr(space + 1));
}

std::unique_ptr<CLI::App> make_app(Settings& settings) {
  auto app = std::make_unique<CLI::App>("Invisible watermarks for pictures and video", "vseal");
  app->set_version_flag("--version", std::string("vseal ") + vseal_version());
  app->require_subcommand(1);
  const std::map<std::string, std::function<void(CLI::App&)>> declare = {
      {"embed", [&](CLI::App& c) { add_embed(c, settings.embed); }},
      {"detect", [&](CLI::App& c) { add_detect(c, settings.detect); }},
      {"eval", [&](CLI::App& c) { add_eval(c, settings.eval); }},
      {"quantize", [&](CLI::App& c) { add_quantize(c, settings.quantize); }},
      {"bench", [&](CLI::App& c) { add_bench(c, settings.bench); }},
      {"model info", [&](CLI::App& c) { add_model_info(c, settings.model); }},
      {"model convert", [&](CLI::App& c) { add_model_convert(c, settings.model); }},
      {"model check", [](CLI::App&) {}},
      {"model fetch", [&](CLI::App& c) { add_model_fetch(c, settings.model); }},
      {"export", [&](CLI::App& c) { add_export(c, settings.model); }},
  };
  for (const CommandText& text : command_texts()) {
    CLI::App* command = add_command(*app, text);
    declare.at(text.name)(*command);
    add_common(*command, settings.common);
    command->footer(std::string("Examples:\n") + text.examples);
  }
  app->footer("vseal COMMAND --help describes a command. Exit codes:\n" +
              std::string(exit_code_text()));
  return app;
}

std::vector<std::string> option_values(const std::string& long_name) {
  if (long_name == "id-type") return id_types();
  if (long_name == "chroma") return chromas();
  if (long_name == "precision") return {"f32", "f16", "bf16", "dynamic", "int8", "mixed"};
  if (long_name == "format") return export_formats();
  if (long_name == "part") return export_parts();
  if (long_name == "without") return quantize_steps();
  if (long_name == "video-mode") return video_modes();
  if (long_name == "jnd") return jnd_resolutions();
  if (long_name == "resize") return resizes();
  if (long_name == "pooling") return poolings();
  if (long_name == "search") return searches();
  if (long_name == "codec") return {"x264", "x265", "svtav1", "vp9", "vp8", "ffv1"};
  return {};
}

}  // namespace vseal::cli
