// Constants that are read out of stored tensors: permuted, cut, rescaled, summed. Nothing is copied
// until the values are asked for.
#pragma once

#include <memory>
#include <vector>

#include "formats/checkpoint.h"
#include "graph/tensor.h"

namespace vseal::models {

// One axis of a view, in elements of the stored tensor.
struct Axis {
  int64_t extent = 1;
  int64_t stride = 1;
};

// value[i0, i1, ...] = factor(i_last) * stored[offset + sum i_k * axes[k].stride], where factor is
// `factor` from index `scaled_from` of the last axis on and 1 before it.
struct View {
  int64_t offset = 0;
  std::vector<Axis> axes = {};  // outermost first; the constant's shape is their extents
  int64_t scaled_from = 0;
  float factor = 1.0f;
};

// The values of `view` as a constant: f16 where the tensor is f16 and nothing is rescaled, else
// f32. Bytes of `tensor` itself where type, order and alignment allow. `owner` keeps them alive.
// kCorruptInput when the tensor is not of a floating type, kInternal when the view leaves it.
struct ViewedConstant {
  graph::DType dtype = graph::DType::kF32;
  graph::Shape shape;
  graph::ConstantData data;
};
Result<ViewedConstant> view_constant(const formats::CheckpointTensor& tensor, View view,
                                     std::shared_ptr<const void> owner);

// What a 3x3 filter [oc,ic,3,3] makes of input channels [begin, end) that are constant over the
// plane: a matrix, factor * row_scale[o] * sum of the taps that count.
//   kInside: all nine taps; [oc, end - begin].
//   kZeroPadded: rows (ry * 3 + rx) * oc + o for the output's first, inner and last rows and
//   columns (ry, rx = 0, 1, 2), of which zero padding hides the taps beyond the border.
enum class Border { kInside, kZeroPadded };
struct ConstantInput {
  int64_t begin = 0;
  int64_t end = 0;
  float factor = 1.0f;
  std::vector<double> row_scale = {};  // [oc], or empty for ones
  Border border = Border::kInside;
};
Result<ViewedConstant> fold_constant_input(const formats::CheckpointTensor& filter,
                                           ConstantInput input, std::shared_ptr<const void> owner);

}  // namespace vseal::models
