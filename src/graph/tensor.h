// What a graph knows of a tensor: type, shape and, for a constant, its values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/status.h"

namespace vseal::graph {

enum class DType { kF32, kF16, kBF16, kI8, kU8, kI32 };

size_t size_bytes(DType dtype);
const char* dtype_name(DType dtype);  // "f32", ...
// f16 or bf16: how constants may be stored that ops read as f32.
constexpr bool is_narrow(DType dtype) { return dtype == DType::kF16 || dtype == DType::kBF16; }

// Extents, outermost first. Activations are [n, h, w, c]; convolution weights [oc, kh, kw, ic],
// depthwise weights [kh, kw, c], linear weights [out, in], per-channel vectors [c].
class Shape {
 public:
  Shape() = default;
  Shape(std::initializer_list<int64_t> dims) : dims_(dims) {}
  explicit Shape(std::vector<int64_t> dims) : dims_(std::move(dims)) {}

  int rank() const { return static_cast<int>(dims_.size()); }
  int64_t operator[](int i) const { return dims_[static_cast<size_t>(i)]; }
  std::span<const int64_t> dims() const { return dims_; }
  // Product of the extents (1 for a scalar), or an error when it overflows or an extent is < 1.
  Result<int64_t> checked_elements() const;
  int64_t elements() const;  // of a shape known to be sound
  std::string text() const;  // "[1,32,32,96]"
  bool operator==(const Shape&) const = default;

 private:
  std::vector<int64_t> dims_;
};

// What the values of a tensor are. Of i8 tensors: real = scale * (stored - zero_point), with a
// positive scale and a zero point of -128 to 127. The others have scale 1 and zero point 0: i32
// biases are in units that their op states, i8 weights have a vector of scales beside them.
struct ValueType {
  DType dtype = DType::kF32;
  float scale = 1.0f;
  int32_t zero_point = 0;
  bool operator==(const ValueType&) const = default;
};

// Makes the values of a constant when they are asked for: weights that lie in a file in another
// order, type or scale, and would need the memory twice if they were converted ahead. Immutable,
// thread-safe.
class ConstantSource {
 public:
  virtual ~ConstantSource() = default;
  // Writes the constant's values in its dtype, row-major; `out` has exactly their size and any
  // alignment that suits the dtype.
  virtual Status read(std::span<std::byte> out) const = 0;
};

// What a constant's values come from: bytes in memory together with whatever keeps them alive (a
// buffer, a mapped file), or a source. Cheap to copy; the values never change.
struct ConstantData {
  std::span<const std::byte> bytes = {};
  std::shared_ptr<const void> owner = {};
  std::shared_ptr<const ConstantSource> source = {};  // when there are no bytes
};

// Index of a tensor in its graph.
using TensorId = int32_t;
inline constexpr TensorId kNoTensor = -1;

struct Tensor {
  std::string name;
  DType dtype = DType::kF32;
  Shape shape;
  float scale = 1.0f;      // see ValueType
  int32_t zero_point = 0;  // see ValueType
  ConstantData data = {};  // nothing unless the tensor is a constant

  bool is_constant() const { return !data.bytes.empty() || data.source != nullptr; }
  ValueType type() const { return {dtype, scale, zero_point}; }
};

}  // namespace vseal::graph
