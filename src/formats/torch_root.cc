#include "formats/torch_root.h"

#include <algorithm>
#include <iterator>

namespace vseal::formats {

Result<TorchFile> read_root(CheckpointKind kind, const Pickle& pickle, FindStorage find) {
  using Kind = PickleValue::Kind;
  TorchFile file{.kind = kind, .tensors = {}, .args = {}};
  TorchState state(pickle, std::move(find));
  const PickleValue& root = pickle.at(pickle.root());
  if (root.kind != Kind::kDict) {
    // Says which class it is.
    const Status refused = state.refuse(pickle.root(), "checkpoint");
    return corrupt_input(refused.message() + "; a dict was expected");
  }
  const PickleId model = pickle.find(pickle.root(), "model");
  if (model == kNoValue) {
    VSEAL_RETURN_IF_ERROR(state.add_state_dict(pickle.root()));
  } else {
    if (pickle.at(model).kind != Kind::kDict) return state.refuse(model, "model");
    VSEAL_RETURN_IF_ERROR(state.add_state_dict(model));
    file.args = plain_json(pickle, pickle.find(pickle.root(), "args"));
  }
  VSEAL_ASSIGN_OR_RETURN(file.tensors, state.finish());
  return file;
}

Result<TorchFile> merge_tensors(TorchFile file, std::vector<CheckpointTensor> more) {
  std::move(more.begin(), more.end(), std::back_inserter(file.tensors));
  std::sort(file.tensors.begin(), file.tensors.end(),
            [](const CheckpointTensor& a, const CheckpointTensor& b) { return a.name < b.name; });
  const auto twice = std::adjacent_find(
      file.tensors.begin(), file.tensors.end(),
      [](const CheckpointTensor& a, const CheckpointTensor& b) { return a.name == b.name; });
  if (twice == file.tensors.end()) return file;
  return corrupt_input("[torch] " + quote(twice->name) +
                       ": expected one tensor of that name, got two");
}

}  // namespace vseal::formats
