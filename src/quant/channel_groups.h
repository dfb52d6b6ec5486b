// Which channels of a network's tensors can be rescaled together.
#pragma once

#include <vector>

#include "graph/graph.h"

namespace vseal::quant {

// Channels (of the last axis) of all tensors in groups: a group's channels must be rescaled by one
// factor for the network's function to stay. Blocked groups cannot be rescaled.
class ChannelGroups {
 public:
  explicit ChannelGroups(const graph::Graph& graph);

  size_t group(graph::TensorId id, int64_t channel) const;
  bool blocked(size_t group) const { return blocked_[group]; }
  size_t count() const { return parent_.size(); }  // groups are below this

 private:
  size_t slot(graph::TensorId id, int64_t channel) const {
    return first_[static_cast<size_t>(id)] + static_cast<size_t>(channel);
  }
  int64_t channels(graph::TensorId id) const;
  size_t root(size_t slot) const;
  void join(size_t a, size_t b);
  // Channel c of one tensor with channel c of the other, for as many as the first has.
  void join_channels(graph::TensorId a, graph::TensorId b, int64_t offset_in_b = 0);
  void block(graph::TensorId id);
  void add(const graph::Op& op);
  void add_weighted(const graph::Op& op);

  const graph::Graph& graph_;
  std::vector<size_t> first_;  // by tensor: its channel 0
  mutable std::vector<size_t> parent_;
  std::vector<bool> blocked_;
};

}  // namespace vseal::quant
