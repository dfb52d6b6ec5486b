#include "image/chroma_rows.h"

#include <algorithm>

namespace vseal::image {
namespace {

// out[i] = mean over the columns i * step .. of row / rows, those that lie inside `width`.
void pool_columns(const float* row, int rows, int width, int step, float* out) {
  int i = 0;
  const float share = 1.0f / static_cast<float>(rows * step);
  for (; (i + 1) * step <= width; ++i) {
    float sum = 0;
    for (int k = 0; k < step; ++k) sum += row[i * step + k];
    out[i] = sum * share;
  }
  if (i * step >= width) return;
  float sum = 0;
  for (int x = i * step; x < width; ++x) sum += row[x];
  out[i] = sum / static_cast<float>(rows * (width - i * step));
}

}  // namespace

ChromaRows::ChromaRows(const FrameView& frame, const ResidualPlanes& planes, PaddedRows& memory,
                       int first)
    : frame_(frame),
      steps_(chroma_steps(frame)),
      sum_(memory.row(first)),
      pooled_(memory.row(first + 1)),
      delta_(memory.row(first + 2)),
      cursors_{ResidualCursor(planes.chroma[0], memory.row(first + 3), memory.row(first + 4)),
               ResidualCursor(planes.chroma[1], memory.row(first + 5), memory.row(first + 6))} {}

void ChromaRows::pass(int y, const float* heat) {
  const int row = y / steps_.y, inside = y % steps_.y;
  const int width = frame_.width();
  if (heat != nullptr) {
    for (int x = 0; x < width; ++x) sum_[x] = inside == 0 ? heat[x] : sum_[x] + heat[x];
  }
  if (inside + 1 < steps_.y && y + 1 < frame_.height()) return;
  if (heat != nullptr) pool_columns(sum_, inside + 1, width, steps_.x, pooled_);
  for (int c = 1; c < 3; ++c) {
    ResidualCursor& cursor = cursors_[static_cast<size_t>(c - 1)];
    cursor.move_to(row);
    cursor.delta(heat != nullptr ? pooled_ : nullptr, delta_);
    add_to_row(plane_as_grey(frame_, c), row, {delta_, delta_, delta_});
  }
}

}  // namespace vseal::image
