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

// A map of i8 with the least and the largest number of the type, in turn, where they do not count:
// `extent` more rows (axis 1, the last of them; those before are zeros) or channels (axis 3).
Id TfliteTarget::with_whole_range(const std::string& name, Id x, int axis, int64_t extent) {
  const ValueType kept = type(x);
  const graph::Shape in = shape(x);
  const graph::Shape room = axis == 1 ? graph::Shape{in[0], extent, in[2], in[3]}
                                      : graph::Shape{in[0], in[1], in[2], extent};
  std::vector<int8_t> values(static_cast<size_t>(room.elements()),
                             static_cast<int8_t>(kept.zero_point));
  const size_t map = values.size() / static_cast<size_t>(in[0]);
  const size_t run = axis == 1 ? static_cast<size_t>(in[2] * in[3]) : map;
  for (size_t end = map; end <= values.size(); end += map) {
    for (size_t i = 0; i < run; ++i) values[end - run + i] = i % 2 == 0 ? INT8_MIN : INT8_MAX;
  }
  const Id ends = add_contents(int8_constant(name + ".ends", room, std::move(values)));
  if (!status().ok()) return 0;
  tensor(ends).quantization = quantization_of({kept.scale}, {kept.zero_point});
  types_[static_cast<size_t>(ends)] = kept;
  return concat(name + ".whole_range", {x, ends}, axis);
}

// Kernels that take f32 and multiply integers choose the scale by the least and the largest value
// that they see: of a map that holds those of its type they choose the one that it has, and their
// sums are those of the integers. A window sees a whole map: a row below it is enough, and stays.
// Of 1x1 windows XNNPACK makes products of vectors, with a scale for each pixel: then every pixel
// has two channels more, whose weights are 0. Small filters, whose products cost less than a scale
// for each pixel, become windows of two rows instead, the second of zeros.
TfliteTarget::Hybrid TfliteTarget::hybrid(const std::string& name, Id x,
                                          const graph::Tensor& filter, Window window) {
  if (!is_pixelwise(filter.shape, window)) {
    return {with_whole_range(name, x, 1, window.pad + 1), filter};
  }
  if (filter.shape.elements() > kFewProducts) {
    return {with_whole_range(name, x, 3, kEnds), with_zeros(filter, kEnds)};
  }
  return {with_whole_range(name, x, 1, 1), with_second_row(filter)};
}

// To i8, everything is integers; to f32, see hybrid().
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
  Hybrid seen{x, reshaped(stored, filter_shape)};
  if (wide) {
    seen = hybrid(name, x, seen.filter, window);
    seen.x = dequantize(tensor(seen.x).name + ".f32", seen.x);
  }
  const bool same = is_same_padding(seen.filter.shape, window);
  if (window.pad > 0 && !same) seen.x = padded(name + ".padded", seen.x, window.pad);
  const Id w = scaled_rows(seen.filter, {scale->span().begin(), scale->span().end()});
  Id b = 0;
  if (wide) {
    graph::Tensor bias;
    if (filter.bias != nullptr) bias = dequantised_bias(*filter.bias, x_scale, filter.scale);
    b = bias_or_zeros(name, filter.bias == nullptr ? nullptr : &bias, oc);
  } else {
    b = integer_bias(name, filter, x_scale, scale->span());
  }
  return window_conv(name, seen.x, w, b, window.stride,
                     same ? PaddingKind::Same : PaddingKind::Valid, relu, y);
}

Id TfliteTarget::integer_add(const std::string& name, Id a, Id b, ValueType y) {
  OptionsUnion options;
  options.Set(AddOptionsT());
  return op(Code::Add, std::move(options), {a, b}, name, shape(a), y);
}

}  // namespace vseal::formats::tflite
