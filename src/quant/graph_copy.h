// A graph that is written anew from another, op by op.
#pragma once

#include <string>
#include <vector>

#include "graph/graph.h"

namespace vseal::quant {

// Declares the inputs of `from` and then copies or replaces its ops in their order. Constants come
// along when an op asks for them. Refers to `from`, which must outlive it. Not thread-safe.
class GraphCopy {
 public:
  // Constants that are copied get `prefix` before their names.
  explicit GraphCopy(const graph::Graph& from, std::string prefix = {});

  graph::Graph& graph() { return out_; }
  const std::string& prefix() const { return prefix_; }

  // The new graph's tensor that stands for `id`: what set() said, or a constant's copy. An error
  // when nothing stands for it yet.
  Result<graph::TensorId> at(graph::TensorId id);
  void set(graph::TensorId id, graph::TensorId made) { made_[static_cast<size_t>(id)] = made; }

  // The op as it is, reading what stands for its inputs.
  Status copy(const graph::Op& op);

  // Copies the list of outputs and drops ops whose results nothing reads.
  Result<graph::Graph> finish();

 private:
  const graph::Graph& from_;
  std::string prefix_;
  graph::Graph out_;
  std::vector<graph::TensorId> made_;
};

}  // namespace vseal::quant
