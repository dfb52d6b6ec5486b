// The safetensors container: named tensors in one file, described by a JSON header. A .vseal file
// is a safetensors file whose metadata holds a model's card.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/atomic_file.h"
#include "base/status.h"
#include "graph/tensor.h"

namespace vseal::formats {

// The `__metadata__` of a file: texts by name.
using Metadata = std::map<std::string, std::string>;

// One stored tensor. Little-endian values in row-major order; `bytes` need not be aligned.
struct StoredTensor {
  std::string name;
  std::string type;                   // as the file has it: "F32", "F16", "I64", ...
  std::optional<graph::DType> dtype;  // none for a type that graphs do not have (I64, F64, ...)
  graph::Shape shape;                 // may have extents of 0
  std::span<const std::byte> bytes;   // size of the type times the extents
};

// Name or text from outside, fit for an error message: quoted, control characters escaped, cut
// after 80 bytes.
std::string quote(const std::string& text);

// A read file. Trusts nothing: the header is at most 100 MB and lies inside the file, every range
// is as long as type and shape say, and the ranges fill the rest of the file without an overlap or
// a hole. Immutable: any number of threads may read it. Cheap to move, views stay valid while
// owner() lives.
class Safetensors {
 public:
  // Maps the file. kNotFound when it cannot be opened; kCorruptInput "PATH: [safetensors] what:
  // expected ..., got ..." when it is none, naming the tensor; kUnsupported for an unknown dtype.
  static Result<Safetensors> open(const std::string& path);

  // Reads bytes that `owner` keeps alive (null when they live for ever).
  static Result<Safetensors> parse(std::span<const std::byte> file,
                                   std::shared_ptr<const void> owner);

  const Metadata& metadata() const { return metadata_; }
  const std::vector<StoredTensor>& tensors() const { return tensors_; }  // sorted by name
  const StoredTensor* find(const std::string& name) const;               // null when missing
  const std::shared_ptr<const void>& owner() const { return owner_; }

 private:
  Status read(std::span<const std::byte> file);

  Metadata metadata_;
  std::vector<StoredTensor> tensors_;
  std::shared_ptr<const void> owner_;
};

// Writes constants as a file that appears whole or not at all. Tensors lie widest type first and
// then by name, so that each is aligned; the same input gives the same bytes. Of constants that are
// made when they are read, one at a time is in memory. kInvalidArgument for a tensor that is no
// constant, whose size is wrong or whose name is empty, double or "__metadata__"; else AtomicFile's
// errors and those of the constants.
Status write_safetensors(const std::string& path, IfExists if_exists, const Metadata& metadata,
                         std::vector<graph::Tensor> tensors);

}  // namespace vseal::formats
