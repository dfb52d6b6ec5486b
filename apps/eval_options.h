// Options of `vseal eval`.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace vseal::cli {

struct EvalSettings {
  std::vector<std::string> inputs;
  std::string attacks;
  double strength = 1.0;
  double psnr_db = 0;
  int feedback = 3;
  int id_bits = 0;
  uint64_t seed = 1;
  int max_frames = 72;
  int frame_step = 4;
  std::string search = "fast";
  double search_time_s = 0;
  std::string reader;
  std::string output;
  bool resume = false;
  bool looks = false;
};

void add_eval(CLI::App& command, EvalSettings& settings);

}  // namespace vseal::cli
