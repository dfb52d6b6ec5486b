// From a parsed pickle to tensors: what PyTorch's state dicts are made of.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "formats/checkpoint.h"
#include "formats/pickle.h"

namespace vseal::formats {

// A storage that a pickle refers to: ('storage', type, key, location, count).
struct StorageRef {
  ElementType type = ElementType::kF32;
  std::string_view key;
  uint64_t count = 0;  // elements

  uint64_t bytes() const;  // without overflow: count is checked when it is read
};

// The bytes of a storage, exactly ref.bytes() of them.
using FindStorage = std::function<Result<std::span<const std::byte>>(const StorageRef& ref)>;

// Tensors out of one pickle. Errors are kCorruptInput "[torch] NAME: expected ..., got ...".
class TorchState {
 public:
  TorchState(const Pickle& pickle, FindStorage find) : pickle_(pickle), find_(std::move(find)) {}

  // A state dict: text -> tensor. Anything else in it is an error that names it, a class or
  // function with the byte where it stands.
  Status add_state_dict(PickleId dict);
  // The tensors of an object and of all that it holds, named by the path of attributes from it
  // ("embedder.unet.inc.0"). Everything that is not a tensor is passed over.
  Status add_attributes(PickleId object, const std::string& path);

  // The error that says what stands where tensors were expected.
  Status refuse(PickleId id, const std::string& name) const;

  // Sorted by name. kCorruptInput when two have one name.
  Result<std::vector<CheckpointTensor>> finish();

 private:
  Result<CheckpointTensor> tensor(PickleId id, const std::string& name) const;
  Status read_extents(PickleId arguments, CheckpointTensor& tensor) const;
  bool is_tensor(PickleId id) const;
  Status visit(PickleId id, const std::string& path, int depth);

  const Pickle& pickle_;
  FindStorage find_;
  std::vector<CheckpointTensor> tensors_;
  std::vector<bool> visited_;
};

// The storage that a persistent id stands for; `items` of its tuple are 5, in the legacy format 6.
Result<StorageRef> read_storage_ref(const Pickle& pickle, PickleId persistent);

// Plain data (numbers, texts, bools, None, lists, tuples, dicts with text keys) as JSON; other
// values become null. "" when `id` is kNoValue or there is too much of it.
std::string plain_json(const Pickle& pickle, PickleId id);

}  // namespace vseal::formats
