// One op by the reference kernels.
#pragma once

#include <span>

#include "graph/graph.h"

namespace vseal::engine {

// Computes `op` of a verified f32 graph; values[id] points at each tensor's values, inputs'
// ready, the output's to be written.
void run_reference(const graph::Op& op, const graph::Graph& graph, std::span<float* const> values);

}  // namespace vseal::engine
