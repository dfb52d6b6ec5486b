// Rewrites that keep a graph's meaning.
#pragma once

#include "graph/graph.h"

namespace vseal::graph {

// conv2d -> batch_norm becomes one conv2d with bias (in double, rounded once). A batch_norm whose
// input is not a conv2d with this single reader stays. f32 constants only.
Result<Graph> fold_batch_norm(const Graph& graph);

// conv2d / linear followed by its only reader activate, or conv2d -> add(residual) -> activate,
// become one op. `residual` must be ready before the convolution runs.
Result<Graph> fuse_epilogues(const Graph& graph);

// f16 constants become f32 (exact).
Result<Graph> widen_constants(const Graph& graph);

}  // namespace vseal::graph
