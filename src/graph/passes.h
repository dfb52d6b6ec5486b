// Rewrites that keep a graph's meaning. Where several ops become one, the one bears the name of the
// last of them, so graph.find(name) still finds the same values; constants that nothing reads any
// more are dropped, the others shared with the old graph, not copied.
#pragma once

#include "graph/graph.h"

namespace vseal::graph {

// conv2d -> batch_norm becomes one conv2d with bias (in double, rounded once). A batch_norm whose
// input is not a bare conv2d with this single reader stays. Fails on constants that are not f32:
// widen_constants comes first.
Result<Graph> fold_batch_norm(const Graph& graph);

// conv2d / linear followed by its only reader activate, or conv2d -> add(residual) -> activate,
// become one op in the place of the last, where the residual is ready.
Result<Graph> fuse_epilogues(const Graph& graph);

// f16 constants become f32 (exact).
Result<Graph> widen_constants(const Graph& graph);

}  // namespace vseal::graph
