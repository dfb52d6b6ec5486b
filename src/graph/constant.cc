// Reading constants: views where possible, copies where not.
#include "graph/constant.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/half.h"

namespace vseal::graph {
namespace {

Result<AlignedBuffer<float>> widened(const Tensor& constant, size_t count) {
  VSEAL_ASSIGN_OR_RETURN(auto halves, AlignedBuffer<uint16_t>::allocate(count));
  VSEAL_RETURN_IF_ERROR(copy_values(constant, std::as_writable_bytes(halves.span())));
  VSEAL_ASSIGN_OR_RETURN(auto values, AlignedBuffer<float>::allocate(count));
  // Loops of their own: nothing to decide for each value.
  if (constant.dtype == DType::kF16) {
    std::ranges::transform(halves.span(), values.data(), half_to_float);
  } else {
    std::ranges::transform(halves.span(), values.data(), bfloat_to_float);
  }
  return values;
}

template <typename T>
ConstantData owned(std::vector<T> values) {
  auto owner = std::make_shared<const std::vector<T>>(std::move(values));
  const std::span<const std::byte> bytes = std::as_bytes(std::span(*owner));
  return {.bytes = bytes, .owner = std::move(owner)};
}

}  // namespace

Status copy_values(const Tensor& constant, std::span<std::byte> out) {
  if (!constant.is_constant()) {
    return invalid_argument("[constant] " + constant.name + ": expected a constant");
  }
  const size_t expected =
      static_cast<size_t>(constant.shape.elements()) * size_bytes(constant.dtype);
  if (out.size() != expected) {
    return invalid_argument(fmt::format("[constant {}] expected room for {} bytes, got {}",
                                        constant.name, expected, out.size()));
  }
  if (constant.data.source != nullptr) {
    return constant.data.source->read(out).with_context("[constant " + constant.name + "]");
  }
  std::memcpy(out.data(), constant.data.bytes.data(), out.size());
  return {};
}

Result<F32Values> f32_values(const Tensor& constant) {
  const size_t count = static_cast<size_t>(constant.shape.elements());
  if (is_narrow(constant.dtype)) {
    VSEAL_ASSIGN_OR_RETURN(auto values, widened(constant, count));
    return F32Values(std::move(values));
  }
  if (constant.dtype != DType::kF32) {
    return invalid_argument(fmt::format("[constant {}] expected f32, f16 or bf16, got {}",
                                        constant.name, dtype_name(constant.dtype)));
  }
  if (!constant.data.bytes.empty()) {
    const auto* values = reinterpret_cast<const float*>(constant.data.bytes.data());
    return F32Values(std::span(values, count));
  }
  VSEAL_ASSIGN_OR_RETURN(auto values, AlignedBuffer<float>::allocate(count));
  VSEAL_RETURN_IF_ERROR(copy_values(constant, std::as_writable_bytes(values.span())));
  return F32Values(std::move(values));
}

Result<ConstantValues> constant_values(const Tensor& constant) {
  if (!is_narrow(constant.dtype) && !constant.data.bytes.empty()) {
    return ConstantValues(constant.data.bytes);
  }
  const size_t count = static_cast<size_t>(constant.shape.elements());
  if (is_narrow(constant.dtype)) {
    VSEAL_ASSIGN_OR_RETURN(const auto wide, widened(constant, count));
    VSEAL_ASSIGN_OR_RETURN(auto bytes, AlignedBuffer<std::byte>::allocate(count * sizeof(float)));
    std::memcpy(bytes.data(), wide.data(), bytes.size());
    return ConstantValues(std::move(bytes));
  }
  VSEAL_ASSIGN_OR_RETURN(auto bytes,
                         AlignedBuffer<std::byte>::allocate(count * size_bytes(constant.dtype)));
  VSEAL_RETURN_IF_ERROR(copy_values(constant, bytes.span()));
  return ConstantValues(std::move(bytes));
}

ConstantData own_values(std::vector<float> values) { return owned(std::move(values)); }
ConstantData own_integers(std::vector<int8_t> values) { return owned(std::move(values)); }
ConstantData own_integers(std::vector<int32_t> values) { return owned(std::move(values)); }

}  // namespace vseal::graph
