// Which types ops take and write, float and integer.
#include <cmath>

#include "graph/arguments.h"
#include "graph/graph.h"

namespace vseal::graph {
namespace {

// Sums of so many products of i8 values and weights stay within int32.
constexpr int64_t kMaxProducts = 65536;

std::string type_text(const ValueType& type) {
  if (type.dtype != DType::kI8) return dtype_name(type.dtype);
  return fmt::format("i8 of scale {} and zero point {}", type.scale, type.zero_point);
}

Status expect_dtype(const Arguments& a, TensorId id, const char* argument, DType dtype,
                    const std::vector<Tensor>& tensors) {
  if (id == kNoTensor) return {};
  const Tensor& tensor = tensors[static_cast<size_t>(id)];
  if (tensor.dtype == dtype) return {};
  return a.fault(argument, dtype_name(dtype), dtype_name(tensor.dtype));
}

// f32, or f16 or bf16 that is a constant: storage types.
Status expect_float(const Arguments& a, size_t i) {
  const Tensor& tensor = a.tensor(i);
  const bool widens = is_narrow(tensor.dtype) && tensor.is_constant();
  if (tensor.dtype == DType::kF32 || widens) return {};
  return a.fault(tensor.name, "f32, or a constant of f16 or bf16", dtype_name(tensor.dtype));
}

Status expect_all_float(const Arguments& a, size_t first) {
  for (size_t i = first; i < a.count(); ++i) VSEAL_RETURN_IF_ERROR(expect_float(a, i));
  return {};
}

Status expect_output(const Arguments& a, std::initializer_list<DType> allowed) {
  std::string expected;
  for (const DType dtype : allowed) {
    if (a.op().type.dtype == dtype) return {};
    expected += (expected.empty() ? "" : " or ") + std::string(dtype_name(dtype));
  }
  return a.fault("output", expected, dtype_name(a.op().type.dtype));
}

// Scale and zero point of what the op writes.
Status expect_sound(const Arguments& a) {
  const ValueType& type = a.op().type;
  if (type.dtype != DType::kI8) {
    if (type.scale == 1.0f && type.zero_point == 0) return {};
    return a.fault("output", "scale 1 and zero point 0",
                   fmt::format("{} and {}", type.scale, type.zero_point));
  }
  if (!(type.scale > 0.0f) || !std::isfinite(1.0f / type.scale) || !std::isfinite(type.scale)) {
    return a.fault("output scale", "a positive number", fmt::to_string(type.scale));
  }
  if (type.zero_point < -128 || type.zero_point > 127) {
    return a.fault("output zero point", "-128 to 127", fmt::to_string(type.zero_point));
  }
  return {};
}

// Ops that only move or mix values keep their input's quantisation.
Status expect_kept(const Arguments& a) {
  const ValueType in = a.tensor(0).type();
  if (a.op().type == in) return {};
  return a.fault("output", type_text(in), type_text(a.op().type));
}

class IntegerRules {
 public:
  IntegerRules(const Arguments& arguments, const std::vector<Tensor>& tensors)
      : a_(arguments), tensors_(tensors) {}

  Status operator()(const Conv2d& conv) const {
    const Shape& w = a_.shape(1);
    return weighted(w[1] * w[2] * w[3], conv.activation);
  }
  Status operator()(const DepthwiseConv2d&) const {
    return weighted(a_.shape(1)[0] * a_.shape(1)[1], Activation::kNone);
  }
  Status operator()(const Linear& linear) const {
    return weighted(a_.shape(1)[1], linear.activation);
  }
  Status operator()(const LayerNorm&) const { return normalised(); }
  Status operator()(const ChannelRmsNorm&) const { return normalised(); }
  Status operator()(const GlobalResponseNorm&) const { return normalised(); }
  Status operator()(const Activate&) const { return expect_output(a_, {DType::kI8}); }
  Status operator()(const Add&) const { return all_integers(); }
  Status operator()(const Concat&) const { return all_integers(); }
  Status operator()(const SpaceToDepth&) const { return expect_kept(a_); }
  Status operator()(const DepthToSpace&) const { return expect_kept(a_); }
  Status operator()(const ResizeBilinear&) const { return expect_kept(a_); }
  Status operator()(const Tile&) const { return expect_kept(a_); }
  Status operator()(const Reshape&) const { return expect_kept(a_); }
  Status operator()(const SpatialMean&) const { return mean(); }
  Status operator()(const FoldMean&) const { return mean(); }
  Status operator()(const Dequantize&) const { return expect_output(a_, {DType::kF32}); }
  template <typename Other>
  Status operator()(const Other&) const {
    return a_.fault("x", "f32", "i8");
  }

 private:
  Status weighted(int64_t products, Activation activation) const {
    const WeightedInputs in = weighted_inputs(a_.op());
    VSEAL_RETURN_IF_ERROR(expect_dtype(a_, in.weight, "weight", DType::kI8, tensors_));
    VSEAL_RETURN_IF_ERROR(expect_dtype(a_, in.bias, "bias", DType::kI32, tensors_));
    VSEAL_RETURN_IF_ERROR(expect_dtype(a_, in.residual, "residual", DType::kI8, tensors_));
    VSEAL_RETURN_IF_ERROR(expect_dtype(a_, in.weight_scale, "weight_scale", DType::kF32, tensors_));
    if (products > kMaxProducts) {
      return a_.fault("weight", fmt::format("at most {} products a sum", kMaxProducts),
                      fmt::to_string(products));
    }
    const bool known = activation == Activation::kNone || activation == Activation::kRelu ||
                       activation == Activation::kGelu;
    if (!known) return a_.fault("activation", "none, relu or gelu", activation_name(activation));
    return expect_output(a_, {DType::kI8, DType::kF32});
  }
  Status normalised() const {
    VSEAL_RETURN_IF_ERROR(expect_all_float(a_, 1));
    return expect_output(a_, {DType::kI8});
  }
  Status all_integers() const {
    for (const TensorId id : a_.op().inputs) {
      VSEAL_RETURN_IF_ERROR(expect_dtype(a_, id, "input", DType::kI8, tensors_));
    }
    return expect_output(a_, {DType::kI8});
  }
  Status mean() const { return expect_output(a_, {DType::kI8, DType::kF32}); }

  const Arguments& a_;
  const std::vector<Tensor>& tensors_;
};

}  // namespace

Status check_types(const Op& op, const std::vector<Tensor>& tensors) {
  const Arguments a(op, tensors);
  VSEAL_RETURN_IF_ERROR(expect_sound(a));
  if (a.is_integer()) return std::visit(IntegerRules(a, tensors), op.attributes);
  if (op.as<Reshape>() != nullptr && a.tensor(0).dtype == DType::kI32) return expect_kept(a);
  VSEAL_RETURN_IF_ERROR(expect_all_float(a, 0));
  if (op.as<Quantize>() != nullptr) return expect_output(a, {DType::kI8});
  const bool is_norm = op.as<LayerNorm>() != nullptr || op.as<ChannelRmsNorm>() != nullptr;
  if (is_norm) return expect_output(a, {DType::kF32, DType::kI8});
  if (op.as<QuantizeBias>() != nullptr) return expect_output(a, {DType::kI32});
  if (op.as<Dequantize>() != nullptr) return a.fault("x", "i8", "f32");
  return expect_output(a, {DType::kF32});
}

}  // namespace vseal::graph
