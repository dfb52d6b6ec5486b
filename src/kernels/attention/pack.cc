#include "kernels/attention/pack.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "kernels/scratch_slots.h"

namespace vseal::kernels {
namespace {

constexpr double kMaxValues = 0x1p40;

// panels [columns / 16][depth][16] whose column j is row(j) * scale, zeros behind `columns`.
template <typename Row>
void pack_columns(int64_t columns, int depth, float scale, const Row& row, float* panels) {
  for (int64_t first = 0; first < columns; first += kAttentionPanel) {
    const int count = static_cast<int>(std::min<int64_t>(kAttentionPanel, columns - first));
    if (count < kAttentionPanel) std::fill_n(panels, int64_t{depth} * kAttentionPanel, 0.0f);
    for (int j = 0; j < count; ++j) {
      const float* source = row(first + j);
      for (int64_t i = 0; i < depth; ++i) panels[i * kAttentionPanel + j] = source[i] * scale;
    }
    panels += int64_t{depth} * kAttentionPanel;
  }
}

}  // namespace

void pack_tables(const AttentionShape& shape, const AttentionLayout& layout,
                 const AttentionArguments& arguments) {
  const int64_t depth = shape.head_width;
  const int64_t rows = 2 * int64_t{shape.window_h} - 1, columns = 2 * int64_t{shape.window_w} - 1;
  pack_columns(
      rows, shape.head_width, 1.0f, [&](int64_t j) { return arguments.rel_h + j * depth; },
      arguments.scratch);
  pack_columns(
      columns, shape.head_width, 1.0f,
      [&](int64_t j) { return arguments.rel_w + (columns - 1 - j) * depth; },
      arguments.scratch + layout.rel_h_columns * depth);
}

void pack_unit(const AttentionShape& shape, const AttentionLayout& layout,
               const AttentionArguments& arguments, int64_t unit) {
  const AttentionUnit place(shape, unit);
  const auto scale = static_cast<float>(1 / std::sqrt(double(shape.head_width)));
  pack_columns(
      layout.tokens, shape.head_width, scale,
      [&](int64_t j) { return arguments.qkv + place.input(1, j); },
      arguments.scratch + layout.keys(unit));
  float* values = arguments.scratch + layout.values(unit);
  for (int64_t first = 0; first < shape.head_width; first += kAttentionPanel) {
    const int64_t count = std::min<int64_t>(kAttentionPanel, shape.head_width - first);
    for (int64_t j = 0; j < layout.tokens; ++j, values += kAttentionPanel) {
      float* end = std::copy_n(arguments.qkv + place.input(2, j) + first, count, values);
      std::fill(end, values + kAttentionPanel, 0.0f);
    }
  }
}

Status check_attention(const AttentionShape& s) {
  const int extents[] = {s.n, s.h, s.w, s.heads, s.head_width, s.window_h, s.window_w};
  std::string text;
  for (const int extent : extents) text += (text.empty() ? "" : ", ") + std::to_string(extent);
  const auto wrong = [&](const std::string& expected) {
    return invalid_argument(
        "[attention] n, h, w, heads, head_width, window_h, window_w: expected " + expected +
        ", got " + text);
  };
  if (*std::ranges::min_element(extents) < 1) return wrong("positive extents");
  if (s.h % s.window_h != 0 || s.w % s.window_w != 0) return wrong("windows that divide the map");
  // Padding to whole panels makes at most 16 of every key and value and 34 of a table's row.
  double values = 5.0 * kAttentionPanel;
  for (const int extent : {s.n, s.h, s.w, s.heads, s.head_width}) values *= extent;
  if (values > kMaxValues) return wrong("at most 2^40 values");
  return {};
}

size_t attention_scratch_floats(const AttentionShape& shape, int threads) {
  const AttentionLayout layout(shape);
  return static_cast<size_t>(layout.slot(std::clamp(threads, 1, kMaxScratchSlots)));
}

}  // namespace vseal::kernels
