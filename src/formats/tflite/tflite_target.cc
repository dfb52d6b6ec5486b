#include "formats/tflite/tflite_target.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace vseal::formats::tflite {
namespace {

using graph::DType;
using graph::Shape;
using graph::ValueType;
using Id = Target::Id;

constexpr int64_t kMostDepthwiseTaps = 25;  // of XNNPACK's fast depthwise kernels

TensorType stored_type(DType dtype) {
  switch (dtype) {
    case DType::kF32:
      return TensorType::Float32;
    case DType::kF16:
      return TensorType::Float16;
    case DType::kBF16:
      break;  // widened before it is stored
    case DType::kI8:
      return TensorType::Int8;
    case DType::kU8:
      return TensorType::UInt8;
    case DType::kI32:
      return TensorType::Int32;
  }
  return TensorType::Float32;
}

std::vector<int32_t> to_int32(const Shape& shape) {
  return {shape.dims().begin(), shape.dims().end()};
}

FusedActivation fused(bool relu) { return relu ? FusedActivation::Relu : FusedActivation::None; }

template <typename T>
OptionsUnion options_of(T options) {
  OptionsUnion result;
  result.Set(std::move(options));
  return result;
}

template <typename T>
OptionsUnion with_activation(bool relu) {
  T options;
  options.activation = fused(relu);
  return options_of(std::move(options));
}

Shape with_extent(const Shape& shape, int axis, int64_t extent) {
  std::vector<int64_t> dims(shape.dims().begin(), shape.dims().end());
  dims[static_cast<size_t>(axis)] = extent;
  return Shape(std::move(dims));
}

}  // namespace

TfliteTarget::TfliteTarget(std::string name, WeightPrecision precision) : precision_(precision) {
  ModelT& model = network_.model;
  model.version = 3;
  model.subgraphs.push_back(std::make_unique<SubGraphT>());
  graph().name = std::move(name);
  model.signatures.push_back(std::make_unique<SignatureT>());
  model.signatures[0]->key = "serving_default";
  network_.contents.emplace_back();
}

Result<Network> TfliteTarget::finish() {
  VSEAL_RETURN_IF_ERROR(status());
  return std::move(network_);
}

Id TfliteTarget::add_tensor(const std::string& name, const ValueType& type, const Shape& shape) {
  auto tensor = std::make_unique<TensorT>();
  tensor->name = name;
  tensor->type = stored_type(type.dtype);
  tensor->shape = to_int32(shape);
  if (type.dtype == DType::kI8 || type.dtype == DType::kU8) {
    tensor->quantization = quantization_of({type.scale}, {type.zero_point});
  }
  graph().tensors.push_back(std::move(tensor));
  shapes_.push_back(shape);
  types_.push_back(type);
  return static_cast<Id>(shapes_.size()) - 1;
}

Id TfliteTarget::add_contents(const graph::Tensor& constant) {
  const Id id = add_tensor(constant.name, {constant.dtype}, constant.shape);
  tensor(id).quantization = nullptr;
  tensor(id).buffer = static_cast<uint32_t>(network_.contents.size());
  network_.contents.push_back(constant);
  return id;
}

Id TfliteTarget::numbers(const std::string& name, const Shape& shape, std::vector<int32_t> values) {
  return add_contents(int32_constant(name, shape, std::move(values)));
}

uint32_t TfliteTarget::code_index(Code code, int version) {
  const auto [found, is_new] =
      codes_.try_emplace({code, version}, static_cast<uint32_t>(codes_.size()));
  if (is_new) {
    auto entry = std::make_unique<OperatorCodeT>();
    // Readers of old look at a byte; the larger of both counts.
    entry->short_code = static_cast<int8_t>(std::min(static_cast<int>(code), 127));
    entry->code = code;
    entry->version = version;
    network_.model.operator_codes.push_back(std::move(entry));
  }
  return found->second;
}

Id TfliteTarget::op(Code code, OptionsUnion options, std::vector<Id> inputs,
                    const std::string& name, const Shape& shape, const ValueType& type) {
  if (!status().ok()) return 0;
  OpTypes types{.input = tensor(inputs[0]).type};
  if (inputs.size() > 1) {
    const TensorT& weight = tensor(inputs[1]);
    types.weight = weight.type;
    types.row_scaled = weight.quantization != nullptr && weight.quantization->scale.size() > 1;
  }
  const int version = lowest_version(code, types, options);
  if (version == 0)
    fail(internal_error(fmt::format("[tflite {}] types of {}", name, EnumNameCode(code))));
  const Id y = add_tensor(name, type, shape);
  auto made = std::make_unique<OperatorT>();
  made->code_index = code_index(code, version);
  made->inputs = std::move(inputs);
  made->outputs = {y};
  made->options = std::move(options);
  graph().operators.push_back(std::move(made));
  return y;
}

Id TfliteTarget::moving_op(Code code, OptionsUnion options, std::vector<Id> inputs,
                           const std::string& name, const Shape& shape) {
  const ValueType kept = type(inputs[0]);
  return op(code, std::move(options), std::move(inputs), name, shape, kept);
}

Id TfliteTarget::input(const std::string& name, const Shape& shape, ValueType type) {
  const Id id = add_tensor(name, type, shape);
  graph().inputs.push_back(id);
  auto named = std::make_unique<NamedTensorT>();
  named->name = name;
  named->tensor = static_cast<uint32_t>(id);
  network_.model.signatures[0]->inputs.push_back(std::move(named));
  return id;
}

void TfliteTarget::output(const std::string& name, Id x, ValueType type) {
  if (type.dtype != DType::kF32) x = quantize(name, x, type);
  if (!status().ok()) return;
  tensor(x).name = name;
  graph().outputs.push_back(x);
  auto named = std::make_unique<NamedTensorT>();
  named->name = name;
  named->tensor = static_cast<uint32_t>(x);
  network_.model.signatures[0]->outputs.push_back(std::move(named));
}

Id TfliteTarget::constant(const std::string& name, const Shape& shape, std::vector<float> values) {
  return add_contents(f32_constant(name, shape, std::move(values)));
}

Id TfliteTarget::parameter(const graph::Tensor& constant) {
  if (precision_ == WeightPrecision::kF32 || stays_wide(constant)) {
    return add_contents(widened(constant));
  }
  const Id half = add_contents(halved(constant));
  return op(Code::Dequantize, {}, {half}, constant.name + ".f32", constant.shape);
}

// A filter whose first axis is that of the output channels. In files of integers all but exact ones
// are i8, in dynamic ones those with enough values to gain.
Id TfliteTarget::filter(const graph::Tensor& constant, bool exact) {
  const bool is_i8 = precision_ == WeightPrecision::kDynamic
                         ? !stays_wide(constant)
                         : precision_ == WeightPrecision::kInt8 && !exact;
  if (!is_i8) return parameter(constant);
  auto rows = quantised_rows(constant);
  if (!rows.ok()) {
    fail(rows.status());
    return 0;
  }
  return scaled_rows(rows->values, std::move(rows->scale));
}

Id TfliteTarget::scaled_rows(const graph::Tensor& stored, std::vector<float> scale) {
  const Id id = add_contents(stored);
  std::vector<int64_t> zeros(scale.size(), 0);
  tensor(id).quantization = quantization_of(std::move(scale), std::move(zeros));
  return id;
}

Id TfliteTarget::bias_or_zeros(const std::string& name, const graph::Tensor* bias,
                               int64_t channels) {
  if (bias != nullptr) return add_contents(widened(*bias));
  return constant(name + ".no_bias", {channels}, std::vector<float>(static_cast<size_t>(channels)));
}

Id TfliteTarget::padded(const std::string& name, Id x, int pad) {
  const Shape in = shape(x);
  const Shape out{in[0], in[1] + 2 * pad, in[2] + 2 * pad, in[3]};
  const Id amounts = numbers(name + ".amounts", {4, 2}, {0, 0, pad, pad, pad, pad, 0, 0});
  return moving_op(Code::Pad, options_of(PadOptionsT()), {x, amounts}, name, out);
}

Id TfliteTarget::window_conv(const std::string& name, Id x, Id filter, Id bias, int stride,
                             PaddingKind padding, bool relu, const ValueType& type) {
  const Shape in = shape(x), window = shape(filter);
  const auto extent = [&](int axis) {
    const int64_t room = padding == PaddingKind::Same ? in[axis] : in[axis] - window[axis] + 1;
    return (room + stride - 1) / stride;
  };
  Conv2DOptionsT options;
  options.padding = padding;
  options.stride_width = options.stride_height = stride;
  options.activation = fused(relu);
  return op(Code::Conv2D, options_of(options), {x, filter, bias}, name,
            {in[0], extent(1), extent(2), window[0]}, type);
}

// SAME is zeros on all sides alike only at stride 1; elsewhere the zeros are an op of their own. A
// window of two rows sees a row of zeros below the map.
Id TfliteTarget::conv2d(const std::string& name, Id x, const graph::Tensor& weight,
                        const graph::Tensor* bias, Window window, bool relu, bool exact) {
  const bool same = is_same_padding(weight.shape, window);
  if (window.pad > 0 && !same) x = padded(name + ".padded", x, window.pad);
  const bool twice = precision_ == WeightPrecision::kInt8 && !exact &&
                     is_pixelwise(weight.shape, window) && weight.shape.elements() <= kFewProducts;
  const graph::Tensor seen = twice ? with_second_row(weight) : weight;
  const Id w = filter(seen, exact);
  const Id b = bias_or_zeros(name, bias, weight.shape[0]);
  return window_conv(name, x, w, b, window.stride, same ? PaddingKind::Same : PaddingKind::Valid,
                     relu);
}

// In bands of rows of at most 25 taps, summed: a window of 49 taps falls out of XNNPACK's depthwise
// kernels into one general convolution a channel, which is several times slower.
Id TfliteTarget::depthwise(const std::string& name, Id x, const graph::Tensor& weight,
                           const graph::Tensor* bias, int pad) {
  const int64_t rows = weight.shape[0], columns = weight.shape[1], channels = weight.shape[2];
  const int64_t band = std::clamp<int64_t>(kMostDepthwiseTaps / columns, 1, rows);
  if (pad > 0) x = padded(name + ".padded", x, pad);
  const Shape in = shape(x);
  const int64_t height = in[1] - rows + 1;
  Id sum = 0;
  for (int64_t begin = 0; begin < rows; begin += band) {
    const int64_t taken = std::min(band, rows - begin);
    const bool first = begin == 0, last = begin + taken == rows;
    const std::string part = first && last ? name : fmt::format("{}.band{}", name, begin);
    // Of integers the bands are cut out before they are made wide.
    Id seen = first && last ? x : slice(part + ".rows", x, 1, begin, begin + height + taken - 1);
    if (type(seen).dtype != DType::kF32) seen = dequantize(part + ".rows.f32", seen);
    const Id w =
        parameter(reshaped(leading(weight, begin, begin + taken), {1, taken, columns, channels}));
    const Id b = bias_or_zeros(part, first ? bias : nullptr, channels);
    DepthwiseConv2DOptionsT options;
    options.padding = PaddingKind::Valid;
    options.stride_width = options.stride_height = options.multiplier = 1;
    const Id y = op(Code::DepthwiseConv2D, options_of(options), {seen, w, b}, part,
                    {in[0], height, in[2] - columns + 1, channels});
    sum = first ? y : binary(last ? name : part + ".sum", Binary::kAdd, sum, y, false);
  }
  return sum;
}

// As a 1x1 convolution, whose weights every runtime takes with a scale for each row. A message's
// +1 and -1 lie on a scale of 255 steps from -1 to 1 at neither; with -128/127 beside them they do.
Id TfliteTarget::linear(const std::string& name, Id x, const graph::Tensor& weight,
                        const graph::Tensor* bias, bool relu, bool exact) {
  const int64_t out = weight.shape[0];
  const Shape in = shape(x);
  const bool map = in.rank() == 4;
  const bool message = !map && !exact && precision_ == WeightPrecision::kInt8 && in[0] == 1 &&
                       std::ranges::count(graph().inputs, x) > 0;
  if (!map) x = reshape(name + ".map", x, {in.elements() / weight.shape[1], 1, 1, weight.shape[1]});
  if (message) {
    const Id ends = constant(name + ".ends", {1, 1, 1, kEnds}, {-128.0f / 127, 1.0f});
    x = concat(name + ".whole_range", {x, ends}, 3);
  }
  const graph::Tensor seen =
      reshaped(message ? with_zeros(weight, kEnds) : weight, {out, 1, 1, shape(x)[3]});
  const Id w = filter(seen, exact);
  const Id b = bias_or_zeros(name, bias, out);
  const Id y = window_conv(map ? name : name + ".conv", x, w, b, 1, PaddingKind::Valid, relu);
  return map ? y : reshape(name, y, with_extent(in, in.rank() - 1, out));
}

Id TfliteTarget::matmul(const std::string& name, Id a, Id b, bool transpose_b) {
  const Shape left = shape(a), right = shape(b);
  BatchMatMulOptionsT options;
  options.transpose_right = transpose_b;
  return op(Code::BatchMatMul, options_of(options), {a, b}, name,
            {left[0], left[1], right[transpose_b ? 1 : 2]});
}

Id TfliteTarget::unary(const std::string& name, Unary kind, Id x) {
  const Shape out = shape(x);
  switch (kind) {
    case Unary::kRelu:
      return op(Code::Relu, {}, {x}, name, out);
    case Unary::kTanh:
      return op(Code::Tanh, {}, {x}, name, out);
    case Unary::kSigmoid:
      return op(Code::Logistic, {}, {x}, name, out);
    case Unary::kGelu:
      return op(Code::Gelu, options_of(GeluOptionsT()), {x}, name, out);
    case Unary::kSqrt:
      return op(Code::Sqrt, {}, {x}, name, out);
    case Unary::kExp:
      return op(Code::Exp, {}, {x}, name, out);
    case Unary::kLog:
      return op(Code::Log, {}, {x}, name, out);
    case Unary::kCeil:
      return op(Code::Ceil, {}, {x}, name, out);
    case Unary::kRound:
      return op(Code::Round, {}, {x}, name, out);
  }
  return x;
}

Id TfliteTarget::binary(const std::string& name, Binary kind, Id a, Id b, bool relu) {
  auto out = broadcast_shape(shape(a), shape(b));
  if (!out.ok()) {
    fail(out.status().with_context(name));
    return 0;
  }
  const std::vector<Id> inputs = {a, b};
  switch (kind) {
    case Binary::kAdd:
      return op(Code::Add, with_activation<AddOptionsT>(relu), inputs, name, *out);
    case Binary::kSub:
      return op(Code::Sub, with_activation<SubOptionsT>(relu), inputs, name, *out);
    case Binary::kMul:
      return op(Code::Mul, with_activation<MulOptionsT>(relu), inputs, name, *out);
    case Binary::kDiv:
      return op(Code::Div, with_activation<DivOptionsT>(relu), inputs, name, *out);
    case Binary::kMax:
      return op(Code::Maximum, {}, inputs, name, *out);
    case Binary::kMin:
      return op(Code::Minimum, {}, inputs, name, *out);
  }
  return a;
}

Id TfliteTarget::reduce(const std::string& name, Reduction kind, Id x,
                        const std::vector<int>& axes) {
  Shape out = shape(x);
  for (const int axis : axes) out = with_extent(out, axis, 1);
  const Id list = numbers(name + ".axes", {static_cast<int64_t>(axes.size())},
                          std::vector<int32_t>(axes.begin(), axes.end()));
  ReducerOptionsT options;
  options.keep_dims = true;
  const Code code = kind == Reduction::kMean ? Code::Mean : Code::Sum;
  return op(code, options_of(options), {x, list}, name, out);
}

Id TfliteTarget::softmax(const std::string& name, Id x) {
  SoftmaxOptionsT options;
  options.beta = 1.0f;
  return op(Code::Softmax, options_of(options), {x}, name, shape(x));
}

Id TfliteTarget::layer_norm(const std::string& name, Id x, const graph::Tensor& gamma,
                            const graph::Tensor& beta, float epsilon) {
  const std::vector<int> last = {shape(x).rank() - 1};
  const Id mean = reduce(name + ".mean", Reduction::kMean, x, last);
  const Id centred = binary(name + ".centred", Binary::kSub, x, mean, false);
  const Id squares = binary(name + ".squares", Binary::kMul, centred, centred, false);
  const Id variance = reduce(name + ".variance", Reduction::kMean, squares, last);
  const Id bounded = binary(name + ".bounded", Binary::kAdd, variance,
                            constant(name + ".epsilon", {1}, {epsilon}), false);
  const Id factor = op(Code::Rsqrt, {}, {bounded}, name + ".factor", shape(bounded));
  const Id unit = binary(name + ".unit", Binary::kMul, centred, factor, false);
  const Id scaled = binary(name + ".scaled", Binary::kMul, unit, parameter(gamma), false);
  return binary(name, Binary::kAdd, scaled, parameter(beta), false);
}

Id TfliteTarget::reshape(const std::string& name, Id x, const Shape& shape) {
  const std::vector<int32_t> dims = to_int32(shape);
  ReshapeOptionsT options;
  options.shape = dims;
  const Id target = numbers(name + ".shape", {shape.rank()}, dims);
  return moving_op(Code::Reshape, options_of(std::move(options)), {x, target}, name, shape);
}

Id TfliteTarget::transpose(const std::string& name, Id x, const std::vector<int>& order) {
  const Shape in = shape(x);
  std::vector<int64_t> dims(order.size());
  for (size_t i = 0; i < order.size(); ++i) dims[i] = in[order[i]];
  const Id axes = numbers(name + ".order", {static_cast<int64_t>(order.size())},
                          std::vector<int32_t>(order.begin(), order.end()));
  return moving_op(Code::Transpose, options_of(TransposeOptionsT()), {x, axes}, name,
                   Shape(std::move(dims)));
}

Id TfliteTarget::slice(const std::string& name, Id x, int axis, int64_t begin, int64_t end) {
  const Shape out = with_extent(shape(x), axis, end - begin);
  std::vector<int32_t> first(static_cast<size_t>(out.rank()), 0);
  first[static_cast<size_t>(axis)] = static_cast<int32_t>(begin);
  const Id from = numbers(name + ".begin", {out.rank()}, std::move(first));
  const Id size = numbers(name + ".size", {out.rank()}, to_int32(out));
  return moving_op(Code::Slice, options_of(SliceOptionsT()), {x, from, size}, name, out);
}

Id TfliteTarget::concat(const std::string& name, const std::vector<Id>& parts, int axis) {
  int64_t extent = 0;
  for (const Id part : parts) extent += shape(part)[axis];
  ConcatenationOptionsT options;
  options.axis = axis;
  return moving_op(Code::Concatenation, options_of(options), parts, name,
                   with_extent(shape(parts[0]), axis, extent));
}

Id TfliteTarget::resize_bilinear(const std::string& name, Id x, int height, int width) {
  ResizeBilinearOptionsT options;
  options.half_pixel_centers = true;
  const Id size = numbers(name + ".size", {2}, {height, width});
  return op(Code::ResizeBilinear, options_of(options), {x, size}, name,
            {shape(x)[0], height, width, shape(x)[3]});
}

Id TfliteTarget::space_to_depth(const std::string& name, Id x, int block) {
  const Shape in = shape(x);
  SpaceToDepthOptionsT options;
  options.block = block;
  return moving_op(Code::SpaceToDepth, options_of(options), {x}, name,
                   {in[0], in[1] / block, in[2] / block, in[3] * block * block});
}

Id TfliteTarget::depth_to_space(const std::string& name, Id x, int block) {
  const Shape in = shape(x);
  DepthToSpaceOptionsT options;
  options.block = block;
  return moving_op(Code::DepthToSpace, options_of(options), {x}, name,
                   {in[0], in[1] * block, in[2] * block, in[3] / (block * block)});
}

}  // namespace vseal::formats::tflite
