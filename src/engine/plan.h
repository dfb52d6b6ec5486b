// What stands behind Plan: steps, and a place for every tensor.
#pragma once

#include <memory>
#include <vector>

#include "engine/session.h"
#include "engine/steps.h"
#include "graph/constant.h"

namespace vseal::engine {

class PlanState : public Plan {
 public:
  static Result<std::shared_ptr<const PlanState>> create(const graph::Graph& graph,
                                                         const PlanOptions& options);

  size_t arena_bytes() const override { return arena_floats_ * sizeof(float); }
  size_t weight_bytes() const override;
  const std::vector<graph::Shape>& input_shapes() const override { return input_shapes_; }
  const std::vector<graph::Shape>& output_shapes() const override { return output_shapes_; }

  const graph::Graph& graph() const { return graph_; }
  size_t arena_floats() const { return arena_floats_; }
  // Values of a constant that steps read when they run, f16 widened; null for one that was packed.
  const std::byte* constant(graph::TensorId id) const {
    return constants_[static_cast<size_t>(id)].data();
  }
  // Offset in floats of a tensor in the arena; constants have none.
  size_t offset(graph::TensorId id) const { return offsets_[static_cast<size_t>(id)]; }
  // The most that a step asks for.
  size_t scratch_floats(int threads) const;
  // The step of op i; null where the output is another name for the input (reshape).
  const Step* step(size_t i) const { return steps_[i].get(); }
  // Which inputs op i depends on, bit k for input k.
  uint64_t dependencies(size_t i) const { return op_dependencies_[i]; }

 private:
  Status make_steps(const PlanOptions& options);
  Status make_constants();
  void find_dependencies();
  void place_tensors();

  graph::Graph graph_;
  std::vector<std::unique_ptr<Step>> steps_;
  std::vector<graph::ConstantValues> constants_;  // by tensor
  std::vector<uint64_t> op_dependencies_;
  std::vector<uint64_t> tensor_dependencies_;
  std::vector<graph::TensorId> home_;  // the tensor whose memory each tensor uses
  std::vector<size_t> offsets_;
  size_t arena_floats_ = 0;
  std::vector<graph::Shape> input_shapes_;
  std::vector<graph::Shape> output_shapes_;
};

}  // namespace vseal::engine
