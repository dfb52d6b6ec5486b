// What the passes share: a graph taken apart, changed op by op, and put together again.
#pragma once

#include <vector>

#include "graph/graph.h"

namespace vseal::graph {

// Ops keep their places; one that is absorbed by a later op is dropped. Since an absorbed op had
// that later op as its only reader, and the later one stays where it was, the order stays
// topological. Constants that nothing reads any more are dropped too. Not thread-safe.
class Rewrite {
 public:
  explicit Rewrite(const Graph& graph);

  size_t op_count() const { return ops_.size(); }
  const Op& op(size_t i) const { return ops_[i]; }
  const Tensor& tensor(TensorId id) const { return tensors_[static_cast<size_t>(id)]; }

  static constexpr size_t kNone = SIZE_MAX;
  // Index of the op that writes `id` when one op, and no output of the graph, reads it; else kNone.
  size_t private_producer(TensorId id) const;

  // Replaces op `i` by `merged` (which keeps i's name and output) and drops op `absorbed`.
  void merge(size_t absorbed, size_t i, OpAttributes merged, std::vector<TensorId> inputs);

  // An f32 constant.
  TensorId add_constant(std::string name, Shape shape, ConstantData data);

  Result<Graph> build() const;

 private:
  std::vector<Tensor> tensors_;
  std::vector<Op> ops_;
  std::vector<bool> dropped_;     // by op
  std::vector<size_t> producer_;  // by tensor; kNone for inputs and constants
  std::vector<int> readers_;      // by tensor; an output of the graph counts as one
  std::vector<TensorId> inputs_;
  std::vector<TensorId> outputs_;
};

}  // namespace vseal::graph
