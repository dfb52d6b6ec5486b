#include "formats/onnx/onnx_target.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <numeric>
#include <utility>

#include "graph/constant.h"

namespace vseal::formats {
namespace {

using graph::DType;
using graph::Shape;
using Id = Target::Id;

constexpr int64_t kOldOpSet = 13, kOldFormat = 7;  // scales for each index of an axis
constexpr int64_t kLayerNormOpSet = 17, kLayerNormFormat = 8;

onnx::ElementType element(DType dtype) {
  switch (dtype) {
    case DType::kF32:
      return onnx::FLOAT;
    case DType::kF16:
      return onnx::FLOAT16;
    case DType::kBF16:
      break;  // widened before it is stored
    case DType::kI8:
      return onnx::INT8;
    case DType::kU8:
      return onnx::UINT8;
    case DType::kI32:
      return onnx::INT32;
  }
  return onnx::UNDEFINED;
}

void set(onnx::Node& node, const char* name, int64_t value) {
  onnx::Attribute& attribute = *node.add_attributes();
  attribute.set_name(name);
  attribute.set_type(onnx::Attribute::INTEGER);
  attribute.set_integer(value);
}
void set(onnx::Node& node, const char* name, float value) {
  onnx::Attribute& attribute = *node.add_attributes();
  attribute.set_name(name);
  attribute.set_type(onnx::Attribute::REAL);
  attribute.set_real(value);
}
void set(onnx::Node& node, const char* name, const char* value) {
  onnx::Attribute& attribute = *node.add_attributes();
  attribute.set_name(name);
  attribute.set_type(onnx::Attribute::TEXT);
  attribute.set_text(value);
}
void set(onnx::Node& node, const char* name, const std::vector<int64_t>& values) {
  onnx::Attribute& attribute = *node.add_attributes();
  attribute.set_name(name);
  attribute.set_type(onnx::Attribute::INTEGERS);
  attribute.mutable_integers()->Add(values.begin(), values.end());
}

// [n,h,w,c] as [n,c,h,w].
Shape channels_first(const Shape& shape) { return {shape[0], shape[3], shape[1], shape[2]}; }

// Where an axis of ours is in [n,c,h,w].
int64_t channels_first_axis(int axis) {
  constexpr std::array<int64_t, 4> kAxes = {0, 2, 3, 1};
  return kAxes[static_cast<size_t>(axis)];
}

// Whether both orders are the same bytes.
bool orders_agree(const Shape& map) { return map[3] == 1 || map[1] * map[2] == 1; }

std::vector<int64_t> dims_of(const Shape& shape) {
  return {shape.dims().begin(), shape.dims().end()};
}

Shape with_extent(const Shape& shape, int axis, int64_t extent) {
  std::vector<int64_t> dims = dims_of(shape);
  dims[static_cast<size_t>(axis)] = extent;
  return Shape(std::move(dims));
}

void describe(const std::string& name, const Shape& shape, DType dtype, onnx::Value& value) {
  value.set_name(name);
  onnx::Value::TensorType& tensor = *value.mutable_type()->mutable_tensor();
  tensor.set_element(element(dtype));
  for (const int64_t extent : shape.dims()) {
    tensor.mutable_shape()->add_dimensions()->set_extent(extent);
  }
}

}  // namespace

OnnxTarget::OnnxTarget(const std::string& name, WeightPrecision precision)
    : precision_(precision == WeightPrecision::kInt8 ? WeightPrecision::kF16 : precision) {
  network_.model.set_producer("vseal");
  network_.model.set_format_version(kOldFormat);
  onnx::OpSet& set = *network_.model.add_op_sets();
  set.set_domain("");
  set.set_version(kOldOpSet);
  network_.model.mutable_graph()->set_name(name);
}

Result<OnnxNetwork> OnnxTarget::finish() {
  VSEAL_RETURN_IF_ERROR(status());
  return std::move(network_);
}

OnnxTarget::Order OnnxTarget::order_of(Id x) const {
  const Names& names = names_[values_[static_cast<size_t>(x)].names];
  return names.channels_first.empty() ? Order::kOurs : Order::kChannelsFirst;
}

Id OnnxTarget::add(const Shape& shape, Order order, const std::string& name,
                   const graph::ValueType& type) {
  Names names;
  (order == Order::kOurs ? names.ours : names.channels_first) = name;
  values_.push_back({.shape = shape, .type = type, .names = names_.size()});
  names_.push_back(std::move(names));
  return static_cast<Id>(values_.size()) - 1;
}

onnx::Node& OnnxTarget::node(const std::string& op, const std::vector<std::string>& inputs,
                             const std::string& output) {
  onnx::Node& node = *network_.model.mutable_graph()->add_nodes();
  node.set_name(output);
  node.set_op(op);
  for (const std::string& input : inputs) node.add_inputs(input);
  node.add_outputs(output);
  produced_.insert(output);
  return node;
}

// A name that is there already is the same constant.
std::string OnnxTarget::initializer(const graph::Tensor& constant) {
  if (!named_.insert(constant.name).second) return constant.name;
  onnx::Tensor& tensor = *network_.model.mutable_graph()->add_constants();
  tensor.set_name(constant.name);
  tensor.set_type(element(constant.dtype));
  for (const int64_t extent : constant.shape.dims()) tensor.add_dims(extent);
  network_.contents.push_back(constant);
  return constant.name;
}

// 64-bit: as two i32 each, which is what little-endian bytes of small numbers are.
std::string OnnxTarget::integers(const std::string& name, const std::vector<int64_t>& values) {
  if (named_.contains(name)) return name;
  std::vector<int32_t> halves;
  for (const int64_t value : values) {
    halves.push_back(static_cast<int32_t>(value));
    halves.push_back(value < 0 ? -1 : 0);
  }
  const auto count = static_cast<int64_t>(values.size());
  initializer(int32_constant(name, {count, 2}, std::move(halves)));
  onnx::Tensor& tensor = *network_.model.mutable_graph()->mutable_constants()->rbegin();
  tensor.set_type(onnx::INT64);
  tensor.clear_dims();
  tensor.add_dims(count);
  return name;
}

std::string OnnxTarget::in_order(Id x, Order order) {
  if (!status().ok()) return {};
  const Shape own = shape(x);
  Names& names = this->names(x);
  std::string& name = order == Order::kOurs ? names.ours : names.channels_first;
  if (!name.empty() || own.rank() != 4) return name.empty() ? names.ours : name;
  const bool to_ours = order == Order::kOurs;
  const std::string& from = to_ours ? names.channels_first : names.ours;
  name = from + (to_ours ? ".nhwc" : ".nchw");
  if (orders_agree(own)) {
    const Shape seen = to_ours ? own : channels_first(own);
    node("Reshape", {from, integers(name + ".shape", dims_of(seen))}, name);
  } else {
    set(node("Transpose", {from}, name), "perm",
        to_ours ? std::vector<int64_t>{0, 2, 3, 1} : std::vector<int64_t>{0, 3, 1, 2});
  }
  return name;
}

std::string OnnxTarget::operand(Id x, Order order, int rank) {
  const Shape& own = values_[static_cast<size_t>(x)].shape;
  const bool spreads_over_channels = own.rank() == 1 && own[0] > 1 && rank == 4;
  if (order == Order::kOurs || !spreads_over_channels) return in_order(x, order);
  std::string name = names(x).ours + ".column";
  if (named_.insert(name).second) {
    const std::string shape = integers(name + ".shape", {own[0], 1, 1});
    node("Reshape", {names(x).ours, shape}, name);
  }
  return name;
}

Id OnnxTarget::input(const std::string& name, const Shape& shape, graph::ValueType type) {
  const bool map = shape.rank() == 4;
  describe(name, map ? channels_first(shape) : shape, type.dtype,
           *network_.model.mutable_graph()->add_inputs());
  std::string seen = name;
  if (type.dtype != DType::kF32) {
    std::vector<std::string> operands = scale_of(type);
    operands.insert(operands.begin(), name);
    seen = name + ".f32";
    node("DequantizeLinear", operands, seen);
  }
  return add(shape, map ? Order::kChannelsFirst : Order::kOurs, seen, type);
}

void OnnxTarget::rename(const std::string& from, const std::string& to) {
  for (onnx::Node& node : *network_.model.mutable_graph()->mutable_nodes()) {
    if (node.name() == from) node.set_name(to);
    for (std::string& input : *node.mutable_inputs()) input = input == from ? to : input;
    for (std::string& output : *node.mutable_outputs()) output = output == from ? to : output;
  }
}

// The value that an app asks for bears the name, in ONNX's order; the same in ours gives it up.
void OnnxTarget::output(const std::string& name, Id x, graph::ValueType type) {
  if (!status().ok()) return;
  const Shape own = shape(x);
  Names& names = this->names(x);
  const bool map = own.rank() == 4;
  describe(name, map ? channels_first(own) : own, type.dtype,
           *network_.model.mutable_graph()->add_outputs());
  if (type.dtype != DType::kF32) {
    const std::string wide = name + ".f32";
    rename(name, wide);
    if (names.ours == name) names.ours = wide;
    if (names.channels_first == name) names.channels_first = wide;
    rounded(name, in_order(x, Order::kChannelsFirst), type);
    return;
  }
  if (own.rank() == 4 && names.ours == name) {
    names.ours = name + ".nhwc";
    rename(name, names.ours);
  }
  const std::string from = in_order(x, Order::kChannelsFirst);
  if (!produced_.contains(from)) {
    node("Identity", {from}, name);
  } else if (from != name) {
    rename(from, name);
    (names.ours == from ? names.ours : names.channels_first) = name;
  }
}

Id OnnxTarget::constant(const std::string& name, const Shape& shape, std::vector<float> values) {
  return add(shape, Order::kOurs, initializer(f32_constant(name, shape, std::move(values))));
}

Id OnnxTarget::parameter(const graph::Tensor& constant) {
  std::vector<int> order(static_cast<size_t>(constant.shape.rank()));
  std::iota(order.begin(), order.end(), 0);
  const bool narrow = constant.shape.rank() > 1 && precision_ == WeightPrecision::kF16;
  return add(constant.shape, Order::kOurs,
             narrow ? weight(constant, order, constant.shape) : vector(constant));
}

// Narrow weights are quantised row by row as we have them, then put into ONNX's order.
std::string OnnxTarget::weight(const graph::Tensor& constant, const std::vector<int>& order,
                               const Shape& shape) {
  if (precision_ == WeightPrecision::kF32 || stays_wide(constant)) {
    return initializer(reshaped(permuted(widened(constant), order), shape));
  }
  std::string name = constant.name + ".f32";
  if (!named_.insert(name).second) return name;
  if (precision_ == WeightPrecision::kF16) {
    const std::string half = initializer(reshaped(permuted(halved(constant), order), shape));
    set(node("Cast", {half}, name), "to", int64_t{onnx::FLOAT});
    return name;
  }
  auto rows = quantised_rows(constant);
  if (!rows.ok()) {
    fail(rows.status());
    return name;
  }
  const auto count = static_cast<int64_t>(rows->scale.size());
  const std::string stored = initializer(reshaped(permuted(rows->values, order), shape));
  const std::string scale =
      initializer(f32_constant(constant.name + ".scale", {count}, std::move(rows->scale)));
  int64_t axis = 0;
  while (order[static_cast<size_t>(axis)] != 0) ++axis;
  set(node("DequantizeLinear", {stored, scale}, name), "axis", axis);
  return name;
}

Id OnnxTarget::with_relu(const std::string& name, const Shape& shape, Order order, bool relu) {
  if (relu) node("Relu", {before_relu(name, true)}, name);
  return add(shape, order, name);
}

Id OnnxTarget::convolution(const std::string& name, Id x, const std::string& filter,
                           const std::string& bias, const Shape& out, Window window, int64_t groups,
                           bool relu) {
  std::vector<std::string> inputs = {in_order(x, Order::kChannelsFirst), filter};
  if (!bias.empty()) inputs.push_back(bias);
  onnx::Node& conv = node("Conv", inputs, before_relu(name, relu));
  const int64_t pad = window.pad, stride = window.stride;
  set(conv, "pads", std::vector<int64_t>{pad, pad, pad, pad});
  set(conv, "strides", std::vector<int64_t>{stride, stride});
  if (groups > 1) set(conv, "group", groups);
  return with_relu(name, out, Order::kChannelsFirst, relu);
}

Id OnnxTarget::conv2d(const std::string& name, Id x, const graph::Tensor& filter,
                      const graph::Tensor* bias, Window window, bool relu, bool /*exact*/) {
  const Shape in = shape(x), f = filter.shape;
  const auto extent = [&](int axis) {
    return (in[axis] + 2 * window.pad - f[axis]) / window.stride + 1;
  };
  return convolution(name, x, weight(filter, {0, 3, 1, 2}, {f[0], f[3], f[1], f[2]}), bias_of(bias),
                     {in[0], extent(1), extent(2), f[0]}, window, 1, relu);
}

Id OnnxTarget::depthwise(const std::string& name, Id x, const graph::Tensor& filter,
                         const graph::Tensor* bias, int pad) {
  if (type(x).dtype != DType::kF32) x = dequantize(name + ".real", x);
  const Shape in = shape(x), f = filter.shape;
  // The row of a channel, for its scale, is the last axis as we have it.
  const graph::Tensor by_channel = permuted(filter, {2, 0, 1});
  const std::string w = weight(by_channel, {0, 1, 2}, {f[2], 1, f[0], f[1]});
  const Shape out{in[0], in[1] + 2 * pad - f[0] + 1, in[2] + 2 * pad - f[1] + 1, in[3]};
  return convolution(name, x, w, bias_of(bias), out, {.pad = pad}, f[2], false);
}

// A 1x1 convolution of a map in ONNX's order; a product of matrices of one in ours.
Id OnnxTarget::linear(const std::string& name, Id x, const graph::Tensor& w,
                      const graph::Tensor* bias, bool relu, bool /*exact*/) {
  const Shape in = shape(x), f = w.shape;
  const Shape out = with_extent(in, in.rank() - 1, f[0]);
  if (status().ok() && is_map(x) && order_of(x) == Order::kChannelsFirst) {
    return convolution(name, x, weight(w, {0, 1}, {f[0], f[1], 1, 1}), bias_of(bias), out, {}, 1,
                       relu);
  }
  const std::string result = before_relu(name, relu);
  const std::string product = bias == nullptr ? result : name + ".product";
  node("MatMul", {in_order(x, Order::kOurs), weight(w, {1, 0}, {f[1], f[0]})}, product);
  if (bias != nullptr) node("Add", {product, vector(*bias)}, result);
  return with_relu(name, out, Order::kOurs, relu);
}

Id OnnxTarget::matmul(const std::string& name, Id a, Id b, bool transpose_b) {
  const Shape left = shape(a), right = shape(b);
  std::string second = in_order(b, Order::kOurs);
  if (transpose_b) {
    set(node("Transpose", {second}, name + ".right"), "perm", std::vector<int64_t>{0, 2, 1});
    second = name + ".right";
  }
  node("MatMul", {in_order(a, Order::kOurs), second}, name);
  return add({left[0], left[1], right[transpose_b ? 1 : 2]}, Order::kOurs, name);
}

Id OnnxTarget::unary(const std::string& name, Unary kind, Id x) {
  if (!status().ok()) return 0;
  static constexpr std::array<const char*, 9> kOps = {"Relu", "Tanh", "Sigmoid", "",     "Sqrt",
                                                      "Exp",  "Log",  "Ceil",    "Round"};
  const Order order = order_of(x);
  const Shape out = shape(x);
  const std::string from = in_order(x, order);
  if (kind != Unary::kGelu) {
    node(kOps[static_cast<size_t>(kind)], {from}, name);
    return add(out, order, name);
  }
  // x (1 + erf(x / sqrt 2)) / 2, in the order of ops that runtimes know as GELU.
  const auto number = [&](const char* what, float value) {
    return initializer(f32_constant(name + what, {1}, {value}));
  };
  node("Div", {from, number(".root_of_2", std::sqrt(2.0f))}, name + ".scaled");
  node("Erf", {name + ".scaled"}, name + ".erf");
  node("Add", {name + ".erf", number(".one", 1.0f)}, name + ".above");
  node("Mul", {from, name + ".above"}, name + ".twice");
  node("Mul", {name + ".twice", number(".half", 0.5f)}, name);
  return add(out, order, name);
}

Id OnnxTarget::binary(const std::string& name, Binary kind, Id a, Id b, bool relu) {
  auto out = broadcast_shape(shape(a), shape(b));
  if (!out.ok()) fail(out.status().with_context(name));
  if (!status().ok()) return 0;
  static constexpr std::array<const char*, 6> kOps = {"Add", "Sub", "Mul", "Div", "Max", "Min"};
  const Order order = out->rank() != 4 ? Order::kOurs : order_of(is_map(a) ? a : b);
  const int rank = out->rank();
  node(kOps[static_cast<size_t>(kind)], {operand(a, order, rank), operand(b, order, rank)},
       before_relu(name, relu));
  return with_relu(name, *out, order, relu);
}

Id OnnxTarget::reduce(const std::string& name, Reduction kind, Id x, const std::vector<int>& axes) {
  if (!status().ok()) return 0;
  const Order order = order_of(x);
  Shape out = shape(x);
  std::vector<int64_t> where;
  for (const int axis : axes) {
    where.push_back(order == Order::kOurs ? axis : channels_first_axis(axis));
    out = with_extent(out, axis, 1);
  }
  const std::string from = in_order(x, order);
  if (kind == Reduction::kMean) {
    set(node("ReduceMean", {from}, name), "axes", where);
  } else {
    node("ReduceSum", {from, integers(name + ".axes", where)}, name);
  }
  return add(out, order, name);
}

Id OnnxTarget::softmax(const std::string& name, Id x) {
  const std::string from = in_order(x, Order::kOurs);
  set(node("Softmax", {from}, name), "axis", int64_t{-1});
  return add(shape(x), Order::kOurs, name);
}

Id OnnxTarget::layer_norm(const std::string& name, Id x, const graph::Tensor& gamma,
                          const graph::Tensor& beta, float epsilon) {
  network_.model.set_format_version(kLayerNormFormat);
  network_.model.mutable_op_sets(0)->set_version(kLayerNormOpSet);
  onnx::Node& norm =
      node("LayerNormalization", {in_order(x, Order::kOurs), vector(gamma), vector(beta)}, name);
  set(norm, "axis", int64_t{-1});
  set(norm, "epsilon", epsilon);
  return add(shape(x), Order::kOurs, name);
}

Id OnnxTarget::reshape(const std::string& name, Id x, const Shape& shape) {
  node("Reshape", {in_order(x, Order::kOurs), integers(name + ".shape", dims_of(shape))}, name);
  return add(shape, Order::kOurs, name, type(x));
}

Id OnnxTarget::transpose(const std::string& name, Id x, const std::vector<int>& order) {
  const Shape in = shape(x);
  std::vector<int64_t> dims(order.size());
  for (size_t i = 0; i < order.size(); ++i) dims[i] = in[order[i]];
  set(node("Transpose", {in_order(x, Order::kOurs)}, name), "perm",
      std::vector<int64_t>(order.begin(), order.end()));
  return add(Shape(std::move(dims)), Order::kOurs, name, type(x));
}

Id OnnxTarget::slice(const std::string& name, Id x, int axis, int64_t begin, int64_t end) {
  if (!status().ok()) return 0;
  const Order order = order_of(x);
  const int64_t where = order == Order::kOurs ? axis : channels_first_axis(axis);
  const std::string from = in_order(x, order);
  const std::string first = integers(name + ".begin", {begin});
  const std::string last = integers(name + ".end", {end});
  node("Slice", {from, first, last, integers(name + ".axis", {where})}, name);
  return add(with_extent(shape(x), axis, end - begin), order, name, type(x));
}

Id OnnxTarget::concat(const std::string& name, const std::vector<Id>& parts, int axis) {
  if (!status().ok()) return 0;
  const Order order = order_of(parts[0]);
  std::vector<std::string> names;
  int64_t extent = 0;
  for (const Id part : parts) {
    names.push_back(in_order(part, order));
    extent += shape(part)[axis];
  }
  set(node("Concat", names, name), "axis",
      order == Order::kOurs ? int64_t{axis} : channels_first_axis(axis));
  return add(with_extent(shape(parts[0]), axis, extent), order, name, type(parts[0]));
}

Id OnnxTarget::resize_bilinear(const std::string& name, Id x, int height, int width) {
  const Shape in = shape(x);
  const std::string from = in_order(x, Order::kChannelsFirst);
  const std::string size = integers(name + ".size", {in[0], in[3], height, width});
  onnx::Node& resize = node("Resize", {from, "", "", size}, name);
  set(resize, "mode", "linear");
  set(resize, "coordinate_transformation_mode", "half_pixel");
  return add({in[0], height, width, in[3]}, Order::kChannelsFirst, name);
}

Id OnnxTarget::space_to_depth(const std::string& name, Id x, int block) {
  const Shape in = shape(x);
  const int64_t b = block;
  set(node("SpaceToDepth", {in_order(x, Order::kChannelsFirst)}, name), "blocksize", b);
  return add({in[0], in[1] / b, in[2] / b, in[3] * b * b}, Order::kChannelsFirst, name, type(x));
}

Id OnnxTarget::depth_to_space(const std::string& name, Id x, int block) {
  const Shape in = shape(x);
  const int64_t b = block;
  set(node("DepthToSpace", {in_order(x, Order::kChannelsFirst)}, name), "blocksize", b);
  return add({in[0], in[1] * b, in[2] * b, in[3] / (b * b)}, Order::kChannelsFirst, name, type(x));
}

}  // namespace vseal::formats
