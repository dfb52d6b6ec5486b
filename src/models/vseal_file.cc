#include "models/vseal_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/half.h"
#include "formats/graph_json.h"
#include "formats/safetensors.h"
#include "graph/constant.h"
#include "models/card.h"
#include "models/weights.h"

namespace vseal::models {
namespace {

using graph::DType;
using graph::Graph;
using graph::Tensor;
using graph::TensorId;

constexpr char kVersion[] = "1";
constexpr char kIntegerVersion[] = "2";  // as 1, and its graphs may compute on integers
constexpr char kVersionKey[] = "vseal_format";
constexpr char kCardKey[] = "card";
constexpr char kEmbedderKey[] = "embedder";
constexpr char kDetectorKey[] = "detector";
constexpr char kProvenanceKey[] = "provenance";

// A constant in another float type, checked while it is read.
class Converted : public graph::ConstantSource {
 public:
  Converted(Tensor tensor, DType dtype) : tensor_(std::move(tensor)), dtype_(dtype) {}

  Status read(std::span<std::byte> out) const override {
    VSEAL_ASSIGN_OR_RETURN(const graph::F32Values values, graph::f32_values(tensor_));
    const bool half = dtype_ == DType::kF16, bfloat = dtype_ == DType::kBF16;
    const float limit = half     ? 65504.0f
                        : bfloat ? bfloat_to_float(0x7f7f)
                                 : std::numeric_limits<float>::max();
    auto* as_narrow = reinterpret_cast<uint16_t*>(out.data());
    auto* as_float = reinterpret_cast<float*>(out.data());
    for (size_t i = 0; i < values.size(); ++i) {
      // Also refuses what is no number.
      if (!(std::abs(values[i]) <= limit)) {
        return invalid_argument(fmt::format("value {}: expected one that {} can hold, got {}", i,
                                            graph::dtype_name(dtype_), values[i]));
      }
      if (half || bfloat) {
        as_narrow[i] = half ? float_to_half(values[i]) : float_to_bfloat(values[i]);
      } else {
        as_float[i] = values[i];
      }
    }
    return {};
  }

 private:
  Tensor tensor_;
  DType dtype_;
};

DType dtype_of(Precision precision) {
  switch (precision) {
    case Precision::kF16:
      return DType::kF16;
    case Precision::kBF16:
      return DType::kBF16;
    case Precision::kF32:
      break;
  }
  return DType::kF32;
}

void collect_constants(const Graph& graph, std::optional<Precision> precision,
                       std::vector<Tensor>& stored) {
  for (const Tensor& tensor : graph.tensors()) {
    if (!tensor.is_constant()) continue;
    if (tensor.dtype != DType::kF32 && !graph::is_narrow(tensor.dtype)) {
      stored.push_back(tensor);
      continue;
    }
    Tensor converted = tensor;
    if (tensor.shape.rank() < 2) {
      converted.dtype = DType::kF32;
    } else if (precision.has_value()) {
      converted.dtype = dtype_of(*precision);
    }
    converted.data = {.source = std::make_shared<const Converted>(tensor, converted.dtype)};
    stored.push_back(std::move(converted));
  }
}

// The text of a metadata entry that must be there.
Result<std::string> entry(const formats::Checkpoint& file, const char* key) {
  const auto found = file.metadata().find(key);
  if (found != file.metadata().end()) return found->second;
  return corrupt_input(fmt::format("[vseal] metadata: expected {}, got none", key));
}

// An i8 or i32 constant: bytes of the file itself.
Result<TensorId> add_integers(const formats::CheckpointTensor& tensor, Graph& graph,
                              const formats::Checkpoint& file) {
  const auto bytes = formats::contiguous_bytes(tensor);
  if (!bytes || tensor.shape.rank() == 0) {
    return corrupt_input("[vseal] " + formats::quote(tensor.name) + ": expected rows of values");
  }
  const DType dtype = tensor.type == formats::ElementType::kI8 ? DType::kI8 : DType::kI32;
  const auto id = graph.add_constant(tensor.name, dtype, tensor.shape,
                                     {.bytes = *bytes, .owner = file.owner(), .source = {}});
  return id.ok() ? id : corrupt_input(id.status().message());
}

Result<Graph> read_graph(const formats::Checkpoint& file, const char* key) {
  VSEAL_ASSIGN_OR_RETURN(const std::string json, entry(file, key));
  Weights weights(file, Layout::kNhwc);
  return formats::graph_from_json(
      json, [&](Graph& graph, const std::string& name) -> Result<TensorId> {
        const formats::CheckpointTensor* tensor = file.find(name);
        if (tensor != nullptr && (tensor->type == formats::ElementType::kI8 ||
                                  tensor->type == formats::ElementType::kI32)) {
          return add_integers(*tensor, graph, file);
        }
        return weights.add_whole(graph, name);
      });
}

}  // namespace

Status write_vseal(const Model& model, const std::string& path, const WriteOptions& options) {
  std::vector<Tensor> stored;
  collect_constants(model.embedder, options.precision, stored);
  collect_constants(model.detector, options.precision, stored);
  const bool integers = graph::has_integers(model.embedder) || graph::has_integers(model.detector);
  formats::Metadata metadata = {{kVersionKey, integers ? kIntegerVersion : kVersion},
                                {kCardKey, card_json(model.card)}};
  VSEAL_ASSIGN_OR_RETURN(metadata[kEmbedderKey], formats::graph_to_json(model.embedder));
  VSEAL_ASSIGN_OR_RETURN(metadata[kDetectorKey], formats::graph_to_json(model.detector));
  if (!options.provenance.empty()) metadata[kProvenanceKey] = options.provenance;
  return formats::write_safetensors(path, options.if_exists, metadata, std::move(stored));
}

bool is_vseal(const formats::Checkpoint& file) { return file.metadata().count(kVersionKey) > 0; }

Result<Model> read_vseal(const formats::Checkpoint& file) {
  VSEAL_ASSIGN_OR_RETURN(const std::string version, entry(file, kVersionKey));
  if (version != kVersion && version != kIntegerVersion) {
    return unsupported(fmt::format("[vseal] format: expected version {} or {}, got {}", kVersion,
                                   kIntegerVersion, formats::quote(version)));
  }
  Model model;
  VSEAL_ASSIGN_OR_RETURN(const std::string card, entry(file, kCardKey));
  VSEAL_ASSIGN_OR_RETURN(CardFile described, parse_card(card));
  model.card = std::move(described.card);
  VSEAL_ASSIGN_OR_RETURN(model.embedder, read_graph(file, kEmbedderKey));
  VSEAL_ASSIGN_OR_RETURN(model.detector, read_graph(file, kDetectorKey));
  const auto provenance = file.metadata().find(kProvenanceKey);
  if (provenance != file.metadata().end()) model.provenance = provenance->second;
  return model;
}

}  // namespace vseal::models
