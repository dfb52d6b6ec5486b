// Options of `vseal embed`.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace vseal::cli {

struct EmbedSettings {
  std::string input;
  std::string output;
  std::string id;
  std::string id_type = "auto";
  std::string bits;
  double strength = 1.0;
  double psnr_db = 0;
  std::string survive;
  double psnr_floor_db = 38;
  double scaling_w = 0;
  std::string jnd = "native";
  std::string resize = "antialiased";
  int feedback = 3;
  bool overwrite = false;
  bool no_verify = false;
  bool no_measure = false;
  int quality = 0;
  std::string chroma;
  bool lossless = false;
  std::string codec;
  double crf = -1;
  std::string preset;
  std::string encoder_options;
  std::string container;
  int video_stream = -1;
  bool strict_streams = false;
  int step = 0;
  std::string video_mode = "repeat";
};

// The words that options take, some of them those of other commands too.
const std::vector<std::string>& id_types();
const std::vector<std::string>& chromas();
const std::vector<std::string>& video_modes();
const std::vector<std::string>& jnd_resolutions();
const std::vector<std::string>& resizes();

void add_embed(CLI::App& command, EmbedSettings& settings);

}  // namespace vseal::cli
