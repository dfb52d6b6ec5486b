// One op by the reference kernels.
#pragma once

#include <cstddef>
#include <span>

#include "graph/graph.h"

namespace vseal::engine {

// Computes `op` of a verified graph; values[id] points at each tensor's values (of f16 constants:
// widened), inputs' ready, the output's to be written.
void run_reference(const graph::Op& op, const graph::Graph& graph,
                   std::span<std::byte* const> values);

// Whether an op reads or writes i8 or i32.
bool touches_integers(const graph::Op& op, const graph::Graph& graph);
// run_reference of an op that touches integers.
void run_integer_reference(const graph::Op& op, const graph::Graph& graph,
                           std::span<std::byte* const> values);

}  // namespace vseal::engine
