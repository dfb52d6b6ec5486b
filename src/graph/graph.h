// A network as data: tensors, and ops in the order in which they run.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "graph/op.h"
#include "graph/tensor.h"

namespace vseal::graph {

// Ops are stored in topological order; each op writes exactly one tensor. Every op's output shape
// is inferred when it is added, so a graph that was built without error is sound.
// Thread-compatible.
class Graph {
 public:
  // Declares an input of the network. Shapes are fixed; batch is dimension 0.
  TensorId add_input(std::string name, Shape shape, DType dtype = DType::kF32);

  // Adds a constant; `data` holds shape.elements() values of dtype.
  Result<TensorId> add_constant(std::string name, DType dtype, Shape shape, ConstantData data);

  // Copies `values` (shape.elements() of them) into a new f32 constant.
  Result<TensorId> add_constant(std::string name, Shape shape, std::span<const float> values);

  // Appends an op and returns its output tensor (named like the op), which is of `type`. Fails,
  // naming op and argument, when an input does not exist yet or has a shape or type that the op
  // cannot take.
  Result<TensorId> add_op(std::string name, OpAttributes attributes, std::vector<TensorId> inputs,
                          ValueType type = {});

  // Marks a tensor as an output of the network, in order of the calls.
  Status add_output(TensorId id);

  const std::vector<Tensor>& tensors() const { return tensors_; }
  const std::vector<Op>& ops() const { return ops_; }
  const std::vector<TensorId>& inputs() const { return inputs_; }
  const std::vector<TensorId>& outputs() const { return outputs_; }
  const Tensor& tensor(TensorId id) const { return tensors_[static_cast<size_t>(id)]; }
  // kNoTensor when there is none of that name.
  TensorId find(const std::string& name) const;

 private:
  std::vector<Tensor> tensors_;
  std::vector<Op> ops_;
  std::vector<TensorId> inputs_;
  std::vector<TensorId> outputs_;
};

// Whether some op computes on integers.
bool has_integers(const Graph& graph);

// The op that computes a tensor, valid as long as the graph; null for inputs and constants.
const Op* writer_of(const Graph& graph, TensorId id);

// By tensor: whether it depends on the graph's first input, the picture.
std::vector<bool> depends_on_picture(const Graph& graph);

// Shape of an op's output, or an error "[op_name] argument: expected ..., got ...".
Result<Shape> infer_shape(const Op& op, const std::vector<Tensor>& tensors);

// Whether the op can take inputs of these types and write op.type; else an error
// "[op_name] argument: expected ..., got ...". Float ops take f32, and constants of f16. An integer
// op (its first input is i8):
//   conv2d, depthwise_conv2d, linear: weight i8, weight_scale f32, bias i32, residual i8,
//     activation none, relu or gelu, at most 65536 products a sum; write i8 or f32.
//   space_to_depth, depth_to_space, tile, reshape, resize_bilinear: write i8 of their input's
//     scale and zero point.
//   spatial_mean, fold_mean: write i8 or f32.
//   add, concat: every input i8. layer_norm, channel_rms_norm, global_response_norm: parameters
//     f32. These and activate write i8.
// i8 types have a positive finite scale and a zero point of -128 to 127. A reshape of i32 writes
// i32.
Status check_types(const Op& op, const std::vector<Tensor>& tensors);

// Checks the whole graph: ids in range, inputs written before they are read, one writer a tensor,
// shapes as inferred, types that fit, constants of the right size.
Status verify(const Graph& graph);

// Multiply-adds of one op and of a graph (convolutions, linear layers, attention).
int64_t multiply_adds(const Op& op, const Graph& graph);
int64_t multiply_adds(const Graph& graph);

}  // namespace vseal::graph
