// Attention in windows, with relative positions, as products of matrices.
#include <cmath>

#include "formats/lowering/lower.h"
#include "graph/constant.h"

namespace vseal::formats {
namespace {

using graph::Shape;
using Id = Target::Id;
using Kind = Target::Binary;

// Extents of one attention: `windows` of rows x columns positions, heads of `width` channels.
struct Extents {
  int64_t windows = 1;
  int64_t rows = 1;
  int64_t columns = 1;
  int64_t heads = 1;
  int64_t width = 1;

  int64_t batch() const { return windows * heads; }
  int64_t positions() const { return rows * columns; }
};

class Attention {
 public:
  Attention(Target& target, const std::string& name, const Extents& extents)
      : target_(target), name_(name), e_(extents) {}

  // q, k or v of [windows, positions, 3 * heads, width] as [batch, positions, width].
  Id part(const char* what, Id qkv, int64_t which) const {
    const std::string name = name_ + what;
    const Id heads =
        target_.slice(name + ".heads", qkv, 2, which * e_.heads, (which + 1) * e_.heads);
    const Id by_head = target_.transpose(name + ".by_head", heads, {0, 2, 1, 3});
    return target_.reshape(name, by_head, {e_.batch(), e_.positions(), e_.width});
  }

  // q . table[position of q - position of k + extent - 1] along rows (axis 1) or columns (axis 2),
  // as [batch * positions, extent, 1] or [batch * positions, 1, extent].
  Id relative(const char* what, Id q, const graph::Tensor& table, int axis) const {
    const std::string name = name_ + what;
    const bool rows = axis == 1;
    const int64_t extent = rows ? e_.rows : e_.columns, other = rows ? e_.columns : e_.rows;
    const Id map = target_.reshape(name + ".map", q, {e_.batch(), e_.rows, e_.columns, e_.width});
    // The axis first: each of its positions has a matrix of its own.
    const Id first = target_.transpose(name + ".axis_first", map,
                                       rows ? std::vector{1, 0, 2, 3} : std::vector{2, 0, 1, 3});
    const Id flat = target_.reshape(name + ".flat", first, {extent, e_.batch() * other, e_.width});
    const Id products =
        target_.matmul(name + ".products", flat, matrices(name, table, extent), true);
    const Id apart =
        target_.reshape(name + ".apart", products, {extent, e_.batch(), other, extent});
    const Id back = target_.transpose(name + ".back", apart,
                                      rows ? std::vector{1, 0, 2, 3} : std::vector{1, 2, 0, 3});
    const int64_t all = e_.batch() * e_.positions();
    return target_.reshape(name, back, rows ? Shape{all, extent, 1} : Shape{all, 1, extent});
  }

  Id weights(Id q, Id k, Id rel_h, Id rel_w) const {
    const auto root = static_cast<float>(1.0 / std::sqrt(static_cast<double>(e_.width)));
    const Id scale = target_.constant(name_ + ".scale", {1}, {root});
    const Id scaled = target_.binary(name_ + ".scaled", Kind::kMul, q, scale);
    const Id dots = target_.matmul(name_ + ".dots", scaled, k, true);
    const int64_t p = e_.positions();
    const Id apart = target_.reshape(name_ + ".apart", dots, {e_.batch() * p, e_.rows, e_.columns});
    const Id with_rows = target_.binary(name_ + ".with_rows", Kind::kAdd, apart, rel_h);
    const Id logits = target_.binary(name_ + ".logits", Kind::kAdd, with_rows, rel_w);
    const Id rows = target_.reshape(name_ + ".logit_rows", logits, {e_.batch(), p, p});
    return target_.softmax(name_ + ".softmax", rows);
  }

 private:
  // [extent, extent, width]: row i holds table[i - j + extent - 1] for each j.
  Id matrices(const std::string& name, const graph::Tensor& table, int64_t extent) const {
    auto values = graph::f32_values(table);
    if (!values.ok()) {
      target_.fail(values.status());
      return 0;
    }
    std::vector<float> rows;
    for (int64_t i = 0; i < extent; ++i) {
      for (int64_t j = 0; j < extent; ++j) {
        const auto row = values->span().subspan(
            static_cast<size_t>((i - j + extent - 1) * e_.width), static_cast<size_t>(e_.width));
        rows.insert(rows.end(), row.begin(), row.end());
      }
    }
    return target_.constant(name + ".table", {extent, extent, e_.width}, std::move(rows));
  }

  Target& target_;
  const std::string& name_;
  const Extents& e_;
};

}  // namespace

Id lower_attention(Target& target, const graph::Op& op, Id qkv, const graph::Tensor& rel_h,
                   const graph::Tensor& rel_w) {
  const auto& attributes = *op.as<graph::WindowAttention>();
  const Shape in = target.shape(qkv);
  Extents e{.heads = attributes.heads, .width = in[3] / (3 * attributes.heads)};
  e.rows = attributes.window == 0 ? in[1] : attributes.window;
  e.columns = attributes.window == 0 ? in[2] : attributes.window;
  const int64_t down = in[0] * in[1] / e.rows, across = in[2] / e.columns;
  e.windows = down * across;
  const Attention attention(target, op.name, e);
  const Id strips =
      target.reshape(op.name + ".strips", qkv, {down, e.rows, across, e.columns * in[3]});
  const Id windows = target.transpose(op.name + ".windows", strips, {0, 2, 1, 3});
  const Id heads =
      target.reshape(op.name + ".heads", windows, {e.windows, e.positions(), 3 * e.heads, e.width});
  const Id q = attention.part(".q", heads, 0);
  const Id k = attention.part(".k", heads, 1);
  const Id v = attention.part(".v", heads, 2);
  const Id weights = attention.weights(q, k, attention.relative(".rel_h", q, rel_h, 1),
                                       attention.relative(".rel_w", q, rel_w, 2));
  const Id mixed = target.matmul(op.name + ".mixed", weights, v, false);
  const Id by_head =
      target.reshape(op.name + ".mixed_heads", mixed, {e.windows, e.heads, e.positions(), e.width});
  const Id by_position = target.transpose(op.name + ".mixed_positions", by_head, {0, 2, 1, 3});
  const int64_t c = e.heads * e.width;
  const Id back = target.reshape(op.name + ".mixed_windows", by_position,
                                 {down, across, e.rows, e.columns * c});
  const Id rows = target.transpose(op.name + ".mixed_strips", back, {0, 2, 1, 3});
  return target.reshape(op.name, rows, {in[0], in[1], in[2], c});
}

}  // namespace vseal::formats
