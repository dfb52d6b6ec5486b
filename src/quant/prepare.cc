#include "quant/prepare.h"

#include <cmath>

#include "graph/constant.h"
#include "graph/passes.h"
#include "quant/graph_copy.h"

namespace vseal::quant {
namespace {

using graph::Conv2d;
using graph::Graph;
using graph::Op;
using graph::Shape;
using graph::TensorId;

Status expect_float(const Graph& graph) {
  for (const graph::Tensor& tensor : graph.tensors()) {
    if (tensor.dtype == graph::DType::kF32 || graph::is_narrow(tensor.dtype)) continue;
    return unsupported("[quant] " + tensor.name + ": expected a float network, got " +
                       graph::dtype_name(tensor.dtype) + ": is it quantised already?");
  }
  return {};
}

Status expect_finite(const Graph& graph) {
  for (const graph::Tensor& tensor : graph.tensors()) {
    if (!tensor.is_constant()) continue;
    VSEAL_ASSIGN_OR_RETURN(const graph::F32Values values, graph::f32_values(tensor));
    for (const float value : values.span()) {
      if (std::isfinite(value)) continue;
      return corrupt_input("[quant] " + tensor.name + ": expected finite weights, got " +
                           std::to_string(value));
    }
  }
  return {};
}

// Input channels [begin, begin + count) of a filter [oc,kh,kw,ic].
Result<std::vector<float>> filter_slice(const graph::Tensor& filter, int64_t begin, int64_t count) {
  VSEAL_ASSIGN_OR_RETURN(const graph::F32Values values, graph::f32_values(filter));
  const int64_t ic = filter.shape[3];
  std::vector<float> slice;
  slice.reserve(values.size() / static_cast<size_t>(ic) * static_cast<size_t>(count));
  for (auto at = values.span().begin(); at != values.span().end(); at += ic) {
    slice.insert(slice.end(), at + begin, at + begin + count);
  }
  return slice;
}

class Splitter {
 public:
  explicit Splitter(const Graph& graph)
      : graph_(graph),
        copy_(graph),
        depends_(depends_on_picture(graph)),
        writer_(graph.tensors().size()) {
    for (const Op& op : graph.ops()) writer_[static_cast<size_t>(op.output)] = &op;
  }

  Result<Graph> run() {
    for (const Op& op : graph_.ops()) {
      const Op* concat = message_concat(op);
      VSEAL_RETURN_IF_ERROR(concat == nullptr ? copy_.copy(op) : split(op, *concat));
    }
    return copy_.finish();
  }

 private:
  bool depends(TensorId id) const { return depends_[static_cast<size_t>(id)]; }

  // The concatenation of a picture's and a message's maps that convolution `op` reads, or null.
  const Op* message_concat(const Op& op) const {
    const Conv2d* conv = op.as<Conv2d>();
    if (conv == nullptr || conv->has_residual) return nullptr;
    const Op* writer = writer_[static_cast<size_t>(op.inputs[0])];
    const bool fits = writer != nullptr && writer->as<graph::Concat>() != nullptr &&
                      writer->inputs.size() == 2 && depends(writer->inputs[0]) &&
                      !depends(writer->inputs[1]);
    return fits ? writer : nullptr;
  }

  Status split(const Op& op, const Op& concat) {
    const int64_t own = graph_.tensor(concat.inputs[0]).shape[3];
    const int64_t others = graph_.tensor(concat.inputs[1]).shape[3];
    Conv2d message_conv = *op.as<Conv2d>();
    message_conv.has_bias = false;
    message_conv.activation = graph::Activation::kNone;
    VSEAL_ASSIGN_OR_RETURN(const TensorId message, copy_.at(concat.inputs[1]));
    VSEAL_ASSIGN_OR_RETURN(const TensorId message_filter,
                           add_slice(op, ".message_weight", own, others));
    VSEAL_ASSIGN_OR_RETURN(
        const TensorId part,
        copy_.graph().add_op(op.name + ".message", message_conv, {message, message_filter}));
    VSEAL_ASSIGN_OR_RETURN(const TensorId x, copy_.at(concat.inputs[0]));
    VSEAL_ASSIGN_OR_RETURN(const TensorId filter, add_slice(op, ".picture_weight", 0, own));
    Conv2d conv = *op.as<Conv2d>();
    conv.has_residual = true;
    std::vector<TensorId> inputs = {x, filter};
    if (conv.has_bias) {
      VSEAL_ASSIGN_OR_RETURN(const TensorId bias, copy_.at(op.inputs[2]));
      inputs.push_back(bias);
    }
    inputs.push_back(part);
    VSEAL_ASSIGN_OR_RETURN(const TensorId y, copy_.graph().add_op(op.name, conv, inputs));
    copy_.set(op.output, y);
    return {};
  }

  Result<TensorId> add_slice(const Op& op, const char* suffix, int64_t begin, int64_t count) {
    const graph::Tensor& filter = graph_.tensor(op.inputs[1]);
    VSEAL_ASSIGN_OR_RETURN(std::vector<float> values, filter_slice(filter, begin, count));
    const Shape shape{filter.shape[0], filter.shape[1], filter.shape[2], count};
    return copy_.graph().add_constant(op.name + suffix, graph::DType::kF32, shape,
                                      graph::own_values(std::move(values)));
  }

  const Graph& graph_;
  GraphCopy copy_;
  std::vector<bool> depends_;
  std::vector<const Op*> writer_;
};

}  // namespace

Result<Graph> prepare(const Graph& graph) {
  VSEAL_RETURN_IF_ERROR(expect_float(graph));
  VSEAL_RETURN_IF_ERROR(expect_finite(graph));
  VSEAL_ASSIGN_OR_RETURN(const Graph folded, graph::fold_batch_norm(graph));
  VSEAL_ASSIGN_OR_RETURN(const Graph fused, graph::fuse_epilogues(folded));
  return Splitter(fused).run();
}

}  // namespace vseal::quant
