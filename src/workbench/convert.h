// Checkpoints into .vseal files.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/atomic_file.h"
#include "models/vseal_file.h"

namespace vseal::workbench {

struct ConvertSettings {
  models::LoadOptions load = {};
  std::optional<models::Precision> precision = {};  // none: as the checkpoint has it
  IfExists if_exists = IfExists::kFail;
  std::string origin = {};  // where the checkpoint came from (an address); its file name if empty
};

struct ConvertReport {
  models::Card card;
  std::string source;  // "PyTorch zip", ...
  std::string sha256;  // of the checkpoint
  int64_t input_bytes = 0;
  int64_t output_bytes = 0;
  std::vector<std::string> unused;  // tensors that belong to no network
};

// Reads the model `input` and writes it as `output`, whole or not at all. Beside page cache, memory
// holds one tensor at a time. Errors as load_model's and write_vseal's.
Result<ConvertReport> convert(const std::string& input, const std::string& output,
                              const ConvertSettings& settings);

}  // namespace vseal::workbench
