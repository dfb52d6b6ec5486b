// The tensors of a model file, by name, as constants of a graph.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "formats/checkpoint.h"
#include "graph/graph.h"
#include "models/card.h"
#include "models/tensor_view.h"

namespace vseal::models {

// kCorruptInput "[model] NAME: expected ..., got ...".
Status tensor_fault(const std::string& name, const std::string& expected, const std::string& got);

// Hands out floating tensors, and filters and tiled tensors of i8 in our layout (whose rows'
// factors are the tensor "NAME.scale"; row_scaled.h), in the axis order of our graphs: as views
// where the file has that order already, else to be permuted when they are read. Errors are
// tensor_fault's. Remembers what was asked for. Refers to `file`, which must outlive it; the graphs
// need only the file's owner. Not thread-safe.
class Weights {
 public:
  Weights(const formats::Checkpoint& file, Layout layout) : file_(file), layout_(layout) {}

  bool has(const std::string& name) const { return file_.find(name) != nullptr; }

  // Extents as stored; of a filter as [oc,kh,kw,ic] whatever the layout; of a matrix as [out,in].
  Result<graph::Shape> shape(const std::string& name) const;
  Result<graph::Shape> filter_shape(const std::string& name) const;
  Result<graph::Shape> matrix_shape(const std::string& name) const;

  // The tensor itself, which must have these extents.
  Result<const formats::CheckpointTensor*> take(const std::string& name,
                                                const graph::Shape& stored);
  // `view` of it as a constant that bears `name`.
  Result<graph::TensorId> add_view(graph::Graph& graph, const std::string& name,
                                   const formats::CheckpointTensor& tensor, View view) const;

  // The tensor as it is.
  Result<graph::TensorId> add_whole(graph::Graph& graph, const std::string& name);
  Result<graph::TensorId> add_vector(graph::Graph& graph, const std::string& name, int64_t length);
  // `shape` is [oc,kh,kw,ic].
  Result<graph::TensorId> add_filter(graph::Graph& graph, const std::string& name,
                                     const graph::Shape& shape);

  // A matrix or vector, of which one axis runs over the channels and cells of a tile: PyTorch's
  // order is channel by channel, ours cell by cell. The tensor is [outer, channels * cells, inner].
  struct TileAxis {
    int64_t outer = 1;
    int64_t channels = 1;
    int64_t cells = 1;
    int64_t inner = 1;
  };
  Result<graph::TensorId> add_tiled(graph::Graph& graph, const std::string& name,
                                    const graph::Shape& shape, const TileAxis& axis);

  const std::shared_ptr<const void>& owner() const { return file_.owner(); }

  // Names of the tensors that nobody asked for.
  std::vector<std::string> unused() const;

 private:
  Result<const formats::CheckpointTensor*> find(const std::string& name) const;
  Result<graph::TensorId> add_row_scaled(graph::Graph& graph, const std::string& name,
                                         const formats::CheckpointTensor& tensor,
                                         const graph::Shape& shape) const;

  const formats::Checkpoint& file_;
  Layout layout_;
  std::set<std::string> used_;
};

}  // namespace vseal::models
