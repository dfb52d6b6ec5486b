// One lowering for every format: our ops as sequences of what Target has.
#pragma once

#include <functional>
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

// What an app hands over and gets: pictures and residuals as f32 in 0..1 and -1..1, or as 8 bits in
// steps of 1/255 and 1/128. Messages, logits and the whole change of a picture are f32 in any case.
enum class PictureValues { kF32, kU8, kI8 };

// Hands a graph to `target`, op by op: inputs, outputs and values keep their names. BatchNorm is
// folded and activations are fused before. With `change`, the graph's single output (the residual
// of its first input) gives way to "delta". Errors are those of the passes, the constants and of
// `target`; kUnsupported for an op that has no lowering.
Status lower(const graph::Graph& graph, const std::optional<ChangeSettings>& change,
             PictureValues pictures, Target& target);

// One op of f32, and one that reads or writes integers; `values` are those of the graph's tensors.
// Integer ops are rounded where our engine rounds, and nowhere else: what it adds to a sum before
// it rounds (residuals, what the message decides, GELU) is added in f32, and norms and means are
// computed in f32.
Target::Id lower_float_op(const graph::Op& op, const graph::Graph& graph,
                          const std::vector<Target::Id>& values, Target& target);
Target::Id lower_integer_op(const graph::Op& op, const graph::Graph& graph,
                            const std::vector<Target::Id>& values, Target& target);

// Whether products that the quantiser left in f32 stay there in a file of integers: all but those
// that it always leaves, which are what the message alone decides and the last ones. Of those a
// convolution stays whose sums are rounded to units of other sums next.
bool is_exact(const graph::Op& op, const graph::Graph& graph);

// `x` with rows (axis 1) or columns (axis 2) repeated before and behind it: those at `before` and
// `behind`, in order.
Target::Id extend(Target& target, const std::string& name, Target::Id x, int axis,
                  const std::vector<int64_t>& before, const std::vector<int64_t>& behind);

// A map with `pad` rows and columns mirrored about its borders.
Target::Id reflect(Target& target, const std::string& name, Target::Id x, int64_t pad);

// Nine vectors, [1,9c] or [9,c], as a map: see BorderMap.
Target::Id spread_borders(Target& target, const std::string& name, Target::Id x, int height,
                          int width);

// `x` `count` times in a row along an axis, by concatenations of at most five parts.
Target::Id repeat(Target& target, const std::string& name, Target::Id x, int axis, int64_t count);

// The op that made the tiles that `op`, a convolution of f32 with zeros around the map, reads; null
// for any other. And whether an op is such a one, and its map is read in no other way.
const graph::Op* tile_of(const graph::Op& op, const graph::Graph& graph);
bool is_seen_as_tile_alone(const graph::Op& op, const graph::Graph& graph);

// `conv`, which keeps the size of maps and sees `pad` places on all sides, of `tile` over and over.
Target::Id conv_of_tiles(
    Target& target, const std::string& name, Target::Id tile, const graph::Tile& tiles, int64_t pad,
    const std::function<Target::Id(const std::string& name, Target::Id x)>& conv);

// The sequences that are longer than a few lines; all take and give maps.
Target::Id lower_attention(Target& target, const graph::Op& op, Target::Id qkv,
                           const graph::Tensor& rel_h, const graph::Tensor& rel_w);
Target::Id lower_change(Target& target, const ChangeSettings& settings, Target::Id picture,
                        Target::Id residual);

}  // namespace vseal::formats
