// Options of the subcommands of `vseal model`, of `vseal quantize` and of `vseal bench`.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace vseal::cli {

struct ModelSettings {
  std::string model;  // info
  bool ops = false;
  std::string input;  // convert
  std::string output;
  std::string card_file;
  std::string precision;
  int processing_size = 0;
  bool overwrite = false;
  std::string name;  // fetch
  std::string address;
  bool keep = false;
  std::string format;  // export
  std::string part = "both";
  std::string export_precision;
  std::string io = "float";
  std::string data;
  int samples = 200;
  std::string folder;
  bool with_jnd = false;
};

struct QuantizeSettings {
  std::string model;
  std::string data;
  std::string output;
  std::string precision = "int8";
  std::string report;
  std::vector<std::string> without;
  int samples = 200;
  double min_snr_db = 30;
  bool sensitivity = false;
  bool overwrite = false;
};

struct BenchSettings {
  int rounds = 21;
  bool layers = false;
};

const std::vector<std::string>& precisions();
const std::vector<std::string>& export_precisions();
const std::vector<std::string>& export_formats();
const std::vector<std::string>& export_parts();
const std::vector<std::string>& quantize_steps();

void add_model_info(CLI::App& command, ModelSettings& settings);
void add_model_convert(CLI::App& command, ModelSettings& settings);
void add_model_fetch(CLI::App& command, ModelSettings& settings);
void add_export(CLI::App& command, ModelSettings& settings);
void add_quantize(CLI::App& command, QuantizeSettings& settings);
void add_bench(CLI::App& command, BenchSettings& settings);

}  // namespace vseal::cli
