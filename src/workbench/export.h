// Models as files for other runtimes: phones, browsers, servers without vseal.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/atomic_file.h"
#include "base/thread_pool.h"
#include "formats/lowering/lower.h"
#include "formats/lowering/stored.h"
#include "models/model.h"

namespace vseal::workbench {

enum class NetworkFormat { kTflite, kOnnx };
enum class Part { kEmbedder, kDetector, kBoth };

struct ExportSettings {
  NetworkFormat format = NetworkFormat::kTflite;
  // Nothing: kInt8 of a model of integers, kF32 of another.
  std::optional<formats::WeightPrecision> precision = {};
  Part part = Part::kBoth;
  formats::PictureValues pictures = formats::PictureValues::kF32;  // what apps hand over and get
  // The embedder gives "delta", what the picture changes by, in place of "residual": attenuation,
  // strength and gain of the card are ops of the file, at the network's own size.
  bool with_jnd = false;
  IfExists if_exists = IfExists::kFail;
  // For kInt8 of a float model: pictures to calibrate on, as QuantizeSettings has them.
  std::string data = {};
  int samples = 200;
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

// `model` as it is, or for kInt8 a float one quantised (quantize.h). A model of integers has no
// other precision: kUnsupported. `folder` is where the integers lie until they are read.
Result<std::shared_ptr<const models::Model>> model_for_export(
    const std::shared_ptr<const models::Model>& model, const std::string& folder,
    const ExportSettings& settings, ThreadPool& pool);

// Writes PART-PRECISION.FORMAT for each part into `folder`, which is made when it is missing. Each
// file appears whole or not at all, and holds as metadata "vseal_card", "vseal_digest" and
// "vseal_contract": what its inputs and outputs are (docs/phones.md). Errors as write_tflite's
// and write_onnx's;
// kCannotCreate when a file exists.
Result<ExportReport> export_model(const std::shared_ptr<const models::Model>& model,
                                  const std::string& folder, const ExportSettings& settings,
                                  ThreadPool& pool);

// The "vseal_contract" of a part, JSON.
std::string contract_json(const models::Card& card, Part part, const graph::Graph& network,
                          const ExportSettings& settings);

const char* precision_name(formats::WeightPrecision precision);

}  // namespace vseal::workbench
