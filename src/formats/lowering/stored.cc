#include "formats/lowering/stored.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <numeric>

#include "base/half.h"
#include "graph/constant.h"

namespace vseal::formats {
namespace {

using graph::DType;
using graph::Shape;
using graph::Tensor;

// A constant whose bytes a function makes.
class Made : public graph::ConstantSource {
 public:
  using Make = std::function<Status(std::span<std::byte> out)>;
  explicit Made(Make make) : make_(std::move(make)) {}
  Status read(std::span<std::byte> out) const override { return make_(out); }

 private:
  Make make_;
};

Tensor made(std::string name, DType dtype, Shape shape, Made::Make make) {
  return {.name = std::move(name),
          .dtype = dtype,
          .shape = std::move(shape),
          .data = {.source = std::make_shared<const Made>(std::move(make))}};
}

Result<AlignedBuffer<std::byte>> stored_bytes(const Tensor& constant) {
  const size_t size = static_cast<size_t>(constant.shape.elements()) * size_bytes(constant.dtype);
  VSEAL_ASSIGN_OR_RETURN(auto bytes, AlignedBuffer<std::byte>::allocate(size));
  VSEAL_RETURN_IF_ERROR(graph::copy_values(constant, bytes.span()));
  return bytes;
}

// Copies elements of `unit` bytes from one order to another, the last axis innermost.
void permute(std::span<const std::byte> from, const Shape& shape, const std::vector<int>& order,
             size_t unit, std::byte* out) {
  const size_t rank = order.size();
  std::vector<int64_t> strides(rank, 1), extents(rank), steps(rank), at(rank, 0);
  for (size_t i = rank - 1; i > 0; --i) strides[i - 1] = strides[i] * shape[static_cast<int>(i)];
  for (size_t i = 0; i < rank; ++i) {
    extents[i] = shape[order[i]];
    steps[i] = strides[static_cast<size_t>(order[i])];
  }
  int64_t position = 0;
  for (int64_t left = shape.elements(); left > 0; --left, out += unit) {
    std::memcpy(out, from.data() + static_cast<size_t>(position) * unit, unit);
    for (size_t i = rank; i-- > 0;) {
      position += steps[i];
      if (++at[i] < extents[i]) break;
      position -= steps[i] * extents[i];
      at[i] = 0;
    }
  }
}

template <typename T>
Tensor owned(const std::string& name, DType dtype, const Shape& shape, std::vector<T> values) {
  auto owner = std::make_shared<const std::vector<T>>(std::move(values));
  const std::span<const std::byte> bytes = std::as_bytes(std::span(*owner));
  return {.name = name,
          .dtype = dtype,
          .shape = shape,
          .data = {.bytes = bytes, .owner = std::move(owner)}};
}

}  // namespace

bool stays_wide(const Tensor& constant) {
  constexpr int64_t kFewValues = 1024;
  return constant.shape.rank() < 2 || constant.shape.elements() < kFewValues;
}

Tensor permuted(const Tensor& constant, const std::vector<int>& order) {
  std::vector<int64_t> dims(order.size());
  for (size_t i = 0; i < order.size(); ++i) dims[i] = constant.shape[order[i]];
  return made(constant.name, constant.dtype, Shape(std::move(dims)),
              [constant, order](std::span<std::byte> out) -> Status {
                VSEAL_ASSIGN_OR_RETURN(const auto bytes, stored_bytes(constant));
                permute(bytes.span(), constant.shape, order, size_bytes(constant.dtype),
                        out.data());
                return {};
              });
}

Tensor leading(const Tensor& constant, int64_t begin, int64_t end) {
  std::vector<int64_t> dims(constant.shape.dims().begin(), constant.shape.dims().end());
  const int64_t rows = dims[0];
  dims[0] = end - begin;
  return made(fmt::format("{}[{}:{}]", constant.name, begin, end), constant.dtype,
              Shape(std::move(dims)), [constant, begin, rows](std::span<std::byte> out) -> Status {
                VSEAL_ASSIGN_OR_RETURN(const auto bytes, stored_bytes(constant));
                const size_t row = bytes.span().size() / static_cast<size_t>(rows);
                std::memcpy(out.data(), bytes.span().data() + static_cast<size_t>(begin) * row,
                            out.size());
                return {};
              });
}

Tensor reshaped(const Tensor& constant, Shape shape) {
  Tensor result = constant;
  result.shape = std::move(shape);
  return result;
}

Tensor widened(const Tensor& constant) {
  if (constant.dtype == DType::kF32) return constant;
  return made(constant.name, DType::kF32, constant.shape,
              [constant](std::span<std::byte> out) -> Status {
                VSEAL_ASSIGN_OR_RETURN(const graph::F32Values values, graph::f32_values(constant));
                std::memcpy(out.data(), values.span().data(), out.size());
                return {};
              });
}

Tensor halved(const Tensor& constant) {
  if (constant.dtype == DType::kF16) return constant;
  return made(
      constant.name, DType::kF16, constant.shape, [constant](std::span<std::byte> out) -> Status {
        VSEAL_ASSIGN_OR_RETURN(const graph::F32Values values, graph::f32_values(constant));
        auto* halves = reinterpret_cast<uint16_t*>(out.data());
        for (size_t i = 0; i < values.size(); ++i) {
          halves[i] = float_to_half(values[i]);
          if (std::isfinite(half_to_float(halves[i]))) continue;
          return invalid_argument(fmt::format("[{}] value {}: expected one that f16 holds, got {}",
                                              constant.name, i, values[i]));
        }
        return {};
      });
}

Result<RowScaled> quantised_rows(const Tensor& constant) {
  RowScaled result;
  const auto rows = static_cast<size_t>(constant.shape[0]);
  {
    VSEAL_ASSIGN_OR_RETURN(const graph::F32Values values, graph::f32_values(constant));
    const size_t row = values.size() / rows;
    for (size_t r = 0; r < rows; ++r) {
      float largest = 0;
      for (const float v : values.span().subspan(r * row, row)) {
        largest = std::max(largest, std::abs(v));
      }
      if (!std::isfinite(largest)) {
        return invalid_argument(
            fmt::format("[{}] row {}: expected finite values", constant.name, r));
      }
      result.scale.push_back(largest > 0 ? largest / 127 : 1.0f);
    }
  }
  result.values =
      made(constant.name, DType::kI8, constant.shape,
           [constant, scale = result.scale](std::span<std::byte> out) -> Status {
             VSEAL_ASSIGN_OR_RETURN(const graph::F32Values values, graph::f32_values(constant));
             const size_t row = values.size() / scale.size();
             auto* stored = reinterpret_cast<int8_t*>(out.data());
             for (size_t i = 0; i < values.size(); ++i) {
               const float units = std::nearbyint(values[i] / scale[i / row]);
               stored[i] = static_cast<int8_t>(std::clamp(units, -127.0f, 127.0f));
             }
             return {};
           });
  return result;
}

Tensor with_zeros(const Tensor& constant, int64_t zeros) {
  std::vector<int64_t> dims(constant.shape.dims().begin(), constant.shape.dims().end());
  const size_t unit = size_bytes(constant.dtype);
  const size_t run = static_cast<size_t>(dims.back()) * unit;
  const size_t step = run + static_cast<size_t>(zeros) * unit;
  dims.back() += zeros;
  return made(constant.name, constant.dtype, Shape(std::move(dims)),
              [constant, run, step](std::span<std::byte> out) -> Status {
                VSEAL_ASSIGN_OR_RETURN(const auto bytes, stored_bytes(constant));
                std::ranges::fill(out, std::byte{0});
                for (size_t i = 0; i < out.size() / step; ++i) {
                  std::memcpy(&out[i * step], bytes.span().data() + i * run, run);
                }
                return {};
              });
}

Tensor as_floats(const Tensor& integers, float factor) {
  return made(integers.name, DType::kF32, integers.shape,
              [integers, factor](std::span<std::byte> out) -> Status {
                VSEAL_ASSIGN_OR_RETURN(const auto bytes, stored_bytes(integers));
                auto* values = reinterpret_cast<float*>(out.data());
                const auto* wide = reinterpret_cast<const int32_t*>(bytes.span().data());
                const auto* narrow = reinterpret_cast<const int8_t*>(bytes.span().data());
                const bool is_narrow = integers.dtype == DType::kI8;
                for (size_t i = 0; i < out.size() / sizeof(float); ++i) {
                  values[i] = static_cast<float>(is_narrow ? narrow[i] : wide[i]) * factor;
                }
                return {};
              });
}

Tensor dequantised_bias(const Tensor& bias, float x_scale, const Tensor& scale) {
  return made(bias.name, DType::kF32, bias.shape,
              [bias, x_scale, scale](std::span<std::byte> out) -> Status {
                VSEAL_ASSIGN_OR_RETURN(const auto bytes, stored_bytes(bias));
                VSEAL_ASSIGN_OR_RETURN(const graph::F32Values scales, graph::f32_values(scale));
                const auto* stored = reinterpret_cast<const int32_t*>(bytes.span().data());
                auto* values = reinterpret_cast<float*>(out.data());
                const auto count = static_cast<size_t>(bias.shape.elements());
                for (size_t i = 0; i < count; ++i) {
                  const float own = scales[i % scales.size()];
                  values[i] = static_cast<float>(stored[i] * (double{x_scale} * own));
                }
                return {};
              });
}

Tensor int32_constant(const std::string& name, const Shape& shape, std::vector<int32_t> values) {
  return owned(name, DType::kI32, shape, std::move(values));
}

Tensor int8_constant(const std::string& name, const Shape& shape, std::vector<int8_t> values) {
  return owned(name, DType::kI8, shape, std::move(values));
}

Tensor byte_constant(const std::string& name, DType dtype, int value) {
  return owned(name, dtype, {}, std::vector<int8_t>{static_cast<int8_t>(value)});
}

Tensor text_constant(const std::string& name, const std::string& text) {
  std::vector<uint8_t> bytes(text.begin(), text.end());
  if (bytes.empty()) bytes.push_back(' ');
  const Shape shape{static_cast<int64_t>(bytes.size())};
  return owned(name, DType::kU8, shape, std::move(bytes));
}

Tensor f32_constant(const std::string& name, const Shape& shape, std::vector<float> values) {
  return owned(name, DType::kF32, shape, std::move(values));
}

}  // namespace vseal::formats
