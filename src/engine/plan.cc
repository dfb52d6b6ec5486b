#include "engine/plan.h"

#include <algorithm>
#include <numeric>

#include "engine/arena.h"
#include "graph/passes.h"

namespace vseal::engine {
namespace {

constexpr size_t kMaxInputs = 64;

size_t size_bytes(const graph::Tensor& tensor) {
  return static_cast<size_t>(tensor.shape.elements()) * graph::size_bytes(tensor.dtype);
}

// Bytes of weights that are packed between two calls of PlanOptions::after_packing: so much lies in
// memory twice. Not all too many calls, each of which looks through a whole file.
size_t packed_between_calls(const graph::Graph& graph) {
  constexpr size_t kLeast = size_t{4} << 20, kMostCalls = 64;
  size_t bytes = 0;
  for (const graph::Tensor& tensor : graph.tensors()) {
    if (tensor.is_constant()) bytes += size_bytes(tensor);
  }
  return std::max(kLeast, bytes / kMostCalls);
}

// What sessions hand out is f32, whatever lies between.
Status check_ends(const graph::Graph& graph) {
  for (const std::vector<graph::TensorId>* ends : {&graph.inputs(), &graph.outputs()}) {
    for (const graph::TensorId id : *ends) {
      const graph::Tensor& tensor = graph.tensor(id);
      if (tensor.dtype == graph::DType::kF32) continue;
      return unsupported("[plan] " + tensor.name + ": expected f32, got " +
                         graph::dtype_name(tensor.dtype));
    }
  }
  if (graph.inputs().size() > kMaxInputs) {
    return unsupported("[plan] expected at most " + std::to_string(kMaxInputs) + " inputs, got " +
                       std::to_string(graph.inputs().size()));
  }
  return {};
}

// Floats that hold a tensor of any type.
size_t size_floats(const graph::Tensor& tensor) {
  return (size_bytes(tensor) + sizeof(float) - 1) / sizeof(float);
}

}  // namespace

Result<std::shared_ptr<const Plan>> Plan::create(const graph::Graph& graph,
                                                 const PlanOptions& options) {
  VSEAL_ASSIGN_OR_RETURN(auto plan, PlanState::create(graph, options));
  return std::shared_ptr<const Plan>(std::move(plan));
}

Result<std::shared_ptr<const PlanState>> PlanState::create(const graph::Graph& graph,
                                                           const PlanOptions& options) {
  auto plan = std::make_shared<PlanState>();
  plan->graph_ = graph;
  if (options.fuse) {
    VSEAL_ASSIGN_OR_RETURN(plan->graph_, graph::fold_batch_norm(graph));
    VSEAL_ASSIGN_OR_RETURN(plan->graph_, graph::fuse_epilogues(plan->graph_));
  }
  VSEAL_RETURN_IF_ERROR(graph::verify(plan->graph_));
  VSEAL_RETURN_IF_ERROR(check_ends(plan->graph_));
  VSEAL_RETURN_IF_ERROR(plan->make_steps(options));
  VSEAL_RETURN_IF_ERROR(plan->make_constants());
  plan->find_dependencies();
  plan->place_tensors();
  for (const graph::TensorId id : plan->graph_.inputs()) {
    plan->input_shapes_.push_back(plan->graph_.tensor(id).shape);
  }
  for (const graph::TensorId id : plan->graph_.outputs()) {
    plan->output_shapes_.push_back(plan->graph_.tensor(id).shape);
  }
  return std::shared_ptr<const PlanState>(std::move(plan));
}

size_t PlanState::weight_bytes() const {
  size_t bytes = 0;
  for (const auto& step : steps_) bytes += step != nullptr ? step->weight_bytes() : 0;
  for (const graph::ConstantValues& values : constants_) bytes += values.size();
  return bytes;
}

size_t PlanState::scratch_floats(int threads) const {
  size_t floats = 0;
  for (const auto& step : steps_) {
    if (step != nullptr) floats = std::max(floats, step->scratch_floats(threads));
  }
  return floats;
}

Status PlanState::make_steps(const PlanOptions& options) {
  home_.resize(graph_.tensors().size());
  std::iota(home_.begin(), home_.end(), graph::TensorId{0});
  const size_t between = packed_between_calls(graph_);
  size_t packed = 0;
  for (const graph::Op& op : graph_.ops()) {
    const graph::TensorId source = op.inputs[0];
    if (op.as<graph::Reshape>() != nullptr && !graph_.tensor(source).is_constant()) {
      home_[static_cast<size_t>(op.output)] = home_[static_cast<size_t>(source)];
      steps_.push_back(nullptr);
      continue;
    }
    VSEAL_ASSIGN_OR_RETURN(auto step, make_step(op, graph_));
    packed += step->weight_bytes();
    steps_.push_back(std::move(step));
    if (packed < between || !options.after_packing) continue;
    options.after_packing();
    packed = 0;
  }
  if (options.after_packing) options.after_packing();
  return {};
}

// Weights that their step has packed are not kept a second time.
Status PlanState::make_constants() {
  constants_.resize(graph_.tensors().size());
  for (size_t i = 0; i < graph_.ops().size(); ++i) {
    const std::vector<graph::TensorId>& inputs = graph_.ops()[i].inputs;
    for (size_t k = 0; k < inputs.size(); ++k) {
      const size_t id = static_cast<size_t>(inputs[k]);
      const bool packed = k == 1 && steps_[i] != nullptr && steps_[i]->weight_bytes() > 0;
      if (packed || !graph_.tensors()[id].is_constant() || constants_[id].size() > 0) continue;
      VSEAL_ASSIGN_OR_RETURN(constants_[id], graph::constant_values(graph_.tensors()[id]));
    }
  }
  return {};
}

void PlanState::find_dependencies() {
  tensor_dependencies_.assign(graph_.tensors().size(), 0);
  for (size_t i = 0; i < graph_.inputs().size(); ++i) {
    tensor_dependencies_[static_cast<size_t>(graph_.inputs()[i])] = uint64_t{1} << i;
  }
  for (const graph::Op& op : graph_.ops()) {
    uint64_t mask = 0;
    for (const graph::TensorId id : op.inputs)
      mask |= tensor_dependencies_[static_cast<size_t>(id)];
    op_dependencies_.push_back(mask);
    tensor_dependencies_[static_cast<size_t>(op.output)] = mask;
  }
}

// A tensor lives from the op that writes it to the last that reads it. Inputs, outputs, and values
// that an op reads which runs more often than the op that made them (it depends on more inputs)
// live for ever: a run skips what its changed inputs do not reach.
void PlanState::place_tensors() {
  const int end = static_cast<int>(graph_.ops().size());
  std::vector<Lifetime> lifetimes(graph_.tensors().size(), Lifetime{0, end, 0});
  const auto keep = [&](graph::TensorId id) {
    Lifetime& life = lifetimes[static_cast<size_t>(home_[static_cast<size_t>(id)])];
    life.first = 0;
    life.last = end;
  };
  for (int i = 0; i < end; ++i) {
    const graph::Op& op = graph_.ops()[static_cast<size_t>(i)];
    const auto touch = [&](graph::TensorId id) {
      Lifetime& life = lifetimes[static_cast<size_t>(home_[static_cast<size_t>(id)])];
      life.first = std::min(life.first, i);
      life.last = std::max(life.last, i);
    };
    touch(op.output);
    for (const graph::TensorId id : op.inputs) {
      touch(id);
      if (tensor_dependencies_[static_cast<size_t>(id)] != op_dependencies_[static_cast<size_t>(i)])
        keep(id);
    }
  }
  for (const graph::TensorId id : graph_.inputs()) keep(id);
  for (const graph::TensorId id : graph_.outputs()) keep(id);
  for (size_t id = 0; id < lifetimes.size(); ++id) {
    const graph::Tensor& tensor = graph_.tensors()[id];
    const bool lives_here = !tensor.is_constant() && home_[id] == static_cast<graph::TensorId>(id);
    lifetimes[id].size = lives_here ? size_floats(tensor) : 0;
  }
  const ArenaLayout layout = lay_out(lifetimes);
  arena_floats_ = layout.size;
  offsets_.resize(layout.offsets.size());
  for (size_t id = 0; id < offsets_.size(); ++id) {
    offsets_[id] = layout.offsets[static_cast<size_t>(home_[id])];
  }
}

}  // namespace vseal::engine
