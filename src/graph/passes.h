// Rewrites that keep a graph's meaning. Where several ops become one, the one bears the name of the
// last of them, so graph.find(name) still finds the same values; constants that nothing reads any
// more are dropped, the others shared with the old graph, not copied.
#pragma once

#include <string>

#include "graph/graph.h"

namespace vseal::graph {

// conv2d -> batch_norm becomes one conv2d with bias (in double, rounded once; the weights when they
// are read, so that they are never held twice). A batch_norm whose input is not a bare conv2d of
// constants with this single reader stays. Fails on constants that are neither f32 nor f16.
Result<Graph> fold_batch_norm(const Graph& graph);

// conv2d / linear followed by its only reader activate, or conv2d -> add(residual) -> activate,
// become one op in the place of the last, where the residual is ready.
Result<Graph> fuse_epilogues(const Graph& graph);

// What the tensor named `output` needs of a network with one input, for an input of another shape:
// shapes after it are inferred anew. Names stay; constants are shared. An i8 output is followed by
// its dequantize. kInvalidArgument when there is not one input or no such tensor, or naming the op
// that cannot take its new shape.
Result<Graph> part_for_input(const Graph& graph, const std::string& output, const Shape& input);

}  // namespace vseal::graph
