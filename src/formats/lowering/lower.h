// One lowering for every format: our ops as sequences of what Target has.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "formats/lowering/target.h"
#include "graph/graph.h"

namespace vseal::formats {

// What stands behind the residual when a file computes the whole change of the picture: the heat
// map of just noticeable differences at the network's own size, and a factor for the picture.
//   delta = strength * gain * heat * residual,
//   gain = clamp((gain_reference / rms(heat))^gain_exponent, 0.6, 2), 1 when the exponent is 0;
// heat is 1 where there is no map. networks.md, step 4, has heat's formula.
struct ChangeSettings {
  bool heatmap = true;
  float low_gain = 17.0f;  // luminance part at and below 127: low_gain (1 - sqrt(..)) + low_offset
  float low_offset = 0.0f;
  bool replicate_sobel_border = false;
  float strength = 1.0f;
  float gain_exponent = 0.0f;
  float gain_reference = 0.0f;
};

// Hands a graph to `target`, op by op: inputs, outputs and values keep their names. BatchNorm is
// folded and activations are fused before. With `change`, the graph's single output (the residual
// of its first input) gives way to "delta". Errors are those of the passes, the constants and of
// `target`; kUnsupported for an op that has no lowering.
Status lower(const graph::Graph& graph, const std::optional<ChangeSettings>& change,
             Target& target);

// `x` with rows (axis 1) or columns (axis 2) repeated before and behind it: those at `before` and
// `behind`, in order.
Target::Id extend(Target& target, const std::string& name, Target::Id x, int axis,
                  const std::vector<int64_t>& before, const std::vector<int64_t>& behind);

// `x` `count` times in a row along an axis, by concatenations of at most five parts.
Target::Id repeat(Target& target, const std::string& name, Target::Id x, int axis, int64_t count);

// The sequences that are longer than a few lines; all take and give maps.
Target::Id lower_attention(Target& target, const graph::Op& op, Target::Id qkv,
                           const graph::Tensor& rel_h, const graph::Tensor& rel_w);
Target::Id lower_change(Target& target, const ChangeSettings& settings, Target::Id picture,
                        Target::Id residual);

}  // namespace vseal::formats
