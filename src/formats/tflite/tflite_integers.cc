// The ops on integers of the lowering's target for TFLite.
#include <cstdint>

#include "formats/tflite/tflite_target.h"
#include "graph/constant.h"

namespace vseal::formats::tflite {

using graph::DType;
using graph::ValueType;
using Id = Target::Id;

Id TfliteTarget::quantize(const std::string& name, Id x, ValueType type) {
  return op(Code::Quantize, {}, {x}, name, shape(x), type);
}

// Once for each value.
Id TfliteTarget::dequantize(const std::string& name, Id x) {
  if (!status().ok()) return 0;
  const auto [found, is_new] = dequantized_.try_emplace(x, 0);
  if (is_new) found->second = op(Code::Dequantize, {}, {x}, name, shape(x));
  return found->second;
}

Id TfliteTarget::integer_bias(const std::string& name, const IntegerFilter& filter, float x_scale,
                              std::span<const float> scale) {
  const auto channels = static_cast<int64_t>(scale.size());
  const Id id = filter.bias != nullptr
                    ? add_contents(*filter.bias)
                    : numbers(name + ".no_bias", {channels}, std::vector<int32_t>(scale.size()));
  auto quantization = std::make_unique<QuantizationT>();
  for (const float s : scale) quantization->scale.push_back(x_scale * s);
  quantization->zero_point.assign(scale.size(), 0);
  tensor(id).quantization = std::move(quantization);
  return id;
}

// A map of i8 with rows below it, `pad` of zeros and one that holds the least and the largest
// number of the type. Kernels that take f32 and multiply integers choose the scale by the least and
// the largest value that they see: of this map they choose the one that it has.
Id TfliteTarget::with_whole_range(const std::string& name, Id x, int64_t pad) {
  const ValueType kept = type(x);
  const graph::Shape in = shape(x);
  const graph::Shape rows{in[0], pad + 1, in[2], in[3]};
  std::vector<int8_t> values(static_cast<size_t>(rows.elements()),
                             static_cast<int8_t>(kept.zero_point));
  const auto row = static_cast<size_t>(in[2] * in[3]);
  for (int64_t n = 0; n < in[0]; ++n) {
    const size_t begin = (static_cast<size_t>(n * (pad + 1) + pad)) * row;
    for (size_t i = 0; i < row; ++i) values[begin + i] = i % 2 == 0 ? INT8_MIN : INT8_MAX;
  }
  const Id ends = add_contents(int8_constant(name + ".ends", rows, std::move(values)));
  if (!status().ok()) return 0;
  tensor(ends).quantization = quantization_of({kept.scale}, {kept.zero_point});
  types_[static_cast<size_t>(ends)] = kept;
  return concat(name + ".whole_range", {x, ends}, 1);
}

// To i8, everything is integers. To f32, the kernels take f32, put it on a scale and multiply
// integers; the rows that say which scale stay below the map.
Id TfliteTarget::integer_conv2d(const std::string& name, Id x, const IntegerFilter& filter,
                                Window window, bool relu, ValueType y) {
  const graph::Tensor& stored = filter.stored;
  const int64_t oc = stored.shape[0];
  const graph::Shape filter_shape =
      stored.shape.rank() == 4 ? stored.shape : graph::Shape{oc, 1, 1, stored.shape[1]};
  auto scale = graph::f32_values(filter.scale);
  if (!scale.ok()) fail(scale.status());
  if (!status().ok()) return 0;
  const float x_scale = type(x).scale;
  const bool wide = y.dtype == DType::kF32;
  const bool same = is_same_padding(filter_shape, window);
  const bool hybrid = wide && !stays_wide(stored);
  Id in = hybrid ? with_whole_range(name, x, window.pad) : x;
  if (wide) in = dequantize(tensor(in).name + ".f32", in);
  if (window.pad > 0 && !same) in = padded(name + ".padded", in, window.pad);
  const graph::Tensor seen = reshaped(stored, filter_shape);
  Id w = 0, b = 0;
  if (wide && !hybrid) {
    w = add_contents(dequantised(seen, filter.scale));
  } else {
    w = scaled_rows(seen, {scale->span().begin(), scale->span().end()});
  }
  if (wide) {
    graph::Tensor bias;
    if (filter.bias != nullptr) bias = dequantised_bias(*filter.bias, x_scale, filter.scale);
    b = bias_or_zeros(name, filter.bias == nullptr ? nullptr : &bias, oc);
  } else {
    b = integer_bias(name, filter, x_scale, scale->span());
  }
  return window_conv(name, in, w, b, window.stride, same ? PaddingKind::Same : PaddingKind::Valid,
                     relu, y);
}

Id TfliteTarget::integer_add(const std::string& name, Id a, Id b, ValueType y) {
  OptionsUnion options;
  options.Set(AddOptionsT());
  return op(Code::Add, std::move(options), {a, b}, name, shape(a), y);
}

}  // namespace vseal::formats::tflite
