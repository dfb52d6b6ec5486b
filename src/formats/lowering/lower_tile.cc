// Convolutions of a map that is one tile over and over. What they give repeats as well, but for the
// borders: computed once for each place that differs, and put together.
#include <algorithm>

#include "formats/lowering/lower.h"

namespace vseal::formats {
namespace {

using Id = Target::Id;

// One axis: `count` tiles of `extent` places, with a window of 2 pad + 1.
struct Axis {
  int axis;
  int64_t extent;
  int64_t count;
  int64_t pad;

  // What is left of the map: a tile and the places that windows see on both sides of the next
  // border within it; then the last places, whose windows end in zeros.
  int64_t kept() const { return extent + 4 * pad; }
  bool gains() const { return extent >= 2 * pad && kept() < count * extent; }
};

Id shortened(Target& target, const std::string& name, Id tile, const Axis& a) {
  if (!a.gains()) return repeat(target, name, tile, a.axis, a.count);
  const Id next = target.slice(name + ".next", tile, a.axis, 0, 2 * a.pad);
  const Id last = target.slice(name + ".last", tile, a.axis, a.extent - 2 * a.pad, a.extent);
  return target.concat(name, {tile, next, last}, a.axis);
}

// The first tile and the border behind it, whole tiles from there on, and the last one's two parts.
Id spread(Target& target, const std::string& name, Id y, const Axis& a) {
  if (!a.gains()) return y;
  const auto part = [&](const char* which, int64_t begin, int64_t end) {
    return target.slice(name + which, y, a.axis, begin, end);
  };
  std::vector<Id> parts = {part(".first", 0, a.extent + a.pad)};
  if (a.count > 2) {
    const Id inner = part(".inner", a.pad, a.extent + a.pad);
    parts.push_back(repeat(target, name + ".inside", inner, a.axis, a.count - 2));
  }
  if (a.extent > 2 * a.pad) parts.push_back(part(".rest", a.pad, a.extent - a.pad));
  parts.push_back(part(".end", a.kept() - a.pad, a.kept()));
  return target.concat(name, parts, a.axis);
}

}  // namespace

const graph::Op* tile_of(const graph::Op& op, const graph::Graph& graph) {
  const auto* conv = op.as<graph::Conv2d>();
  const graph::Op* made = conv == nullptr ? nullptr : writer_of(graph, op.inputs[0]);
  if (made == nullptr || made->as<graph::Tile>() == nullptr) return nullptr;
  const graph::Shape& window = graph.tensor(op.inputs[1]).shape;
  const bool keeps_size = conv->padding == graph::Padding::kZero && conv->stride == 1 &&
                          conv->pad > 0 && window[1] == 2 * conv->pad + 1 && window[2] == window[1];
  const bool floats = graph.tensor(op.inputs[0]).dtype == graph::DType::kF32;
  return keeps_size && floats ? made : nullptr;
}

bool is_seen_as_tile_alone(const graph::Op& op, const graph::Graph& graph) {
  const auto& outputs = graph.outputs();
  return op.as<graph::Tile>() != nullptr && std::ranges::count(outputs, op.output) == 0 &&
         std::ranges::all_of(graph.ops(), [&](const graph::Op& reader) {
           const auto reads = std::ranges::count(reader.inputs, op.output);
           return reads == 0 || (reads == 1 && tile_of(reader, graph) == &op);
         });
}

Id conv_of_tiles(Target& target, const std::string& name, Id tile, const graph::Tile& tiles,
                 int64_t pad, const std::function<Id(const std::string& name, Id x)>& conv) {
  const graph::Shape in = target.shape(tile);
  const Axis rows{1, in[1], tiles.rows, pad}, columns{2, in[2], tiles.columns, pad};
  const Id wide = shortened(target, name + ".short_columns", tile, columns);
  const Id seen = shortened(target, name + ".short_rows", wide, rows);
  if (!rows.gains() && !columns.gains()) return conv(name, seen);
  const Id y = conv(name + ".once", seen);
  const std::string last = columns.gains() ? name + ".rows" : name;
  return spread(target, name, spread(target, last, y, rows), columns);
}

}  // namespace vseal::formats
