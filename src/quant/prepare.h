// The float network in the form that is quantised.
#pragma once

#include "graph/graph.h"

namespace vseal::quant {

// BatchNorm folded, activations and residuals joined to their convolutions, and where a convolution
// reads a map that does not depend on the picture (the message) beside one that does, split in two:
//   conv(concat(x, m)) = conv(x) + residual conv(m)
// so that the message needs no scale in common with the picture, and what it adds is computed once
// for a message, in float, and enters the accumulators as a bias. Same function, other roundings.
// kUnsupported for a graph that computes on integers already; kCorruptInput naming the constant for
// one that holds a value that is not finite.
Result<graph::Graph> prepare(const graph::Graph& graph);

}  // namespace vseal::quant
