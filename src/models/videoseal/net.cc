#include "models/videoseal/net.h"

#include <utility>

namespace vseal::models::videoseal {

using formats::CheckpointTensor;
using graph::Shape;
using graph::TensorId;

int64_t Net::channels(TensorId x) const {
  const Shape& shape = graph_.tensor(x).shape;
  return shape[shape.rank() - 1];
}

Result<TensorId> Net::op(std::string name, graph::OpAttributes attributes,
                         std::vector<TensorId> inputs) {
  return graph_.add_op(std::move(name), std::move(attributes), std::move(inputs));
}

Result<const CheckpointTensor*> Net::tensor(const std::string& name) {
  VSEAL_ASSIGN_OR_RETURN(const Shape shape, weights_.shape(name));
  return weights_.take(name, shape);
}

Result<std::vector<float>> Net::values(const std::string& name) {
  VSEAL_ASSIGN_OR_RETURN(const CheckpointTensor* stored, tensor(name));
  std::vector<float> values(static_cast<size_t>(stored->shape.elements()));
  VSEAL_RETURN_IF_ERROR(formats::read_f32(*stored, values));
  return values;
}

Result<TensorId> Net::constant(const std::string& name, Result<ViewedConstant> made) {
  if (!made.ok()) return made.status();
  return graph_.add_constant(name, made->dtype, made->shape, std::move(made->data));
}

Result<TensorId> Net::vector(const std::string& name) {
  VSEAL_ASSIGN_OR_RETURN(const CheckpointTensor* stored, tensor(name));
  Axis row{stored->shape.elements(), 1};
  for (int i = 0; i < stored->shape.rank(); ++i) {
    if (stored->shape[i] > 1) row.stride = stored->strides[static_cast<size_t>(i)];
  }
  return weights_.add_view(graph_, name, *stored, {.axes = {row}});
}

Result<TensorId> Net::rows(const std::string& name, int64_t begin, int64_t count) {
  VSEAL_ASSIGN_OR_RETURN(const CheckpointTensor* stored, tensor(name));
  View view{.offset = begin * stored->strides[0]};
  for (int i = 0; i < stored->shape.rank(); ++i) {
    view.axes.push_back(
        {i == 0 ? count : stored->shape[i], stored->strides[static_cast<size_t>(i)]});
  }
  return weights_.add_view(graph_, name, *stored, std::move(view));
}

Result<TensorId> Net::whole(const std::string& name) {
  VSEAL_ASSIGN_OR_RETURN(const Shape shape, weights_.shape(name));
  return rows(name, 0, shape[0]);
}

Result<TensorId> Net::filter(const std::string& name, const InputRange& range) {
  VSEAL_ASSIGN_OR_RETURN(const CheckpointTensor* stored, tensor(name));
  const Shape& shape = stored->shape;
  const std::vector<int64_t>& stride = stored->strides;
  View view{.axes = {{shape[0], stride[0]},
                     {shape[2], stride[2]},
                     {shape[3], stride[3]},
                     {range.end, stride[1]}},
            .scaled_from = range.scaled_from,
            .factor = range.factor};
  return weights_.add_view(graph_, name, *stored, std::move(view));
}

Result<TensorId> Net::filter(const std::string& name) {
  VSEAL_ASSIGN_OR_RETURN(const Shape shape, weights_.shape(name));
  return filter(name, {.end = shape[1]});
}

Result<TensorId> Net::conv(const std::string& module, TensorId x, graph::Conv2d attributes) {
  VSEAL_ASSIGN_OR_RETURN(const TensorId weight, filter(module + ".weight"));
  std::vector<TensorId> inputs = {x, weight};
  if (attributes.has_bias) {
    VSEAL_ASSIGN_OR_RETURN(const TensorId bias, vector(module + ".bias"));
    inputs.push_back(bias);
  }
  return op(module, attributes, std::move(inputs));
}

Result<TensorId> Net::depthwise(const std::string& module, TensorId x, int pad) {
  const std::string name = module + ".weight";
  VSEAL_ASSIGN_OR_RETURN(const CheckpointTensor* stored, tensor(name));
  const Shape& shape = stored->shape;
  const std::vector<int64_t>& stride = stored->strides;
  View view{.axes = {{shape[2], stride[2]}, {shape[3], stride[3]}, {shape[0], stride[0]}}};
  VSEAL_ASSIGN_OR_RETURN(const TensorId weight,
                         weights_.add_view(graph_, name, *stored, std::move(view)));
  VSEAL_ASSIGN_OR_RETURN(const TensorId bias, vector(module + ".bias"));
  return op(module, graph::DepthwiseConv2d{.pad = pad, .has_bias = true}, {x, weight, bias});
}

Result<TensorId> Net::linear(const std::string& module, TensorId x, graph::Activation activation) {
  VSEAL_ASSIGN_OR_RETURN(const TensorId weight, whole(module + ".weight"));
  VSEAL_ASSIGN_OR_RETURN(const TensorId bias, vector(module + ".bias"));
  VSEAL_ASSIGN_OR_RETURN(const TensorId y,
                         op(module, graph::Linear{.has_bias = true}, {x, weight, bias}));
  if (activation == graph::Activation::kNone) return y;
  return op(module + ".act", graph::Activate{activation}, {y});
}

Result<TensorId> Net::layer_norm(const std::string& module, TensorId x, float epsilon) {
  VSEAL_ASSIGN_OR_RETURN(const TensorId gamma, vector(module + ".weight"));
  VSEAL_ASSIGN_OR_RETURN(const TensorId beta, vector(module + ".bias"));
  return op(module, graph::LayerNorm{epsilon}, {x, gamma, beta});
}

Result<TensorId> Net::norm(const std::string& module, TensorId x, bool rms) {
  if (rms) {
    VSEAL_ASSIGN_OR_RETURN(const TensorId gamma, vector(module + ".gamma"));
    return op(module, graph::ChannelRmsNorm{}, {x, gamma});
  }
  std::vector<TensorId> inputs = {x};
  for (const char* part : {".weight", ".bias", ".running_mean", ".running_var"}) {
    VSEAL_ASSIGN_OR_RETURN(const TensorId parameter, vector(module + part));
    inputs.push_back(parameter);
  }
  return op(module, graph::BatchNorm{}, std::move(inputs));
}

Result<graph::Graph> Net::finish(TensorId output) {
  VSEAL_RETURN_IF_ERROR(graph_.add_output(output));
  VSEAL_RETURN_IF_ERROR(graph::verify(graph_));
  return std::move(graph_);
}

}  // namespace vseal::models::videoseal
