// What both of torch.save's formats hold: a dict with `model`, or a state dict itself.
#pragma once

#include "formats/torch_checkpoint.h"
#include "formats/torch_state.h"

namespace vseal::formats {

// The tensors of root["model"], or of the root where it has no such key, and root["args"]. Whatever
// else the root holds is not looked at.
Result<TorchFile> read_root(CheckpointKind kind, const Pickle& pickle, FindStorage find);

// `file` with more tensors, sorted. kCorruptInput when a name is there twice.
Result<TorchFile> merge_tensors(TorchFile file, std::vector<CheckpointTensor> more);

}  // namespace vseal::formats
