#include "models/row_scaled.h"

#include <fmt/format.h>

#include <cmath>
#include <utility>
#include <vector>

namespace vseal::models {
namespace {

using formats::CheckpointTensor;
using formats::ElementType;

class RowScaledSource : public graph::ConstantSource {
 public:
  RowScaledSource(std::span<const std::byte> values, std::vector<float> scales,
                  std::shared_ptr<const void> owner)
      : values_(values), scales_(std::move(scales)), owner_(std::move(owner)) {}

  Status read(std::span<std::byte> out) const override {
    auto* to = reinterpret_cast<float*>(out.data());
    const auto* from = reinterpret_cast<const int8_t*>(values_.data());
    const size_t columns = values_.size() / scales_.size();
    for (const float scale : scales_) {
      for (size_t i = 0; i < columns; ++i) *to++ = scale * static_cast<float>(*from++);
    }
    return {};
  }

 private:
  std::span<const std::byte> values_;
  std::vector<float> scales_;
  std::shared_ptr<const void> owner_;
};

Status fault(const CheckpointTensor& tensor, const std::string& expected, const std::string& got) {
  return corrupt_input(
      fmt::format("[model] {}: expected {}, got {}", formats::quote(tensor.name), expected, got));
}

}  // namespace

Result<ViewedConstant> row_scaled_constant(const CheckpointTensor& stored,
                                           const CheckpointTensor& scales, graph::Shape shape,
                                           std::shared_ptr<const void> owner) {
  const auto bytes = formats::contiguous_bytes(stored);
  if (stored.type != ElementType::kI8 || !bytes || stored.shape.rank() == 0) {
    return fault(stored, "i8 values, row by row", formats::element_name(stored.type));
  }
  if (static_cast<size_t>(shape.elements()) != bytes->size()) {
    return fault(stored, shape.text(), stored.shape.text());
  }
  if (scales.type != ElementType::kF32 || scales.shape != graph::Shape{stored.shape[0]}) {
    return fault(scales, fmt::format("f32 {}", graph::Shape{stored.shape[0]}.text()),
                 fmt::format("{} {}", formats::element_name(scales.type), scales.shape.text()));
  }
  std::vector<float> factors(static_cast<size_t>(stored.shape[0]));
  VSEAL_RETURN_IF_ERROR(formats::read_f32(scales, factors));
  for (const float factor : factors) {
    if (!(std::isfinite(factor) && factor >= 0.0f)) {
      return fault(scales, "finite factors, not negative", fmt::format("{}", factor));
    }
  }
  ViewedConstant constant{graph::DType::kF32, std::move(shape), {}};
  constant.data.source =
      std::make_shared<const RowScaledSource>(*bytes, std::move(factors), std::move(owner));
  return constant;
}

}  // namespace vseal::models
