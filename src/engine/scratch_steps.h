// Steps whose kernels need scratch memory.
#pragma once

#include <memory>

#include "engine/steps.h"

namespace vseal::engine {

// Each is the step of `op`, whose attributes are `attributes`, in a verified f32 graph.
std::unique_ptr<Step> batch_norm_step(const graph::Op& op, const graph::BatchNorm& attributes,
                                      const graph::Graph& graph);
std::unique_ptr<Step> global_response_norm_step(const graph::Op& op,
                                                const graph::GlobalResponseNorm& attributes,
                                                const graph::Graph& graph);
// Fails for shapes that check_attention refuses.
Result<std::unique_ptr<Step>> attention_step(const graph::Op& op,
                                             const graph::WindowAttention& attributes,
                                             const graph::Graph& graph);

}  // namespace vseal::engine
