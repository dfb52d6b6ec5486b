#include "models/weights.h"

#include <fmt/format.h>

#include <cstring>

#include "base/aligned_buffer.h"

namespace vseal::models {
namespace {

using graph::Graph;
using graph::Shape;
using graph::TensorId;

// [outer,a,b,inner] -> [outer,b,a,inner] for values of `size` bytes at any alignment.
void swap_middle(const std::byte* from, std::byte* to, const Weights::TileAxis& axis, size_t size) {
  const auto a_count = static_cast<size_t>(axis.channels),
             b_count = static_cast<size_t>(axis.cells);
  const size_t run = static_cast<size_t>(axis.inner) * size;
  for (size_t o = 0; o < static_cast<size_t>(axis.outer); ++o) {
    const std::byte* block = from + o * a_count * b_count * run;
    for (size_t b = 0; b < b_count; ++b) {
      for (size_t a = 0; a < a_count; ++a, to += run) {
        std::memcpy(to, block + (a * b_count + b) * run, run);
      }
    }
  }
}

Result<graph::ConstantData> permuted(std::span<const std::byte> bytes,
                                     const Weights::TileAxis& axis, size_t size) {
  VSEAL_ASSIGN_OR_RETURN(auto buffer, AlignedBuffer<std::byte>::allocate(bytes.size()));
  swap_middle(bytes.data(), buffer.data(), axis, size);
  auto owner = std::make_shared<const AlignedBuffer<std::byte>>(std::move(buffer));
  return graph::ConstantData{owner->span(), owner};
}

bool is_aligned(const std::byte* p, size_t size) {
  return reinterpret_cast<uintptr_t>(p) % size == 0;
}

}  // namespace

Status tensor_fault(const std::string& name, const std::string& expected, const std::string& got) {
  return corrupt_input(
      fmt::format("[model] {}: expected {}, got {}", formats::quote(name), expected, got));
}

Result<const formats::StoredTensor*> Weights::find(const std::string& name) const {
  const formats::StoredTensor* tensor = file_.find(name);
  if (tensor == nullptr) return tensor_fault(name, "a tensor", "nothing");
  if (tensor->dtype != graph::DType::kF32 && tensor->dtype != graph::DType::kF16) {
    return tensor_fault(name, "F32 or F16", tensor->type);
  }
  if (!tensor->shape.checked_elements().ok()) {
    return tensor_fault(name, "extents of at least 1", tensor->shape.text());
  }
  return tensor;
}

Result<Shape> Weights::filter_shape(const std::string& name) const {
  VSEAL_ASSIGN_OR_RETURN(const formats::StoredTensor* tensor, find(name));
  const Shape& stored = tensor->shape;
  if (stored.rank() != 4) return tensor_fault(name, "a filter of rank 4", stored.text());
  if (layout_ == Layout::kNhwc) return stored;
  return Shape{stored[0], stored[2], stored[3], stored[1]};
}

Result<Shape> Weights::matrix_shape(const std::string& name) const {
  VSEAL_ASSIGN_OR_RETURN(const formats::StoredTensor* tensor, find(name));
  if (tensor->shape.rank() != 2) return tensor_fault(name, "a matrix", tensor->shape.text());
  return tensor->shape;
}

Result<const formats::StoredTensor*> Weights::take(const std::string& name, const Shape& stored) {
  VSEAL_ASSIGN_OR_RETURN(const formats::StoredTensor* tensor, find(name));
  if (tensor->shape != stored) return tensor_fault(name, stored.text(), tensor->shape.text());
  used_.insert(name);
  return tensor;
}

Result<TensorId> Weights::add(Graph& graph, const formats::StoredTensor& tensor, const Shape& shape,
                              const TileAxis& axis) const {
  const size_t size = graph::size_bytes(*tensor.dtype);
  const bool in_order = layout_ == Layout::kNhwc || axis.channels == 1 || axis.cells == 1;
  if (in_order && is_aligned(tensor.bytes.data(), size)) {
    return graph.add_constant(tensor.name, *tensor.dtype, shape, {tensor.bytes, file_.owner()});
  }
  const TileAxis copied = in_order ? TileAxis{.inner = tensor.shape.elements()} : axis;
  VSEAL_ASSIGN_OR_RETURN(graph::ConstantData data, permuted(tensor.bytes, copied, size));
  return graph.add_constant(tensor.name, *tensor.dtype, shape, std::move(data));
}

Result<TensorId> Weights::add_vector(Graph& graph, const std::string& name, int64_t length) {
  VSEAL_ASSIGN_OR_RETURN(const formats::StoredTensor* tensor, take(name, Shape{length}));
  return add(graph, *tensor, Shape{length}, {});
}

Result<TensorId> Weights::add_filter(Graph& graph, const std::string& name, const Shape& shape) {
  const Shape stored =
      layout_ == Layout::kNhwc ? shape : Shape{shape[0], shape[3], shape[1], shape[2]};
  VSEAL_ASSIGN_OR_RETURN(const formats::StoredTensor* tensor, take(name, stored));
  return add(graph, *tensor, shape,
             {.outer = shape[0], .channels = shape[3], .cells = shape[1] * shape[2]});
}

Result<TensorId> Weights::add_tiled(Graph& graph, const std::string& name, const Shape& shape,
                                    const TileAxis& axis) {
  VSEAL_ASSIGN_OR_RETURN(const formats::StoredTensor* tensor, take(name, shape));
  if (axis.outer * axis.channels * axis.cells * axis.inner != shape.elements()) {
    return internal_error("[model] " + name + ": the tile's axes are not those of its shape");
  }
  return add(graph, *tensor, shape, axis);
}

std::vector<std::string> Weights::unused() const {
  std::vector<std::string> names;
  for (const formats::StoredTensor& tensor : file_.tensors()) {
    if (used_.count(tensor.name) == 0) names.push_back(tensor.name);
  }
  return names;
}

}  // namespace vseal::models
