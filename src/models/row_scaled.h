// Integer weights that have a factor for each row, as f32 constants.
#pragma once

#include <memory>

#include "formats/checkpoint.h"
#include "models/tensor_view.h"

namespace vseal::models {

// value[r, ...] = scales[r] * stored[r, ...]: `stored` is i8, row by row without holes, and
// `scales` f32 with one value for each of its rows (extents along its first axis). The constant has
// the extents `shape`, as many values as `stored`. Read when it is asked for; `owner` keeps the
// bytes alive. kCorruptInput naming the tensor when type, rows or scales (finite, not negative) are
// not so.
Result<ViewedConstant> row_scaled_constant(const formats::CheckpointTensor& stored,
                                           const formats::CheckpointTensor& scales,
                                           graph::Shape shape, std::shared_ptr<const void> owner);

}  // namespace vseal::models
