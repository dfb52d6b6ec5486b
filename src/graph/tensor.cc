// Sizes and texts of types and shapes.
#include "graph/tensor.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace vseal::graph {
namespace {

// Byte counts of any dtype must fit into int64_t as well.
constexpr int64_t kMaxElements = INT64_MAX / 8;

}  // namespace

size_t size_bytes(DType dtype) {
  switch (dtype) {
    case DType::kF32:
    case DType::kI32:
      return 4;
    case DType::kF16:
    case DType::kBF16:
      return 2;
    case DType::kI8:
    case DType::kU8:
      return 1;
  }
  return 0;
}

const char* dtype_name(DType dtype) {
  switch (dtype) {
    case DType::kF32:
      return "f32";
    case DType::kF16:
      return "f16";
    case DType::kBF16:
      return "bf16";
    case DType::kI8:
      return "i8";
    case DType::kU8:
      return "u8";
    case DType::kI32:
      return "i32";
  }
  return "unknown";
}

Result<int64_t> Shape::checked_elements() const {
  int64_t product = 1;
  for (const int64_t dim : dims_) {
    if (dim < 1) return invalid_argument("shape: expected extents of at least 1, got " + text());
    if (product > kMaxElements / dim) {
      return invalid_argument(
          fmt::format("shape: expected at most {} elements, got {}", kMaxElements, text()));
    }
    product *= dim;
  }
  return product;
}

int64_t Shape::elements() const {
  int64_t product = 1;
  for (const int64_t dim : dims_) product *= dim;
  return product;
}

std::string Shape::text() const { return fmt::format("[{}]", fmt::join(dims_, ",")); }

}  // namespace vseal::graph
