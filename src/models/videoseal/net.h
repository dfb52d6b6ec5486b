// A network of the VideoSeal family while it is being built, module by module of the checkpoint.
#pragma once

#include <string>
#include <vector>

#include "graph/graph.h"
#include "models/weights.h"

namespace vseal::models::videoseal {

// Ops bear the names of upstream's modules, constants those of their tensors. The tensors' shapes
// have been checked before (check_tensors). Not thread-safe.
class Net {
 public:
  explicit Net(Weights& weights) : weights_(weights) {}

  graph::Graph& graph() { return graph_; }
  int64_t channels(graph::TensorId x) const;

  Result<graph::TensorId> op(std::string name, graph::OpAttributes attributes,
                             std::vector<graph::TensorId> inputs);

  // A module with `weight` [oc,ic,kh,kw] and, when attributes.has_bias, `bias` [oc].
  Result<graph::TensorId> conv(const std::string& module, graph::TensorId x,
                               graph::Conv2d attributes);
  // `weight` [c,1,kh,kw] and `bias`.
  Result<graph::TensorId> depthwise(const std::string& module, graph::TensorId x, int pad);
  // `weight` [out,in] and `bias`, followed by an activation.
  Result<graph::TensorId> linear(const std::string& module, graph::TensorId x,
                                 graph::Activation activation = graph::Activation::kNone);
  Result<graph::TensorId> layer_norm(const std::string& module, graph::TensorId x, float epsilon);
  // BatchNorm with `weight`, `bias`, `running_mean`, `running_var`, or ChanRMSNorm with `gamma`.
  Result<graph::TensorId> norm(const std::string& module, graph::TensorId x, bool rms);

  // A tensor whose values lie in one row, as a vector [c] whatever extents of 1 it has.
  Result<graph::TensorId> vector(const std::string& name);
  // A filter [oc,ic,kh,kw], of whose input channels [0, end) are taken and those from `scaled_from`
  // on multiplied by `factor`, as [oc,kh,kw,end].
  struct InputRange {
    int64_t end = 0;
    int64_t scaled_from = 0;
    float factor = 1.0f;
  };
  Result<graph::TensorId> filter(const std::string& name, const InputRange& range);
  Result<graph::TensorId> filter(const std::string& name);
  // Rows [begin, begin + count) of a matrix [out,in] or of a vector [out].
  Result<graph::TensorId> rows(const std::string& name, int64_t begin, int64_t count);
  // A tensor in its own order and shape.
  Result<graph::TensorId> whole(const std::string& name);
  // Adds a constant that was made of other tensors.
  Result<graph::TensorId> constant(const std::string& name, Result<ViewedConstant> made);

  // The stored tensor, marked as used.
  Result<const formats::CheckpointTensor*> tensor(const std::string& name);
  Result<std::vector<float>> values(const std::string& name);
  const std::shared_ptr<const void>& owner() const { return weights_.owner(); }

  Result<graph::Graph> finish(graph::TensorId output);

 private:
  graph::Graph graph_;
  Weights& weights_;
};

}  // namespace vseal::models::videoseal
