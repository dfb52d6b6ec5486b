// How attention is cut into tasks, and where its packed parts lie in scratch.
#pragma once

#include <cstdint>

#include "kernels/attention/contract.h"

namespace vseal::kernels {

// Right-hand sides of products are packed into panels of 16 columns: [columns / 16][depth][16],
// zeros behind the last column.
inline constexpr int kAttentionPanel = 16;
// Queries of one task; a packed panel stays in L1 for all of them.
inline constexpr int kAttentionBlock = 16;

// Scratch holds the tables of relative positions, then keys and values of every unit (one head of
// one window), then each thread's rows: logits, relative terms, sums. All in floats.
struct AttentionLayout {
  explicit AttentionLayout(const AttentionShape& s)
      : tokens(int64_t{s.window_h} * s.window_w),
        units(int64_t{s.n} * (s.h / s.window_h) * (s.w / s.window_w) * s.heads),
        blocks((tokens + kAttentionBlock - 1) / kAttentionBlock),
        token_columns(padded(tokens)),
        rel_h_columns(padded(2 * int64_t{s.window_h} - 1)),
        rel_columns(rel_h_columns + padded(2 * int64_t{s.window_w} - 1)),
        value_columns(padded(s.head_width)),
        table_floats(rel_columns * s.head_width),
        key_floats(token_columns * s.head_width),
        unit_floats(key_floats + value_columns * tokens),
        slot_floats(kAttentionBlock * (token_columns + rel_columns + value_columns)) {}

  static int64_t padded(int64_t columns) {
    return (columns + kAttentionPanel - 1) / kAttentionPanel * kAttentionPanel;
  }
  int64_t keys(int64_t unit) const { return table_floats + unit * unit_floats; }
  int64_t values(int64_t unit) const { return keys(unit) + key_floats; }
  int64_t slot(int64_t index) const { return keys(units) + index * slot_floats; }

  int64_t tokens, units, blocks;
  int64_t token_columns, rel_h_columns, rel_columns, value_columns;
  int64_t table_floats, key_floats, unit_floats, slot_floats;
};

// One head of one window; positions are numbered row by row within the window.
class AttentionUnit {
 public:
  AttentionUnit(const AttentionShape& shape, int64_t unit) : s_(shape) {
    const int64_t window = unit / s_.heads;
    const int64_t columns = s_.w / s_.window_w, rows = s_.h / s_.window_h;
    const int64_t band = window / columns;  // windows beside each other, counted over all pictures
    const int64_t top = band / rows * s_.h + band % rows * s_.window_h;
    corner_ = top * s_.w + window % columns * s_.window_w;
    channel_ = unit % s_.heads * s_.head_width;
  }

  // Offsets of a position's query, key or value (0, 1, 2) in qkv and of its result in y.
  int64_t input(int which, int64_t position) const {
    return (pixel(position) * 3 + which) * s_.channels() + channel_;
  }
  int64_t output(int64_t position) const { return pixel(position) * s_.channels() + channel_; }

 private:
  int64_t pixel(int64_t position) const {
    return corner_ + position / s_.window_w * s_.w + position % s_.window_w;
  }

  const AttentionShape& s_;
  int64_t corner_ = 0, channel_ = 0;
};

}  // namespace vseal::kernels
