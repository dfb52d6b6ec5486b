// .vseal: our own file of a model. Safetensors whose metadata holds the format's version, the card,
// the graphs of both networks and where the weights come from.
#pragma once

#include <optional>
#include <string>

#include "base/atomic_file.h"
#include "formats/checkpoint.h"
#include "models/model.h"

namespace vseal::models {

enum class Precision { kF32, kF16, kBF16 };

struct WriteOptions {
  IfExists if_exists = IfExists::kFail;
  // Of filters and matrices; vectors stay f32. None: as the model has them.
  std::optional<Precision> precision = {};
  std::string provenance = {};  // JSON, stored as it is
};

// Writes `model`, one tensor in memory at a time; integers as they are. kInvalidArgument when a
// value does not fit into f16 or bf16 (naming the tensor) or is not finite; else write_safetensors'
// errors.
Status write_vseal(const Model& model, const std::string& path, const WriteOptions& options);

bool is_vseal(const formats::Checkpoint& file);

// The model of a .vseal file; constants are views of it. kUnsupported for a later version of the
// format, kCorruptInput for anything that does not fit together.
Result<Model> read_vseal(const formats::Checkpoint& file);

}  // namespace vseal::models
