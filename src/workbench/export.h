// Models as files for other runtimes: phones, browsers, servers without vseal.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/atomic_file.h"
#include "formats/lowering/stored.h"
#include "models/model.h"

namespace vseal::workbench {

enum class NetworkFormat { kTflite, kOnnx };
enum class Part { kEmbedder, kDetector, kBoth };

struct ExportSettings {
  NetworkFormat format = NetworkFormat::kTflite;
  formats::WeightPrecision precision = formats::WeightPrecision::kF32;
  Part part = Part::kBoth;
  // The embedder gives "delta", what the picture changes by, in place of "residual": attenuation,
  // strength and gain of the card are ops of the file, at the network's own size.
  bool with_jnd = false;
  IfExists if_exists = IfExists::kFail;
};

struct ExportedFile {
  std::string path;
  std::string part;    // "embedder", "detector"
  std::string digest;  // SHA-256 of the network: its graph and constants, whatever file they are in
  int64_t bytes = 0;
  int64_t ops = 0;
};

struct ExportReport {
  models::Card card;
  std::string precision;
  std::vector<ExportedFile> files;
};

// Writes PART-PRECISION.FORMAT for each part into `folder`, which is made when it is missing. Each
// file appears whole or not at all, and holds as metadata "vseal_card", "vseal_digest" and
// "vseal_contract": what its inputs and outputs are (docs/phones.md). Errors as write_tflite's
// and write_onnx's;
// kCannotCreate when a file exists.
Result<ExportReport> export_model(const models::Model& model, const std::string& folder,
                                  const ExportSettings& settings);

// The "vseal_contract" of a part, JSON.
std::string contract_json(const models::Card& card, Part part, const graph::Graph& network,
                          const ExportSettings& settings);

const char* precision_name(formats::WeightPrecision precision);

}  // namespace vseal::workbench
