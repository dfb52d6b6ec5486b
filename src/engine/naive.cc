// The oracle: reference kernels, one op after the other.
#include <algorithm>

#include "engine/convert.h"
#include "engine/reference_op.h"
#include "engine/session.h"
#include "graph/constant.h"
#include "kernels/conv2d/reference.h"
#include "kernels/depthwise/contract.h"
#include "kernels/elementwise/contract.h"
#include "kernels/linear/contract.h"
#include "kernels/normalize/contract.h"
#include "kernels/rearrange/contract.h"
#include "kernels/resample/contract.h"

namespace vseal::engine {
namespace {

using graph::Op;
using graph::TensorId;

// The visitor of one op: an overload for each kind.
class ReferenceRun {
 public:
  ReferenceRun(const Op& op, const graph::Graph& graph, std::span<std::byte* const> values)
      : op_(op), graph_(graph), values_(values), in_(extents(shape(0))) {}

  void operator()(const graph::Conv2d& a) const {
    const float* bias = a.has_bias ? x(2) : nullptr;
    const float* residual = a.has_residual ? x(a.has_bias ? 3 : 2) : nullptr;
    kernels::reference_conv2d(conv2d_shape(a, shape(0), shape(1)), x(0), x(1), bias, residual,
                              to_kernel(a.activation), y());
  }
  void operator()(const graph::DepthwiseConv2d& a) const {
    kernels::reference_depthwise(x(0), in_.n, in_.h, in_.w, in_.c, x(1),
                                 static_cast<int>(shape(1)[0]), static_cast<int>(shape(1)[1]),
                                 a.pad, a.has_bias ? x(2) : nullptr, y());
  }
  void operator()(const graph::Linear& a) const {
    kernels::reference_linear(x(0), in_.pixels(), in_.c, static_cast<int>(shape(1)[0]), x(1),
                              a.has_bias ? x(2) : nullptr, to_kernel(a.activation), y());
  }
  void operator()(const graph::BatchNorm& a) const {
    kernels::reference_batch_norm(x(0), in_.pixels(), in_.c, x(1), x(2), x(3), x(4), a.epsilon,
                                  y());
  }
  void operator()(const graph::LayerNorm& a) const {
    kernels::reference_layer_norm(x(0), in_.pixels(), in_.c, x(1), x(2), a.epsilon, y());
  }
  void operator()(const graph::ChannelRmsNorm&) const {
    kernels::reference_channel_rms_norm(x(0), in_.pixels(), in_.c, x(1), y());
  }
  void operator()(const graph::GlobalResponseNorm& a) const {
    kernels::reference_global_response_norm(x(0), in_.n, int64_t{in_.h} * in_.w, in_.c, x(1), x(2),
                                            a.has_factor ? x(3) : nullptr, a.epsilon, y());
  }
  void operator()(const graph::Activate& a) const {
    kernels::reference_activate(x(0), elements(), to_kernel(a.activation), y());
  }
  void operator()(const graph::Add&) const { kernels::reference_add(x(0), x(1), elements(), y()); }
  void operator()(const graph::Affine& a) const {
    kernels::reference_affine(x(0), elements(), a.scale, a.offset, y());
  }
  void operator()(const graph::Concat&) const {
    std::vector<kernels::ConcatInput> inputs;
    for (size_t i = 0; i < op_.inputs.size(); ++i) {
      inputs.push_back({x(i), extents(shape(i)).c});
    }
    kernels::reference_concat(inputs, in_.pixels(), y());
  }
  void operator()(const graph::SpaceToDepth& a) const {
    kernels::reference_space_to_depth(x(0), in_.n, in_.h, in_.w, in_.c, a.block, y());
  }
  void operator()(const graph::DepthToSpace& a) const {
    kernels::reference_depth_to_space(x(0), in_.n, in_.h, in_.w, in_.c, a.block, y());
  }
  void operator()(const graph::ResizeBilinear& a) const {
    kernels::reference_resize_bilinear(x(0), in_.n, in_.h, in_.w, in_.c, a.height, a.width, y());
  }
  void operator()(const graph::SpatialMean&) const {
    kernels::reference_spatial_mean(x(0), in_.n, in_.h, in_.w, in_.c, y());
  }
  void operator()(const graph::Tile& a) const {
    kernels::reference_tile(x(0), in_.n, in_.h, in_.w, in_.c, a.rows, a.columns, y());
  }
  void operator()(const graph::FoldMean& a) const {
    kernels::reference_fold_mean(x(0), in_.n, in_.h, in_.w, in_.c, a.height, a.width, y());
  }
  void operator()(const graph::BorderMap& a) const {
    kernels::reference_border_map(x(0), a.height, a.width, in_.c / 9, y());
  }
  void operator()(const graph::WindowAttention& a) const {
    kernels::reference_attention(attention_shape(a, shape(0)), x(0), x(1), x(2), y());
  }
  void operator()(const graph::Reshape&) const { std::copy_n(x(0), elements(), y()); }
  // These touch integers: run_integer_reference takes them.
  void operator()(const graph::Quantize&) const {}
  void operator()(const graph::Dequantize&) const {}
  void operator()(const graph::QuantizeBias&) const {}

 private:
  const graph::Shape& shape(size_t i) const { return graph_.tensor(op_.inputs[i]).shape; }
  float* at(TensorId id) const {
    return reinterpret_cast<float*>(values_[static_cast<size_t>(id)]);
  }
  const float* x(size_t i) const { return at(op_.inputs[i]); }
  float* y() const { return at(op_.output); }
  int64_t elements() const { return graph_.tensor(op_.output).shape.elements(); }

  const Op& op_;
  const graph::Graph& graph_;
  std::span<std::byte* const> values_;
  Extents in_;
};

size_t value_bytes(const graph::Tensor& tensor) {
  return static_cast<size_t>(tensor.shape.elements()) * graph::size_bytes(tensor.dtype);
}

Status check_inputs(const graph::Graph& graph, const std::vector<std::span<const float>>& inputs) {
  if (inputs.size() != graph.inputs().size()) {
    return invalid_argument("[run_naive] inputs: expected " +
                            std::to_string(graph.inputs().size()) + ", got " +
                            std::to_string(inputs.size()));
  }
  for (const TensorId id : graph.outputs()) {
    if (graph.tensor(id).dtype == graph::DType::kF32) continue;
    return unsupported("[run_naive] " + graph.tensor(id).name + ": expected an f32 output, got " +
                       graph::dtype_name(graph.tensor(id).dtype));
  }
  for (size_t i = 0; i < inputs.size(); ++i) {
    const graph::Tensor& tensor = graph.tensor(graph.inputs()[i]);
    if (tensor.dtype != graph::DType::kF32) {
      return unsupported("[run_naive] " + tensor.name + ": expected an f32 input, got " +
                         graph::dtype_name(tensor.dtype));
    }
    if (static_cast<int64_t>(inputs[i].size()) != tensor.shape.elements()) {
      return invalid_argument("[run_naive] " + tensor.name + ": expected " +
                              std::to_string(tensor.shape.elements()) + " values, got " +
                              std::to_string(inputs[i].size()));
    }
  }
  return {};
}

}  // namespace

void run_reference(const Op& op, const graph::Graph& graph, std::span<std::byte* const> values) {
  if (touches_integers(op, graph)) return run_integer_reference(op, graph, values);
  std::visit(ReferenceRun(op, graph, values), op.attributes);
}

Result<std::vector<std::vector<float>>> run_naive(
    const graph::Graph& graph, const std::vector<std::span<const float>>& inputs) {
  VSEAL_RETURN_IF_ERROR(graph::verify(graph));
  VSEAL_RETURN_IF_ERROR(check_inputs(graph, inputs));
  std::vector<graph::ConstantValues> constants(graph.tensors().size());
  std::vector<AlignedBuffer<std::byte>> storage(constants.size());
  std::vector<std::byte*> values(constants.size());
  for (size_t id = 0; id < values.size(); ++id) {
    const graph::Tensor& tensor = graph.tensors()[id];
    if (tensor.is_constant()) {
      VSEAL_ASSIGN_OR_RETURN(constants[id], graph::constant_values(tensor));
      // No op writes a constant.
      values[id] = const_cast<std::byte*>(constants[id].data());
    } else {
      VSEAL_ASSIGN_OR_RETURN(storage[id], AlignedBuffer<std::byte>::allocate(value_bytes(tensor)));
      values[id] = storage[id].data();
    }
  }
  for (size_t i = 0; i < inputs.size(); ++i) {
    std::ranges::copy(std::as_bytes(inputs[i]), values[static_cast<size_t>(graph.inputs()[i])]);
  }
  for (const Op& op : graph.ops()) run_reference(op, graph, values);
  std::vector<std::vector<float>> outputs;
  for (const TensorId id : graph.outputs()) {
    const auto* from = reinterpret_cast<const float*>(values[static_cast<size_t>(id)]);
    outputs.emplace_back(from, from + graph.tensor(id).shape.elements());
  }
  return outputs;
}

}  // namespace vseal::engine
