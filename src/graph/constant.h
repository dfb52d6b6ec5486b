// The values of a constant, wherever they come from.
#pragma once

#include <span>
#include <vector>

#include "base/aligned_buffer.h"
#include "base/status.h"
#include "graph/tensor.h"

namespace vseal::graph {

// f32 values for as long as this lives: a view of the constant's own bytes, or a buffer. Movable.
class F32Values {
 public:
  F32Values() = default;
  explicit F32Values(std::span<const float> view) : view_(view) {}
  explicit F32Values(AlignedBuffer<float> made) : made_(std::move(made)), view_(made_.span()) {}

  std::span<const float> span() const { return view_; }
  float operator[](size_t i) const { return view_[i]; }
  size_t size() const { return view_.size(); }

 private:
  AlignedBuffer<float> made_;
  std::span<const float> view_;
};

// Values as ops read them, for as long as this lives: f16 and bf16 widened to f32, everything else
// as it is stored. A view of the constant's own bytes, or a buffer. Movable.
class ConstantValues {
 public:
  ConstantValues() = default;
  explicit ConstantValues(std::span<const std::byte> view) : view_(view) {}
  explicit ConstantValues(AlignedBuffer<std::byte> made)
      : made_(std::move(made)), view_(made_.span()) {}

  const std::byte* data() const { return view_.data(); }
  size_t size() const { return view_.size(); }  // in bytes

 private:
  AlignedBuffer<std::byte> made_;
  std::span<const std::byte> view_;
};
Result<ConstantValues> constant_values(const Tensor& constant);

// An f32 constant as it is, an f16 or bf16 one widened (exact). Bytes in memory are not copied when
// they are f32. kInvalidArgument for another type or for what is no constant; else the source's
// errors.
Result<F32Values> f32_values(const Tensor& constant);

// Copies the stored values of a constant, in its own dtype, into `out` of exactly their size.
Status copy_values(const Tensor& constant, std::span<std::byte> out);

// A constant that owns `values`.
ConstantData own_values(std::vector<float> values);
ConstantData own_integers(std::vector<int8_t> values);
ConstantData own_integers(std::vector<int32_t> values);

}  // namespace vseal::graph
