// Every command and option of vseal in one table, from which the parser, the man pages and the
// shell completions are made.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "apps/command_texts.h"
#include "apps/embed_options.h"
#include "apps/eval_options.h"
#include "apps/model_options.h"

namespace vseal::cli {

struct CommonSettings {
  std::string model;
  std::string key_file;
  int threads = 0;
  bool json = false;
  bool verbose = false;
  bool quiet = false;
};

struct DetectSettings {
  std::vector<std::string> inputs;
  std::string expected;
  std::string id_type = "auto";
  int max_frames = 128;
  int frame_step = 4;
  int video_stream = -1;
  bool raw = false;
  std::string expected_bits;
  std::string pooling = "mean";
  std::string resize = "antialiased";
  std::string search = "fast";
  double search_time_s = 0;
};

struct Settings {
  CommonSettings common;
  EmbedSettings embed;
  DetectSettings detect;
  EvalSettings eval;
  ModelSettings model;
  QuantizeSettings quantize;
  BenchSettings bench;
};

// The subcommand that a CommandText's name calls.
CLI::App& find_command(const CLI::App& app, const std::string& name);

// A parser over `settings`, which must outlive it.
std::unique_ptr<CLI::App> make_app(Settings& settings);

// The values an option may take in one command or another, for completions; empty for free text.
std::vector<std::string> option_values(const std::string& long_name);

}  // namespace vseal::cli
