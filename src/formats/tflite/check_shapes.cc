// What each op takes, and the shape of what it gives.
#include <fmt/format.h>

#include <algorithm>

#include "formats/lowering/target.h"
#include "formats/tflite/checked_model.h"
#include "formats/tflite/versions.h"

namespace vseal::formats::tflite {
namespace {

using graph::Shape;

constexpr TensorType kF32 = TensorType::Float32;
constexpr TensorType kI8 = TensorType::Int8;
constexpr TensorType kU8 = TensorType::UInt8;

struct Arity {
  size_t least;
  size_t most;
};

Arity arity(Code code) {
  switch (code) {
    case Code::Conv2D:
    case Code::DepthwiseConv2D:
    case Code::Slice:
      return {3, 3};
    case Code::FullyConnected:
      return {2, 3};
    case Code::Concatenation:
      return {1, SIZE_MAX};
    case Code::Add:
    case Code::Sub:
    case Code::Mul:
    case Code::Div:
    case Code::Maximum:
    case Code::Minimum:
    case Code::Reshape:
    case Code::ResizeBilinear:
    case Code::Pad:
    case Code::Gather:
    case Code::Transpose:
    case Code::Mean:
    case Code::Sum:
    case Code::BatchMatMul:
    case Code::BroadcastTo:
      return {2, 2};
    default:
      return {1, 1};
  }
}

bool reads_list(Code code) {
  switch (code) {
    case Code::Reshape:
    case Code::ResizeBilinear:
    case Code::Pad:
    case Code::Transpose:
    case Code::Mean:
    case Code::Sum:
    case Code::BroadcastTo:
    case Code::Slice:
      return true;
    default:
      return false;
  }
}

Status rank_fault(const SeenOp& op, const char* expected) {
  return op.fault("shape", expected, op.x(0).shape.text());
}

int64_t window_extent(int64_t in, int64_t window, int stride, int dilation, PaddingKind padding) {
  const int64_t reach = (window - 1) * dilation + 1;
  const int64_t room = padding == PaddingKind::Same ? in : in - reach + 1;
  return (room + stride - 1) / stride;
}

template <typename Options>
Result<Shape> window_shape(const SeenOp& op, const Options* options, int64_t channels) {
  if (options == nullptr) return op.fault("options", "some", "none");
  const Shape& in = op.x(0).shape;
  const Shape& filter = op.x(1).shape;
  if (options->stride_width() < 1 || options->stride_height() < 1 ||
      options->dilation_width() < 1 || options->dilation_height() < 1) {
    return op.fault("stride and dilation", "at least 1", "less");
  }
  return Shape{in[0],
               window_extent(in[1], filter[1], options->stride_height(), options->dilation_height(),
                             options->padding()),
               window_extent(in[2], filter[2], options->stride_width(), options->dilation_width(),
                             options->padding()),
               channels};
}

Result<Shape> convolution(const SeenOp& op) {
  const Shape& in = op.x(0).shape;
  const Shape& filter = op.x(1).shape;
  if (in.rank() != 4 || filter.rank() != 4) return rank_fault(op, "maps and filters of rank 4");
  const bool depthwise = op.code == Code::DepthwiseConv2D;
  if (filter[3] != in[3]) {
    return op.fault("filter", fmt::format("{} channels", in[3]), filter.text());
  }
  const int64_t channels = depthwise ? filter[3] : filter[0];
  if (op.x(2).shape != Shape{channels}) {
    return op.fault("bias", fmt::format("[{}]", channels), op.x(2).shape.text());
  }
  if (!depthwise) return window_shape(op, op.table->options_as_Conv2DOptions(), channels);
  const auto* options = op.table->options_as_DepthwiseConv2DOptions();
  if (filter[0] != 1 || options == nullptr || options->multiplier() != 1) {
    return op.fault("filter", "one a channel", filter.text());
  }
  return window_shape(op, options, channels);
}

Result<Shape> fully_connected(const SeenOp& op) {
  const Shape& in = op.x(0).shape;
  const Shape& weight = op.x(1).shape;
  if (weight.rank() != 2 || in.rank() < 1 || in[in.rank() - 1] != weight[1]) {
    return op.fault("weight", "[out,in] of the input's last axis", weight.text());
  }
  if (op.inputs.size() > 2 && op.inputs[2] != nullptr && op.x(2).shape != Shape{weight[0]}) {
    return op.fault("bias", fmt::format("[{}]", weight[0]), op.x(2).shape.text());
  }
  const auto* options = op.table->options_as_FullyConnectedOptions();
  if (options == nullptr || !options->keep_rank()) {
    return Shape{in.elements() / weight[1], weight[0]};
  }
  std::vector<int64_t> dims(in.dims().begin(), in.dims().end());
  dims.back() = weight[0];
  return Shape(std::move(dims));
}

// The message of the runtime's own check, with which published files failed.
Result<Shape> broadcast_to(const SeenOp& op) {
  const Shape target(op.x(1).integers());
  const auto spread = broadcast_shape(op.x(0).shape, target);
  if (spread.ok() && *spread == target) return target;
  return op.fault("shape", "one whose extents are 1 or those of " + target.text(),
                  op.x(0).shape.text());
}

Result<Shape> matmul(const SeenOp& op) {
  const auto* options = op.table->options_as_BatchMatMulOptions();
  const Shape& a = op.x(0).shape;
  const Shape& b = op.x(1).shape;
  if (options == nullptr || a.rank() != b.rank() || a.rank() < 2) {
    return rank_fault(op, "matrices of one rank");
  }
  const int r = a.rank();
  const int64_t m = a[options->transpose_left() ? r - 1 : r - 2];
  const int64_t inner_a = a[options->transpose_left() ? r - 2 : r - 1];
  const int64_t n = b[options->transpose_right() ? r - 2 : r - 1];
  const int64_t inner_b = b[options->transpose_right() ? r - 1 : r - 2];
  std::vector<int64_t> dims(a.dims().begin(), a.dims().end());
  for (int i = 0; i + 2 < r; ++i) {
    if (a[i] != b[i]) return op.fault("batch", a.text(), b.text());
  }
  if (inner_a != inner_b) return op.fault("matrices", a.text() + " that meet", b.text());
  dims[dims.size() - 2] = m;
  dims.back() = n;
  return Shape(std::move(dims));
}

Result<Shape> concatenation(const SeenOp& op) {
  const auto* options = op.table->options_as_ConcatenationOptions();
  const Shape& first = op.x(0).shape;
  int axis = options == nullptr ? 0 : options->axis();
  if (axis < 0) axis += first.rank();
  if (axis < 0 || axis >= first.rank()) {
    return op.fault("axis", fmt::format("below {}", first.rank()), fmt::to_string(axis));
  }
  std::vector<int64_t> dims(first.dims().begin(), first.dims().end());
  dims[static_cast<size_t>(axis)] = 0;
  for (size_t i = 0; i < op.inputs.size(); ++i) {
    const Shape& part = op.x(i).shape;
    for (int k = 0; k < first.rank(); ++k) {
      if (part.rank() == first.rank() && (k == axis || part[k] == first[k])) continue;
      return op.fault("part", first.text() + " but for one axis", part.text());
    }
    dims[static_cast<size_t>(axis)] += part[axis];
  }
  return Shape(std::move(dims));
}

Result<Shape> slice(const SeenOp& op) {
  const Shape& in = op.x(0).shape;
  const auto begin = op.x(1).integers(), size = op.x(2).integers();
  if (begin.size() != static_cast<size_t>(in.rank()) || size.size() != begin.size()) {
    return op.fault("begin and size", fmt::format("{} numbers", in.rank()), "others");
  }
  for (size_t i = 0; i < begin.size(); ++i) {
    const int64_t extent = in[static_cast<int>(i)];
    if (begin[i] >= 0 && size[i] >= 1 && begin[i] <= extent - size[i]) continue;
    return op.fault("slice", "one inside of " + in.text(),
                    fmt::format("{} from {} on", size[i], begin[i]));
  }
  return Shape(size);
}

Result<Shape> pad(const SeenOp& op) {
  const Shape& in = op.x(0).shape;
  const auto amounts = op.x(1).integers();
  if (amounts.size() != 2 * static_cast<size_t>(in.rank())) {
    return op.fault("amounts", "two for each axis", fmt::to_string(amounts.size()));
  }
  std::vector<int64_t> dims(in.dims().begin(), in.dims().end());
  for (size_t i = 0; i < dims.size(); ++i) {
    if (amounts[2 * i] < 0 || amounts[2 * i + 1] < 0)
      return op.fault("amounts", "0 or more", "less");
    dims[i] += amounts[2 * i] + amounts[2 * i + 1];
  }
  return Shape(std::move(dims));
}

// Axes that op.x(1) lists, each once; from 0 on.
Result<std::vector<int>> axes(const SeenOp& op) {
  const int rank = op.x(0).shape.rank();
  std::vector<int> list;
  for (int64_t axis : op.x(1).integers()) {
    if (axis < 0) axis += rank;
    const bool known = std::ranges::find(list, axis) != list.end();
    if (axis < 0 || axis >= rank || known) {
      return op.fault("axes", fmt::format("each once, below {}", rank), fmt::to_string(axis));
    }
    list.push_back(static_cast<int>(axis));
  }
  return list;
}

Result<Shape> transpose(const SeenOp& op) {
  VSEAL_ASSIGN_OR_RETURN(const std::vector<int> order, axes(op));
  const Shape& in = op.x(0).shape;
  if (order.size() != static_cast<size_t>(in.rank())) {
    return op.fault("order", fmt::format("{} axes", in.rank()), fmt::to_string(order.size()));
  }
  std::vector<int64_t> dims(order.size());
  for (size_t i = 0; i < order.size(); ++i) dims[i] = in[order[i]];
  return Shape(std::move(dims));
}

Result<Shape> reduction(const SeenOp& op) {
  VSEAL_ASSIGN_OR_RETURN(const std::vector<int> list, axes(op));
  const auto* options = op.table->options_as_ReducerOptions();
  const bool keep = options != nullptr && options->keep_dims();
  const Shape& in = op.x(0).shape;
  std::vector<int64_t> dims;
  for (int i = 0; i < in.rank(); ++i) {
    const bool reduced = std::ranges::find(list, i) != list.end();
    if (!reduced) dims.push_back(in[i]);
    if (reduced && keep) dims.push_back(1);
  }
  return Shape(std::move(dims));
}

Result<Shape> resize(const SeenOp& op) {
  const Shape& in = op.x(0).shape;
  const auto size = op.x(1).integers();
  const auto* options = op.table->options_as_ResizeBilinearOptions();
  if (in.rank() != 4 || size.size() != 2) return rank_fault(op, "a map and two extents");
  if (options != nullptr && options->align_corners() && options->half_pixel_centers()) {
    return op.fault("options", "corners or centres", "both");
  }
  return Shape{in[0], size[0], size[1], in[3]};
}

// Between space and depth: `into` depth.
Result<Shape> shuffle(const SeenOp& op, int64_t block, bool into) {
  const Shape& in = op.x(0).shape;
  if (in.rank() != 4 || block < 1) return rank_fault(op, "a map");
  if (into ? in[1] % block != 0 || in[2] % block != 0 : in[3] % (block * block) != 0) {
    return op.fault("block", "one that divides " + in.text(), fmt::to_string(block));
  }
  if (into) return Shape{in[0], in[1] / block, in[2] / block, in[3] * block * block};
  return Shape{in[0], in[1] * block, in[2] * block, in[3] / (block * block)};
}

Result<Shape> gather(const SeenOp& op) {
  const auto* options = op.table->options_as_GatherOptions();
  const int axis = options == nullptr ? 0 : options->axis();
  const Shape& in = op.x(0).shape;
  const auto rows = op.x(1).integers();
  if (axis < 0 || axis >= in.rank()) return op.fault("axis", "one of x", fmt::to_string(axis));
  for (const int64_t row : rows) {
    if (row < 0 || row >= in[axis]) {
      return op.fault("index", fmt::format("below {}", in[axis]), fmt::to_string(row));
    }
  }
  std::vector<int64_t> dims(in.dims().begin(), in.dims().end());
  dims[static_cast<size_t>(axis)] = static_cast<int64_t>(rows.size());
  return Shape(std::move(dims));
}

Result<Shape> shape_of(const SeenOp& op) {
  switch (op.code) {
    case Code::Conv2D:
    case Code::DepthwiseConv2D:
      return convolution(op);
    case Code::FullyConnected:
      return fully_connected(op);
    case Code::Add:
    case Code::Sub:
    case Code::Mul:
    case Code::Div:
    case Code::Maximum:
    case Code::Minimum: {
      auto shape = broadcast_shape(op.x(0).shape, op.x(1).shape);
      if (shape.ok()) return shape;
      return op.fault("shapes", "ones that meet",
                      op.x(0).shape.text() + ", " + op.x(1).shape.text());
    }
    case Code::BroadcastTo:
      return broadcast_to(op);
    case Code::BatchMatMul:
      return matmul(op);
    case Code::Concatenation:
      return concatenation(op);
    case Code::Slice:
      return slice(op);
    case Code::Pad:
      return pad(op);
    case Code::Transpose:
      return transpose(op);
    case Code::Mean:
    case Code::Sum:
      return reduction(op);
    case Code::ResizeBilinear:
      return resize(op);
    case Code::Gather:
      return gather(op);
    case Code::Reshape:
      return Shape(op.x(1).integers());
    case Code::SpaceToDepth: {
      const auto* options = op.table->options_as_SpaceToDepthOptions();
      return shuffle(op, options == nullptr ? 0 : options->block(), true);
    }
    case Code::DepthToSpace: {
      const auto* options = op.table->options_as_DepthToSpaceOptions();
      return shuffle(op, options == nullptr ? 0 : options->block(), false);
    }
    default:
      return op.x(0).shape;
  }
}

Status check_inputs(const SeenOp& op) {
  const Arity count = arity(op.code);
  if (op.inputs.size() < count.least || op.inputs.size() > count.most) {
    return op.fault("inputs", fmt::to_string(count.least), fmt::to_string(op.inputs.size()));
  }
  for (size_t i = 0; i < op.inputs.size(); ++i) {
    const bool optional = op.code == Code::FullyConnected && i == 2;
    if (op.inputs[i] == nullptr && !optional) return op.fault("inputs", "all of them", "a gap");
  }
  if (op.code == Code::Conv2D || op.code == Code::DepthwiseConv2D) {
    if (!op.x(1).fixed) return op.fault("filter", "a constant", "a computed value");
  }
  for (size_t i = 1; reads_list(op.code) && i < op.inputs.size(); ++i) {
    if (op.x(i).constant && op.x(i).type == TensorType::Int32) continue;
    return op.fault("input " + fmt::to_string(i), "constant i32", "another");
  }
  return {};
}

Status check_types(const SeenOp& op) {
  const TensorType in = op.x(0).type, out = op.output->type;
  if (op.code == Code::Dequantize || op.code == Code::Quantize) {
    const bool narrows = op.code == Code::Quantize;
    const bool right = narrows
                           ? (in == kF32 || in == kI8) && (out == kI8 || (in == kF32 && out == kU8))
                           : (in == TensorType::Float16 || in == kI8 || in == kU8) && out == kF32;
    return right ? Status() : op.fault("types", "of the same value", "others");
  }
  const bool lists = reads_list(op.code) || op.code == Code::Gather || op.inputs.size() < 2;
  const TensorType second = lists ? in : op.x(1).type;
  const bool weighted = op.code == Code::Conv2D || op.code == Code::DepthwiseConv2D ||
                        op.code == Code::FullyConnected || op.code == Code::BatchMatMul;
  // An i8 weight beside f32 values must be the right operand.
  if (second != in && !(weighted && in == kF32 && second == kI8)) {
    return op.fault("operands", "two of one type, or f32 and i8 weights on the right",
                    fmt::format("{} and {}", EnumNameTensorType(in), EnumNameTensorType(second)));
  }
  if (in == out) return {};
  return op.fault("output", EnumNameTensorType(in), EnumNameTensorType(out));
}

Status check_version(const SeenOp& op) {
  OpTypes types{.input = op.x(0).type};
  if (op.inputs.size() > 1 && op.inputs[1] != nullptr) {
    types.weight = op.x(1).type;
    types.row_scaled = op.x(1).scale.size() > 1;
  }
  OptionsUnion options;
  options.type = op.table->options_type();
  options.value = op.table->options() == nullptr
                      ? nullptr
                      : OptionsUnion::UnPack(op.table->options(), options.type, nullptr);
  const int lowest = lowest_version(op.code, types, options);
  if (lowest == 0) return op.fault("types", "ones that it takes", EnumNameTensorType(types.input));
  if (op.version >= lowest) return {};
  return op.fault("version", fmt::format("{} or later", lowest), fmt::to_string(op.version));
}

}  // namespace

Status check_shapes(const SeenOp& op) {
  VSEAL_RETURN_IF_ERROR(check_inputs(op));
  VSEAL_RETURN_IF_ERROR(check_types(op));
  VSEAL_RETURN_IF_ERROR(check_version(op));
  VSEAL_ASSIGN_OR_RETURN(const Shape shape, shape_of(op));
  if (shape != op.output->shape) {
    return op.fault("output " + op.output->name, shape.text(), op.output->shape.text());
  }
  if (op.code == Code::Reshape && shape.elements() != op.x(0).shape.elements()) {
    return op.fault("shape", "as many values as " + op.x(0).shape.text(), shape.text());
  }
  return {};
}

}  // namespace vseal::formats::tflite
