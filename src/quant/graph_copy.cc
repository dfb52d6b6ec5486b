#include "quant/graph_copy.h"

#include <utility>

namespace vseal::quant {

using graph::Graph;
using graph::Op;
using graph::Tensor;
using graph::TensorId;

namespace {

// `graph` without the ops that no output needs.
Result<Graph> without_unread(const Graph& graph) {
  std::vector<bool> needed(graph.tensors().size());
  for (const TensorId id : graph.outputs()) needed[static_cast<size_t>(id)] = true;
  for (size_t i = graph.ops().size(); i-- > 0;) {
    if (!needed[static_cast<size_t>(graph.ops()[i].output)]) continue;
    for (const TensorId id : graph.ops()[i].inputs) needed[static_cast<size_t>(id)] = true;
  }
  GraphCopy copy(graph);
  for (const Op& op : graph.ops()) {
    if (needed[static_cast<size_t>(op.output)]) VSEAL_RETURN_IF_ERROR(copy.copy(op));
  }
  for (const TensorId id : graph.outputs()) {
    VSEAL_ASSIGN_OR_RETURN(const TensorId output, copy.at(id));
    VSEAL_RETURN_IF_ERROR(copy.graph().add_output(output));
  }
  return std::move(copy.graph());
}

}  // namespace

GraphCopy::GraphCopy(const Graph& from, std::string prefix)
    : from_(from), prefix_(std::move(prefix)), made_(from.tensors().size(), graph::kNoTensor) {
  for (const TensorId id : from.inputs()) {
    const Tensor& t = from.tensor(id);
    set(id, out_.add_input(t.name, t.shape, t.dtype));
  }
}

Result<TensorId> GraphCopy::at(TensorId id) {
  TensorId& made = made_[static_cast<size_t>(id)];
  const Tensor& t = from_.tensor(id);
  if (made == graph::kNoTensor && t.is_constant()) {
    VSEAL_ASSIGN_OR_RETURN(made, out_.add_constant(prefix_ + t.name, t.dtype, t.shape, t.data));
  }
  if (made == graph::kNoTensor) return internal_error("[quant] " + t.name + ": not made yet");
  return made;
}

Status GraphCopy::copy(const Op& op) {
  std::vector<TensorId> inputs;
  for (const TensorId id : op.inputs) {
    VSEAL_ASSIGN_OR_RETURN(const TensorId input, at(id));
    inputs.push_back(input);
  }
  VSEAL_ASSIGN_OR_RETURN(const TensorId output,
                         out_.add_op(op.name, op.attributes, std::move(inputs), op.type));
  set(op.output, output);
  return {};
}

Result<Graph> GraphCopy::finish() {
  for (const TensorId id : from_.outputs()) {
    VSEAL_ASSIGN_OR_RETURN(const TensorId output, at(id));
    VSEAL_RETURN_IF_ERROR(out_.add_output(output));
  }
  return without_unread(out_);
}

}  // namespace vseal::quant
