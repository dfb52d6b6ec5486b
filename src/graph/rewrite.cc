#include "graph/rewrite.h"

#include <utility>

namespace vseal::graph {
Rewrite::Rewrite(const Graph& graph)
    : tensors_(graph.tensors()),
      ops_(graph.ops()),
      dropped_(ops_.size(), false),
      producer_(tensors_.size(), kNone),
      readers_(tensors_.size(), 0),
      inputs_(graph.inputs()),
      outputs_(graph.outputs()) {
  for (size_t i = 0; i < ops_.size(); ++i) {
    producer_[static_cast<size_t>(ops_[i].output)] = i;
    for (const TensorId id : ops_[i].inputs) ++readers_[static_cast<size_t>(id)];
  }
  for (const TensorId id : outputs_) ++readers_[static_cast<size_t>(id)];
}

size_t Rewrite::private_producer(TensorId id) const {
  const size_t i = static_cast<size_t>(id);
  return readers_[i] == 1 ? producer_[i] : kNone;
}

void Rewrite::merge(size_t absorbed, size_t i, OpAttributes merged, std::vector<TensorId> inputs) {
  dropped_[absorbed] = true;
  for (const size_t old : {absorbed, i}) {
    for (const TensorId id : ops_[old].inputs) --readers_[static_cast<size_t>(id)];
  }
  for (const TensorId id : inputs) ++readers_[static_cast<size_t>(id)];
  ops_[i].attributes = std::move(merged);
  ops_[i].inputs = std::move(inputs);
}

TensorId Rewrite::add_constant(std::string name, Shape shape, ConstantData data) {
  tensors_.push_back({.name = std::move(name), .shape = std::move(shape), .data = std::move(data)});
  producer_.push_back(kNone);
  readers_.push_back(0);
  return static_cast<TensorId>(tensors_.size() - 1);
}

Result<Graph> Rewrite::build() const {
  Graph graph;
  std::vector<TensorId> renamed(tensors_.size(), kNoTensor);
  for (const TensorId id : inputs_) {
    const Tensor& t = tensor(id);
    renamed[static_cast<size_t>(id)] = graph.add_input(t.name, t.shape, t.dtype);
  }
  for (size_t i = 0; i < tensors_.size(); ++i) {
    const Tensor& t = tensors_[i];
    if (!t.is_constant() || readers_[i] == 0) continue;
    VSEAL_ASSIGN_OR_RETURN(renamed[i], graph.add_constant(t.name, t.dtype, t.shape, t.data));
  }
  for (size_t i = 0; i < ops_.size(); ++i) {
    if (dropped_[i]) continue;
    const Op& op = ops_[i];
    std::vector<TensorId> inputs;
    for (const TensorId id : op.inputs) inputs.push_back(renamed[static_cast<size_t>(id)]);
    VSEAL_ASSIGN_OR_RETURN(renamed[static_cast<size_t>(op.output)],
                           graph.add_op(op.name, op.attributes, std::move(inputs), op.type));
  }
  for (const TensorId id : outputs_) {
    VSEAL_RETURN_IF_ERROR(graph.add_output(renamed[static_cast<size_t>(id)]));
  }
  return graph;
}

}  // namespace vseal::graph
