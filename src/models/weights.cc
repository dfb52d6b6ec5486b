#include "models/weights.h"

#include <fmt/format.h>

#include "models/row_scaled.h"

namespace vseal::models {
namespace {

using formats::CheckpointTensor;
using formats::ElementType;
using graph::Graph;
using graph::Shape;
using graph::TensorId;

// What the factors of a tensor's rows are called.
std::string scale_name(const std::string& name) { return name + ".scale"; }

// The tensor as it is, whatever its strides are.
View whole(const CheckpointTensor& tensor) {
  View view;
  for (int i = 0; i < tensor.shape.rank(); ++i) {
    view.axes.push_back({tensor.shape[i], tensor.strides[static_cast<size_t>(i)]});
  }
  return view;
}

}  // namespace

Status tensor_fault(const std::string& name, const std::string& expected, const std::string& got) {
  return corrupt_input(
      fmt::format("[model] {}: expected {}, got {}", formats::quote(name), expected, got));
}

Result<const CheckpointTensor*> Weights::find(const std::string& name) const {
  const CheckpointTensor* tensor = file_.find(name);
  if (tensor == nullptr) return tensor_fault(name, "a tensor", "nothing");
  const bool row_scaled = tensor->type == ElementType::kI8 && layout_ == Layout::kNhwc;
  if (row_scaled && !has(scale_name(name))) {
    return tensor_fault(scale_name(name), "a tensor", "nothing");
  }
  if (!row_scaled && !formats::is_floating(tensor->type)) {
    return tensor_fault(name, "floating numbers", formats::element_name(tensor->type));
  }
  if (!tensor->shape.checked_elements().ok()) {
    return tensor_fault(name, "extents of at least 1", tensor->shape.text());
  }
  return tensor;
}

Result<Shape> Weights::shape(const std::string& name) const {
  VSEAL_ASSIGN_OR_RETURN(const CheckpointTensor* tensor, find(name));
  return tensor->shape;
}

Result<Shape> Weights::filter_shape(const std::string& name) const {
  VSEAL_ASSIGN_OR_RETURN(const Shape stored, shape(name));
  if (stored.rank() != 4) return tensor_fault(name, "a filter of rank 4", stored.text());
  if (layout_ == Layout::kNhwc) return stored;
  return Shape{stored[0], stored[2], stored[3], stored[1]};
}

Result<Shape> Weights::matrix_shape(const std::string& name) const {
  VSEAL_ASSIGN_OR_RETURN(const Shape stored, shape(name));
  if (stored.rank() != 2) return tensor_fault(name, "a matrix", stored.text());
  return stored;
}

Result<const CheckpointTensor*> Weights::take(const std::string& name, const Shape& stored) {
  VSEAL_ASSIGN_OR_RETURN(const CheckpointTensor* tensor, find(name));
  if (tensor->shape != stored) return tensor_fault(name, stored.text(), tensor->shape.text());
  used_.insert(name);
  if (tensor->type == ElementType::kI8) used_.insert(scale_name(name));
  return tensor;
}

Result<TensorId> Weights::add_row_scaled(Graph& graph, const std::string& name,
                                         const CheckpointTensor& tensor, const Shape& shape) const {
  const CheckpointTensor& scales = *file_.find(scale_name(name));
  VSEAL_ASSIGN_OR_RETURN(ViewedConstant constant,
                         row_scaled_constant(tensor, scales, shape, owner()));
  return graph.add_constant(name, constant.dtype, constant.shape, std::move(constant.data));
}

Result<TensorId> Weights::add_view(Graph& graph, const std::string& name,
                                   const CheckpointTensor& tensor, View view) const {
  VSEAL_ASSIGN_OR_RETURN(ViewedConstant constant, view_constant(tensor, std::move(view), owner()));
  return graph.add_constant(name, constant.dtype, constant.shape, std::move(constant.data));
}

Result<TensorId> Weights::add_whole(Graph& graph, const std::string& name) {
  VSEAL_ASSIGN_OR_RETURN(const CheckpointTensor* tensor, find(name));
  if (tensor->shape.rank() == 0) return tensor_fault(name, "a tensor of rank 1", "a scalar");
  used_.insert(name);
  return add_view(graph, name, *tensor, whole(*tensor));
}

Result<TensorId> Weights::add_vector(Graph& graph, const std::string& name, int64_t length) {
  VSEAL_ASSIGN_OR_RETURN(const CheckpointTensor* tensor, take(name, Shape{length}));
  return add_view(graph, name, *tensor, whole(*tensor));
}

Result<TensorId> Weights::add_filter(Graph& graph, const std::string& name, const Shape& shape) {
  const Shape stored =
      layout_ == Layout::kNhwc ? shape : Shape{shape[0], shape[3], shape[1], shape[2]};
  VSEAL_ASSIGN_OR_RETURN(const CheckpointTensor* tensor, take(name, stored));
  if (tensor->type == ElementType::kI8) return add_row_scaled(graph, name, *tensor, shape);
  View view = whole(*tensor);
  if (layout_ == Layout::kTorch) {
    view.axes = {view.axes[0], view.axes[2], view.axes[3], view.axes[1]};
  }
  return add_view(graph, name, *tensor, std::move(view));
}

Result<TensorId> Weights::add_tiled(Graph& graph, const std::string& name, const Shape& shape,
                                    const TileAxis& axis) {
  VSEAL_ASSIGN_OR_RETURN(const CheckpointTensor* tensor, take(name, shape));
  if (tensor->type == ElementType::kI8) return add_row_scaled(graph, name, *tensor, shape);
  const auto bytes = formats::contiguous_bytes(*tensor);
  if (axis.outer * axis.channels * axis.cells * axis.inner != shape.elements() || !bytes) {
    return internal_error("[model] " + name + ": the tile's axes are not those of its shape");
  }
  const bool swap = layout_ == Layout::kTorch;
  const Axis channels{axis.channels, (swap ? axis.cells : 1) * axis.inner};
  const Axis cells{axis.cells, (swap ? 1 : axis.channels) * axis.inner};
  const int64_t run = axis.channels * axis.cells * axis.inner;
  View view{.axes = {{axis.outer, run}, cells, channels, {axis.inner, 1}}};
  VSEAL_ASSIGN_OR_RETURN(ViewedConstant constant, view_constant(*tensor, std::move(view), owner()));
  return graph.add_constant(name, constant.dtype, shape, std::move(constant.data));
}

std::vector<std::string> Weights::unused() const {
  std::vector<std::string> names;
  for (const CheckpointTensor& tensor : file_.tensors()) {
    if (used_.count(tensor.name) == 0) names.push_back(tensor.name);
  }
  return names;
}

}  // namespace vseal::models
