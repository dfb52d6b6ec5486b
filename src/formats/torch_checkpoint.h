// PyTorch's three formats of checkpoints.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "formats/checkpoint.h"

namespace vseal::formats {

struct TorchFile {
  CheckpointKind kind = CheckpointKind::kTorchZip;
  std::vector<CheckpointTensor> tensors;  // sorted by name; views of the file
  std::string args;
};

// torch.save's zip archive, or a TorchScript archive (with code, which is never looked at):
// ROOT/data.pkl and the storages ROOT/data/KEY. A TorchScript file's tensors are named by the path
// of attributes, its constants "constants.INDEX".
Result<TorchFile> read_torch_zip(std::span<const std::byte> file);

// The format before PyTorch 1.6: five pickles one after the other, then the storages.
bool sniff_torch_legacy(std::span<const std::byte> file);
Result<TorchFile> read_torch_legacy(std::span<const std::byte> file);

}  // namespace vseal::formats
