// Activations and residual additions as the last step of the op that feeds them.
#include "graph/passes.h"
#include "graph/rewrite.h"

namespace vseal::graph {
namespace {

// Integer ops round where they end: joining two would change their meaning.
bool is_integer(const Op& op, const Rewrite& rewrite) {
  return rewrite.tensor(op.inputs[0]).dtype == DType::kI8;
}

// Gives the conv2d or linear that alone feeds activate `i` its activation.
void absorb_activation(size_t i, Rewrite& rewrite) {
  const Activation activation = rewrite.op(i).as<Activate>()->activation;
  const size_t producer = rewrite.private_producer(rewrite.op(i).inputs[0]);
  if (producer == Rewrite::kNone || is_integer(rewrite.op(producer), rewrite)) return;
  OpAttributes attributes = rewrite.op(producer).attributes;
  if (auto* conv = std::get_if<Conv2d>(&attributes)) {
    if (conv->activation != Activation::kNone) return;
    conv->activation = activation;
  } else if (auto* linear = std::get_if<Linear>(&attributes)) {
    if (linear->activation != Activation::kNone) return;
    linear->activation = activation;
  } else {
    return;
  }
  rewrite.merge(producer, i, attributes, rewrite.op(producer).inputs);
}

// The later of the two operands of add `i` that is a bare convolution with this one reader, as an
// index into the add's inputs; -1 when there is none. The other operand is then ready before it.
int residual_host(size_t i, const Rewrite& rewrite) {
  int host = -1;
  size_t latest = 0;
  for (int operand = 0; operand < 2; ++operand) {
    const size_t producer =
        rewrite.private_producer(rewrite.op(i).inputs[static_cast<size_t>(operand)]);
    if (producer == Rewrite::kNone || (host >= 0 && producer < latest)) continue;
    const Conv2d* conv = rewrite.op(producer).as<Conv2d>();
    if (is_integer(rewrite.op(producer), rewrite)) continue;
    if (conv == nullptr || conv->has_residual || conv->activation != Activation::kNone) continue;
    host = operand;
    latest = producer;
  }
  return host;
}

// Makes add `i` the residual of the convolution before it.
void absorb_addition(size_t i, Rewrite& rewrite) {
  const int host = residual_host(i, rewrite);
  if (host < 0) return;
  const TensorId residual = rewrite.op(i).inputs[static_cast<size_t>(1 - host)];
  const size_t producer = rewrite.private_producer(rewrite.op(i).inputs[static_cast<size_t>(host)]);
  Conv2d conv = *rewrite.op(producer).as<Conv2d>();
  conv.has_residual = true;
  std::vector<TensorId> inputs = rewrite.op(producer).inputs;
  inputs.push_back(residual);
  rewrite.merge(producer, i, conv, std::move(inputs));
}

}  // namespace

Result<Graph> fuse_epilogues(const Graph& graph) {
  Rewrite rewrite(graph);
  for (size_t i = 0; i < rewrite.op_count(); ++i) {
    if (rewrite.op(i).as<Activate>() != nullptr) absorb_activation(i, rewrite);
    if (rewrite.op(i).as<Add>() != nullptr) absorb_addition(i, rewrite);
  }
  return rewrite.build();
}

}  // namespace vseal::graph
