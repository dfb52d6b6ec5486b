// Steps of integer ops.
#pragma once

#include <memory>

#include "engine/steps.h"

namespace vseal::engine {

// Chooses the kernel for `op`, which touches integers, of a verified graph that must outlive the
// step. All kernels give the reference's bits.
Result<std::unique_ptr<Step>> make_integer_step(const graph::Op& op, const graph::Graph& graph);

}  // namespace vseal::engine
