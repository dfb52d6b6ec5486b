#include "workbench/inspect.h"

namespace vseal::workbench {

NetworkSummary summarise(const graph::Graph& network) {
  NetworkSummary summary;
  for (const graph::Op& op : network.ops()) {
    OpRow row{op.name, graph::op_name(op.attributes), network.tensor(op.output).shape.text(),
              graph::multiply_adds(op, network), 0};
    for (const graph::TensorId id : op.inputs) {
      const graph::Tensor& tensor = network.tensor(id);
      if (tensor.is_constant()) row.parameters += tensor.shape.elements();
    }
    summary.multiply_adds += row.multiply_adds;
    summary.ops.push_back(std::move(row));
  }
  // A constant that two ops read counts once.
  for (const graph::Tensor& tensor : network.tensors()) {
    if (!tensor.is_constant()) continue;
    const int64_t elements = tensor.shape.elements();
    summary.parameters += elements;
    summary.weight_bytes += elements * static_cast<int64_t>(graph::size_bytes(tensor.dtype));
  }
  return summary;
}

}  // namespace vseal::workbench
