// The ops on integers of the lowering's target for ONNX: f32 between nodes that round and widen.
#include <fmt/format.h>

#include "formats/onnx/onnx_target.h"
#include "graph/constant.h"

namespace vseal::formats {

using graph::DType;
using graph::Shape;
using graph::ValueType;
using Id = Target::Id;

namespace {

Shape with_channels(const Shape& shape, int64_t channels) {
  std::vector<int64_t> dims(shape.dims().begin(), shape.dims().end());
  dims.back() = channels;
  return Shape(std::move(dims));
}

}  // namespace

// Named by value, so that equal ones are one constant.
std::vector<std::string> OnnxTarget::scale_of(const ValueType& type) {
  const std::string scale = fmt::format("scale.{}", type.scale);
  const std::string zero = fmt::format("zero.{}{}", dtype_name(type.dtype), type.zero_point);
  initializer(f32_constant(scale, {}, {type.scale}));
  initializer(byte_constant(zero, type.dtype, type.zero_point));
  return {scale, zero};
}

std::string OnnxTarget::rounded(const std::string& name, const std::string& from,
                                const ValueType& type) {
  std::vector<std::string> operands = scale_of(type);
  operands.insert(operands.begin(), from);
  node("QuantizeLinear", operands, name);
  return name;
}

Id OnnxTarget::quantize(const std::string& name, Id x, ValueType type) {
  if (!status().ok()) return 0;
  const Order order = order_of(x);
  const std::string stored = rounded(name + ".i8", in_order(x, order), type);
  std::vector<std::string> operands = scale_of(type);
  operands.insert(operands.begin(), stored);
  node("DequantizeLinear", operands, name);
  return add(shape(x), order, name, type);
}

Id OnnxTarget::dequantize(const std::string&, Id x) {
  if (!status().ok()) return 0;
  Value value = values_[static_cast<size_t>(x)];
  value.type = {};
  values_.push_back(value);
  return static_cast<Id>(values_.size()) - 1;
}

std::string OnnxTarget::dequantized_rows(const graph::Tensor& stored, const std::string& scale,
                                         int64_t axis) {
  std::string name = stored.name + ".f32";
  if (!named_.insert(name).second) return name;
  onnx::Node& wide = node("DequantizeLinear", {initializer(stored), scale}, name);
  onnx::Attribute& attribute = *wide.add_attributes();
  attribute.set_name("axis");
  attribute.set_type(onnx::Attribute::INTEGER);
  attribute.set_integer(axis);
  return name;
}

Id OnnxTarget::integer_conv2d(const std::string& name, Id x, const IntegerFilter& filter,
                              Window window, bool relu, ValueType y) {
  auto scale = graph::f32_values(filter.scale);
  if (!scale.ok()) fail(scale.status());
  if (!status().ok()) return 0;
  const Shape in = shape(x), f = filter.stored.shape;
  const bool pixels = f.rank() == 2;  // of a linear op
  const graph::Tensor stored =
      pixels ? reshaped(filter.stored, {f[0], f[1], 1, 1}) : permuted(filter.stored, {0, 3, 1, 2});
  const std::string w = dequantized_rows(stored, initializer(filter.scale), 0);
  std::string b;
  if (filter.bias != nullptr) {
    std::vector<float> units;
    for (const float s : scale->span()) units.push_back(type(x).scale * s);
    const auto count = static_cast<int64_t>(units.size());
    b = dequantized_rows(
        *filter.bias,
        initializer(f32_constant(filter.bias->name + ".scale", {count}, std::move(units))), 0);
  }
  const int64_t kh = pixels ? 1 : f[1], kw = pixels ? 1 : f[2];
  const Shape out = with_channels({in[0], (in[1] + 2 * window.pad - kh) / window.stride + 1,
                                   (in[2] + 2 * window.pad - kw) / window.stride + 1, in[3]},
                                  f[0]);
  const bool wide = y.dtype == DType::kF32;
  const Id sum = convolution(wide ? name : name + ".sum", x, w, b, out, window, 1, relu);
  return wide ? sum : quantize(name, sum, y);
}

Id OnnxTarget::integer_add(const std::string& name, Id a, Id b, ValueType y) {
  return quantize(name, binary(name + ".sum", Binary::kAdd, a, b, false), y);
}

}  // namespace vseal::formats
