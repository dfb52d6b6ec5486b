#include <utility>
#include <vector>

#include "graph/passes.h"

namespace vseal::graph {
namespace {

// By tensor: whether `output` depends on it.
std::vector<bool> needed_for(const Graph& graph, TensorId output) {
  std::vector<bool> needed(graph.tensors().size(), false);
  needed[static_cast<size_t>(output)] = true;
  for (size_t i = graph.ops().size(); i-- > 0;) {
    const Op& op = graph.ops()[i];
    if (!needed[static_cast<size_t>(op.output)]) continue;
    for (const TensorId id : op.inputs) needed[static_cast<size_t>(id)] = true;
  }
  return needed;
}

}  // namespace

Result<Graph> part_for_input(const Graph& graph, const std::string& output, const Shape& input) {
  const TensorId last = graph.find(output);
  if (graph.inputs().size() != 1 || last == kNoTensor) {
    return invalid_argument("[graph] part: expected one input and a tensor \"" + output +
                            "\", got " + std::to_string(graph.inputs().size()) + " inputs");
  }
  const std::vector<bool> needed = needed_for(graph, last);
  Graph part;
  std::vector<TensorId> renamed(graph.tensors().size(), kNoTensor);
  const size_t picture = static_cast<size_t>(graph.inputs()[0]);
  renamed[picture] =
      part.add_input(graph.tensors()[picture].name, input, graph.tensors()[picture].dtype);
  for (size_t i = 0; i < renamed.size(); ++i) {
    const Tensor& t = graph.tensors()[i];
    if (!t.is_constant() || !needed[i]) continue;
    VSEAL_ASSIGN_OR_RETURN(renamed[i], part.add_constant(t.name, t.dtype, t.shape, t.data));
  }
  for (const Op& op : graph.ops()) {
    if (!needed[static_cast<size_t>(op.output)]) continue;
    std::vector<TensorId> inputs;
    for (const TensorId id : op.inputs) inputs.push_back(renamed[static_cast<size_t>(id)]);
    VSEAL_ASSIGN_OR_RETURN(renamed[static_cast<size_t>(op.output)],
                           part.add_op(op.name, op.attributes, std::move(inputs), op.type));
  }
  TensorId result = renamed[static_cast<size_t>(last)];
  if (part.tensor(result).dtype == DType::kI8) {
    VSEAL_ASSIGN_OR_RETURN(result, part.add_op(output + ".f32", Dequantize{}, {result}));
  }
  VSEAL_RETURN_IF_ERROR(part.add_output(result));
  return part;
}

}  // namespace vseal::graph
