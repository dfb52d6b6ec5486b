// A file of named tensors, whoever wrote it: PyTorch (zip, legacy, TorchScript) or safetensors.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/status.h"
#include "formats/safetensors.h"
#include "graph/tensor.h"

namespace vseal::formats {

enum class ElementType { kF32, kF16, kBF16, kF64, kI64, kI32, kI16, kI8, kU8, kBool };

size_t element_bytes(ElementType type);
bool is_floating(ElementType type);
const char* element_name(ElementType type);  // "f32", ...

// One tensor, little-endian values anywhere in `storage`: element [i0, i1, ...] is
// sum i_k * strides[k], which lies within it (checked). Tensors may share a storage.
struct CheckpointTensor {
  std::string name;
  ElementType type = ElementType::kF32;
  graph::Shape shape;                  // rank 0 (a scalar) to 8; extents may be 0
  std::vector<int64_t> strides;        // in elements, from 0 on
  std::span<const std::byte> storage;  // from the tensor's first element on; any alignment
};

// The tensor's bytes when they lie row by row without holes.
std::optional<std::span<const std::byte>> contiguous_bytes(const CheckpointTensor& tensor);

// Copies the values, row-major, as f32: f16 and bf16 widened, f64 and integers rounded.
// kInvalidArgument when `out` has not as many values as the tensor.
Status read_f32(const CheckpointTensor& tensor, std::span<float> out);

enum class CheckpointKind { kSafetensors, kTorchZip, kTorchLegacy, kTorchScript };

const char* kind_name(CheckpointKind kind);  // "PyTorch zip", ...

// A read file. Trusts nothing, runs nothing, and holds no copy of the data. Immutable: any number
// of threads may read it. Cheap to move; views stay valid while owner() lives.
class Checkpoint {
 public:
  // Maps the file. kNotFound when it cannot be opened; else parse()'s errors after "PATH: ".
  static Result<Checkpoint> open(const std::string& path);

  // Reads bytes that `owner` keeps alive (null when they live for ever). What kind of file it is
  // follows from its first bytes. kCorruptInput, naming the tensor, entry or byte at fault;
  // kUnsupported for formats that are known and not read (compressed archives, tar).
  static Result<Checkpoint> parse(std::span<const std::byte> file,
                                  std::shared_ptr<const void> owner);

  CheckpointKind kind() const { return kind_; }
  const std::vector<CheckpointTensor>& tensors() const { return tensors_; }  // sorted by name
  const CheckpointTensor* find(const std::string& name) const;               // null when missing
  const Metadata& metadata() const { return metadata_; }  // of safetensors; else empty
  // The `args` of a PyTorch checkpoint as a JSON object (plain data; everything else is null), or
  // "" when it has none.
  const std::string& args() const { return args_; }
  const std::shared_ptr<const void>& owner() const { return owner_; }

 private:
  CheckpointKind kind_ = CheckpointKind::kSafetensors;
  std::vector<CheckpointTensor> tensors_;
  Metadata metadata_;
  std::string args_;
  std::shared_ptr<const void> owner_;
};

}  // namespace vseal::formats
