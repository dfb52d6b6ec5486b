// Constants as files keep them: in another order, or narrower. Made when they are read.
#pragma once

#include <vector>

#include "base/status.h"
#include "graph/tensor.h"

namespace vseal::formats {

// Of filters and matrices; vectors stay f32. kDynamic: i8 with a factor for each row, for kernels
// that compute on f32 or quantise what they are given as they go. kInt8: of a network of integers;
// what it keeps in float is f16.
enum class WeightPrecision { kF32, kF16, kDynamic, kInt8 };

// Whether a constant stays f32 whatever the precision: vectors, and what is too small to gain.
bool stays_wide(const graph::Tensor& constant);

// The axes of `constant` in another order: axis i of the result is axis order[i].
graph::Tensor permuted(const graph::Tensor& constant, const std::vector<int>& order);

// [begin, end) of the first axis.
graph::Tensor leading(const graph::Tensor& constant, int64_t begin, int64_t end);

// The same values under another shape.
graph::Tensor reshaped(const graph::Tensor& constant, graph::Shape shape);

// Floats as f32 and as f16. Reading halves fails on a value that no half holds (kInvalidArgument).
graph::Tensor widened(const graph::Tensor& constant);
graph::Tensor halved(const graph::Tensor& constant);

// Floats as i8, row r of the first axis in units of scale[r] = max |row| / 127 (1 for a row of
// zeros).
struct RowScaled {
  graph::Tensor values;
  std::vector<float> scale;
};
Result<RowScaled> quantised_rows(const graph::Tensor& constant);

// With so many zeros behind each run of the last axis.
graph::Tensor with_zeros(const graph::Tensor& constant, int64_t zeros);

// Whole numbers as f32, each times `factor`.
graph::Tensor as_floats(const graph::Tensor& integers, float factor = 1.0f);

// A bias of i32, a vector or a map with its channels last, in units of x_scale * scale[o], as f32.
graph::Tensor dequantised_bias(const graph::Tensor& bias, float x_scale,
                               const graph::Tensor& scale);

// Constants of whole numbers, of f32 and of a text's bytes (at least one).
graph::Tensor int32_constant(const std::string& name, const graph::Shape& shape,
                             std::vector<int32_t> values);
graph::Tensor int8_constant(const std::string& name, const graph::Shape& shape,
                            std::vector<int8_t> values);
graph::Tensor byte_constant(const std::string& name, graph::DType dtype, int value);
graph::Tensor text_constant(const std::string& name, const std::string& text);
graph::Tensor f32_constant(const std::string& name, const graph::Shape& shape,
                           std::vector<float> values);

}  // namespace vseal::formats
