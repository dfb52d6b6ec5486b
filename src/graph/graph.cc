// Building graphs, checking them, counting their work.
#include "graph/graph.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "graph/constant.h"

namespace vseal::graph {
namespace {

bool in_range(TensorId id, size_t count) { return id >= 0 && static_cast<size_t>(id) < count; }

Status check_constant(const std::string& name, DType dtype, const Shape& shape,
                      const ConstantData& data) {
  const Result<int64_t> elements = shape.checked_elements();
  if (!elements.ok()) return elements.status().with_context("[constant " + name + "]");
  const std::span<const std::byte> bytes = data.bytes;
  if (bytes.empty() && data.source != nullptr) return {};
  const size_t expected = static_cast<size_t>(*elements) * size_bytes(dtype);
  if (bytes.size() != expected) {
    return invalid_argument(fmt::format("[constant {}] data: expected {} bytes for {}{}, got {}",
                                        name, expected, dtype_name(dtype), shape.text(),
                                        bytes.size()));
  }
  if (reinterpret_cast<uintptr_t>(bytes.data()) % size_bytes(dtype) != 0) {
    return invalid_argument(fmt::format("[constant {}] data: expected {}-byte alignment, got {:#x}",
                                        name, size_bytes(dtype),
                                        reinterpret_cast<uintptr_t>(bytes.data())));
  }
  return {};
}

// Checks an op against the tensors that are `written` before it, and marks its output as written.
Status verify_op(const Op& op, const std::vector<Tensor>& tensors, std::vector<bool>& written) {
  const std::string where = fmt::format("[{} {}]", op_name(op.attributes), op.name);
  for (const TensorId id : op.inputs) {
    if (!in_range(id, tensors.size())) {
      return invalid_argument(
          fmt::format("{} input: expected one of {} tensors, got {}", where, tensors.size(), id));
    }
    if (!written[static_cast<size_t>(id)]) {
      return invalid_argument(fmt::format("{} input: {} is read before it is written", where,
                                          tensors[static_cast<size_t>(id)].name));
    }
  }
  if (!in_range(op.output, tensors.size())) {
    return invalid_argument(fmt::format("{} output: no tensor {}", where, op.output));
  }
  const size_t output = static_cast<size_t>(op.output);
  if (written[output]) {
    return invalid_argument(
        fmt::format("{} output: {} has a second writer", where, tensors[output].name));
  }
  VSEAL_ASSIGN_OR_RETURN(const Shape shape, infer_shape(op, tensors));
  if (shape != tensors[output].shape) {
    return invalid_argument(fmt::format("{} output: expected {}, got {}", where, shape.text(),
                                        tensors[output].shape.text()));
  }
  VSEAL_RETURN_IF_ERROR(check_types(op, tensors));
  if (op.type != tensors[output].type()) {
    return invalid_argument(where + " output: its type is not the op's");
  }
  written[output] = true;
  return {};
}

}  // namespace

TensorId Graph::add_input(std::string name, Shape shape, DType dtype) {
  const TensorId id = static_cast<TensorId>(tensors_.size());
  tensors_.push_back({.name = std::move(name), .dtype = dtype, .shape = std::move(shape)});
  inputs_.push_back(id);
  return id;
}

Result<TensorId> Graph::add_constant(std::string name, DType dtype, Shape shape,
                                     ConstantData data) {
  VSEAL_RETURN_IF_ERROR(check_constant(name, dtype, shape, data));
  const TensorId id = static_cast<TensorId>(tensors_.size());
  tensors_.push_back({.name = std::move(name),
                      .dtype = dtype,
                      .shape = std::move(shape),
                      .data = std::move(data)});
  return id;
}

Result<TensorId> Graph::add_constant(std::string name, Shape shape, std::span<const float> values) {
  return add_constant(std::move(name), DType::kF32, std::move(shape),
                      own_values({values.begin(), values.end()}));
}

Result<TensorId> Graph::add_op(std::string name, OpAttributes attributes,
                               std::vector<TensorId> inputs, ValueType type) {
  Op op{std::move(name), std::move(attributes), std::move(inputs), kNoTensor, type};
  VSEAL_ASSIGN_OR_RETURN(Shape shape, infer_shape(op, tensors_));
  VSEAL_RETURN_IF_ERROR(check_types(op, tensors_));
  op.output = static_cast<TensorId>(tensors_.size());
  tensors_.push_back({.name = op.name,
                      .dtype = type.dtype,
                      .shape = std::move(shape),
                      .scale = type.scale,
                      .zero_point = type.zero_point});
  ops_.push_back(std::move(op));
  return ops_.back().output;
}

Status Graph::add_output(TensorId id) {
  if (!in_range(id, tensors_.size())) {
    return invalid_argument(
        fmt::format("[graph] output: expected one of {} tensors, got {}", tensors_.size(), id));
  }
  outputs_.push_back(id);
  return {};
}

TensorId Graph::find(const std::string& name) const {
  for (size_t i = 0; i < tensors_.size(); ++i) {
    if (tensors_[i].name == name) return static_cast<TensorId>(i);
  }
  return kNoTensor;
}

Status verify(const Graph& graph) {
  const std::vector<Tensor>& tensors = graph.tensors();
  std::vector<bool> written(tensors.size(), false);
  for (const TensorId id : graph.inputs()) {
    const Result<int64_t> elements = graph.tensor(id).shape.checked_elements();
    if (!elements.ok())
      return elements.status().with_context("[input " + graph.tensor(id).name + "]");
    written[static_cast<size_t>(id)] = true;
  }
  for (size_t i = 0; i < tensors.size(); ++i) {
    if (!tensors[i].is_constant()) continue;
    VSEAL_RETURN_IF_ERROR(
        check_constant(tensors[i].name, tensors[i].dtype, tensors[i].shape, tensors[i].data));
    written[i] = true;
  }
  for (const Op& op : graph.ops()) VSEAL_RETURN_IF_ERROR(verify_op(op, tensors, written));
  if (graph.outputs().empty())
    return invalid_argument("[graph] outputs: expected one or more, got 0");
  for (const TensorId id : graph.outputs()) {
    if (!written[static_cast<size_t>(id)]) {
      return invalid_argument("[graph] output: nothing writes " + graph.tensor(id).name);
    }
  }
  return {};
}

int64_t multiply_adds(const Op& op, const Graph& graph) {
  const int64_t outputs = graph.tensor(op.output).shape.elements();
  const auto weight = [&]() -> const Shape& { return graph.tensor(op.inputs[1]).shape; };
  if (op.as<Conv2d>() != nullptr) return outputs * (weight()[1] * weight()[2] * weight()[3]);
  if (op.as<DepthwiseConv2d>() != nullptr) return outputs * (weight()[0] * weight()[1]);
  if (op.as<Linear>() != nullptr) return outputs * weight()[1];
  if (const auto* attention = op.as<WindowAttention>()) {
    // Each output value is a sum over its window's positions, each of whose weights cost as much.
    const Shape& y = graph.tensor(op.output).shape;
    const int64_t side = attention->window;
    return 2 * outputs * (side == 0 ? y[1] * y[2] : side * side);
  }
  return 0;
}

int64_t multiply_adds(const Graph& graph) {
  int64_t sum = 0;
  for (const Op& op : graph.ops()) sum += multiply_adds(op, graph);
  return sum;
}

bool has_integers(const Graph& graph) {
  return std::ranges::any_of(graph.tensors(),
                             [](const Tensor& tensor) { return tensor.dtype == DType::kI8; });
}

const Op* writer_of(const Graph& graph, TensorId id) {
  const auto found = std::ranges::find(graph.ops(), id, &Op::output);
  return found == graph.ops().end() ? nullptr : &*found;
}

std::vector<bool> depends_on_picture(const Graph& graph) {
  std::vector<bool> depends(graph.tensors().size());
  depends[static_cast<size_t>(graph.inputs()[0])] = true;
  for (const Op& op : graph.ops()) {
    for (const TensorId id : op.inputs) {
      if (depends[static_cast<size_t>(id)]) depends[static_cast<size_t>(op.output)] = true;
    }
  }
  return depends;
}

}  // namespace vseal::graph
