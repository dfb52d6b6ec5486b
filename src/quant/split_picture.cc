#include "quant/split_picture.h"

#include "graph/constant.h"
#include "quant/graph_copy.h"
#include "quant/range.h"

namespace vseal::quant {
namespace {

using graph::Graph;
using graph::kNoTensor;
using graph::Op;
using graph::TensorId;

constexpr float kFiner = 16.0f;

// Twice the input channels: the filter as it is, then a part of it.
std::vector<float> doubled(const graph::F32Values& weight, size_t channels) {
  std::vector<float> out;
  out.reserve(2 * weight.size());
  for (size_t at = 0; at < weight.size(); at += channels) {
    for (size_t c = 0; c < channels; ++c) out.push_back(weight[at + c]);
    for (size_t c = 0; c < channels; ++c) out.push_back(weight[at + c] / kFiner);
  }
  return out;
}

class PictureSplitter {
 public:
  explicit PictureSplitter(const Graph& graph)
      : graph_(graph), copy_(graph), both_(graph.tensors().size(), kNoTensor) {}

  Result<Graph> run() {
    for (const Op& op : graph_.ops()) {
      const bool reads_picture =
          op.as<graph::Conv2d>() != nullptr && picture_type(graph_, op.inputs[0]).has_value();
      VSEAL_RETURN_IF_ERROR(reads_picture ? split(op) : copy_.copy(op));
    }
    return copy_.finish();
  }

 private:
  Status split(const Op& op) {
    VSEAL_ASSIGN_OR_RETURN(const TensorId x, both(op.inputs[0]));
    const graph::Tensor& weight = graph_.tensor(op.inputs[1]);
    VSEAL_ASSIGN_OR_RETURN(const graph::F32Values values, graph::f32_values(weight));
    const graph::Shape& from = weight.shape;
    const graph::Shape shape{from[0], from[1], from[2], 2 * from[3]};
    const auto channels = static_cast<size_t>(from[3]);
    VSEAL_ASSIGN_OR_RETURN(
        const TensorId filter,
        copy_.graph().add_constant(weight.name + ".finer", graph::DType::kF32, shape,
                                   graph::own_values(doubled(values, channels))));
    std::vector<TensorId> inputs = {x, filter};
    for (size_t i = 2; i < op.inputs.size(); ++i) {
      VSEAL_ASSIGN_OR_RETURN(const TensorId input, copy_.at(op.inputs[i]));
      inputs.push_back(input);
    }
    VSEAL_ASSIGN_OR_RETURN(
        const TensorId y, copy_.graph().add_op(op.name, op.attributes, std::move(inputs), op.type));
    copy_.set(op.output, y);
    return {};
  }

  // concat(r, 16 (x - r)), made once.
  Result<TensorId> both(TensorId id) {
    TensorId& made = both_[static_cast<size_t>(id)];
    if (made != kNoTensor) return made;
    const std::string& name = graph_.tensor(id).name;
    Graph& out = copy_.graph();
    VSEAL_ASSIGN_OR_RETURN(const TensorId x, copy_.at(id));
    VSEAL_ASSIGN_OR_RETURN(const TensorId stored, out.add_op(name + ".steps", graph::Quantize{},
                                                             {x}, *picture_type(graph_, id)));
    VSEAL_ASSIGN_OR_RETURN(const TensorId r,
                           out.add_op(name + ".coarse", graph::Dequantize{}, {stored}));
    VSEAL_ASSIGN_OR_RETURN(const TensorId minus,
                           out.add_op(name + ".minus", graph::Affine{-kFiner, 0}, {r}));
    VSEAL_ASSIGN_OR_RETURN(const TensorId plus,
                           out.add_op(name + ".plus", graph::Affine{kFiner, 0}, {x}));
    VSEAL_ASSIGN_OR_RETURN(const TensorId rest,
                           out.add_op(name + ".rest", graph::Add{}, {plus, minus}));
    VSEAL_ASSIGN_OR_RETURN(made, out.add_op(name + ".both", graph::Concat{}, {r, rest}));
    return made;
  }

  const Graph& graph_;
  GraphCopy copy_;
  std::vector<TensorId> both_;  // by tensor of graph_
};

}  // namespace

std::optional<graph::ValueType> picture_type(const Graph& graph, TensorId id) {
  const Op* op = writer_of(graph, id);
  if (op != nullptr && op->as<graph::Concat>() != nullptr && op->inputs.size() == 2) {
    const Op* coarse = writer_of(graph, op->inputs[0]);
    if (coarse == nullptr || coarse->as<graph::Dequantize>() == nullptr) return {};
    return graph.tensor(coarse->inputs[0]).type();
  }
  while (op != nullptr && op->as<graph::SpaceToDepth>() != nullptr) {
    op = writer_of(graph, op->inputs[0]);
  }
  const auto* affine = op == nullptr ? nullptr : op->as<graph::Affine>();
  if (affine == nullptr || op->inputs[0] != graph.inputs()[0]) return {};
  const float low = affine->offset, high = affine->scale + affine->offset;
  if (low > 0 || high < 0) return {};
  // Symmetric: in steps of exactly (high - low) / 255 every 8-bit value would lie halfway between
  // two numbers, since zero does (it is 127.5 of 255), and runtimes round halves both ways.
  if (high == -low) return graph::ValueType{graph::DType::kI8, high / 127, 0};
  return type_of_range(low, high);
}

Result<Graph> split_picture(const Graph& prepared) { return PictureSplitter(prepared).run(); }

}  // namespace vseal::quant
