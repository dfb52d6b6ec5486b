#include "quant/channel_groups.h"

#include <algorithm>

namespace vseal::quant {

using graph::Activation;
using graph::Op;
using graph::TensorId;

namespace {

Activation activation_of(const Op& op) {
  if (const auto* conv = op.as<graph::Conv2d>()) return conv->activation;
  if (const auto* linear = op.as<graph::Linear>()) return linear->activation;
  return Activation::kNone;
}

bool scales_through(Activation activation) {
  return activation == Activation::kNone || activation == Activation::kRelu;
}

}  // namespace

ChannelGroups::ChannelGroups(const graph::Graph& graph) : graph_(graph) {
  size_t next = 0;
  for (size_t i = 0; i < graph.tensors().size(); ++i) {
    first_.push_back(next);
    next += static_cast<size_t>(channels(static_cast<TensorId>(i)));
  }
  for (size_t i = 0; i < next; ++i) parent_.push_back(i);
  blocked_.resize(next);
  for (const TensorId id : graph.inputs()) block(id);
  for (const Op& op : graph.ops()) add(op);
  for (const TensorId id : graph.outputs()) block(id);
}

int64_t ChannelGroups::channels(TensorId id) const {
  const graph::Tensor& tensor = graph_.tensor(id);
  if (tensor.is_constant() || tensor.shape.rank() == 0) return 0;
  return tensor.shape[tensor.shape.rank() - 1];
}

size_t ChannelGroups::root(size_t slot) const {
  while (parent_[slot] != slot) slot = parent_[slot] = parent_[parent_[slot]];
  return slot;
}

size_t ChannelGroups::group(TensorId id, int64_t channel) const { return root(slot(id, channel)); }

void ChannelGroups::join(size_t a, size_t b) {
  a = root(a);
  b = root(b);
  if (a == b) return;
  parent_[b] = a;
  blocked_[a] = blocked_[a] || blocked_[b];
}

void ChannelGroups::join_channels(TensorId a, TensorId b, int64_t offset_in_b) {
  for (int64_t c = 0; c < channels(a); ++c) join(slot(a, c), slot(b, c + offset_in_b));
}

void ChannelGroups::block(TensorId id) {
  for (int64_t c = 0; c < channels(id); ++c) blocked_[group(id, c)] = true;
}

void ChannelGroups::add_weighted(const Op& op) {
  const graph::WeightedInputs in = graph::weighted_inputs(op);
  for (const TensorId id : {in.bias, in.residual}) {
    if (id != graph::kNoTensor && !graph_.tensor(id).is_constant()) join_channels(id, op.output);
  }
  if (!scales_through(activation_of(op))) block(op.output);
}

void ChannelGroups::add(const Op& op) {
  const TensorId x = op.inputs[0], y = op.output;
  if (op.as<graph::Conv2d>() != nullptr || op.as<graph::Linear>() != nullptr ||
      op.as<graph::DepthwiseConv2d>() != nullptr) {
    return add_weighted(op);
  }
  if (op.as<graph::LayerNorm>() != nullptr || op.as<graph::ChannelRmsNorm>() != nullptr ||
      op.as<graph::GlobalResponseNorm>() != nullptr) {
    return block(x);
  }
  const auto* activate = op.as<graph::Activate>();
  const bool keeps_channels =
      op.as<graph::ResizeBilinear>() != nullptr || op.as<graph::Tile>() != nullptr ||
      op.as<graph::FoldMean>() != nullptr || op.as<graph::SpatialMean>() != nullptr ||
      (activate != nullptr && scales_through(activate->activation));
  const bool same = op.as<graph::Reshape>() != nullptr && channels(x) == channels(y);
  if (keeps_channels || same) return join_channels(x, y);
  if (op.as<graph::Add>() != nullptr) {
    join_channels(x, y);
    return join_channels(op.inputs[1], y);
  }
  if (op.as<graph::Concat>() != nullptr) {
    int64_t offset = 0;
    for (const TensorId id : op.inputs) {
      join_channels(id, y, offset);
      offset += channels(id);
    }
    return;
  }
  if (op.as<graph::BorderMap>() != nullptr) {
    for (int64_t c = 0; c < channels(x); ++c) join(slot(x, c), slot(y, c % channels(y)));
    return;
  }
  for (const TensorId id : op.inputs) block(id);
  block(y);
}

}  // namespace vseal::quant
