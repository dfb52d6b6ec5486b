#include "models/tensor_view.h"

#include <fmt/format.h>

#include <bit>
#include <cstring>
#include <utility>

#include "base/half.h"

namespace vseal::models {
namespace {

using formats::CheckpointTensor;
using formats::ElementType;

template <typename T>
T load(const std::byte* p) {
  T value;
  std::memcpy(&value, p, sizeof(T));
  return value;
}

float load_bfloat(const std::byte* p) { return bfloat_to_float(load<uint16_t>(p)); }

// The value at `p` of a floating type.
float load_float(ElementType type, const std::byte* p) {
  switch (type) {
    case ElementType::kF16:
      return half_to_float(load<uint16_t>(p));
    case ElementType::kBF16:
      return load_bfloat(p);
    case ElementType::kF64:
      return static_cast<float>(load<double>(p));
    default:
      return load<float>(p);
  }
}

graph::Shape shape_of(const View& view) {
  std::vector<int64_t> dims;
  for (const Axis& axis : view.axes) dims.push_back(axis.extent);
  return graph::Shape(std::move(dims));
}

// Calls run(offset) for every row of the view, in row-major order.
template <typename Run>
void for_each_row(const View& view, Run run) {
  const size_t outer = view.axes.size() - 1;
  std::vector<int64_t> index(outer, 0);
  for (int64_t offset = view.offset;;) {
    run(offset);
    size_t k = outer;
    while (k > 0) {
      --k;
      offset += view.axes[k].stride;
      if (++index[k] < view.axes[k].extent) break;
      offset -= view.axes[k].stride * view.axes[k].extent;
      index[k] = 0;
      if (k == 0) return;
    }
    if (outer == 0) return;
  }
}

bool is_dense(const View& view) {
  int64_t expected = 1;
  for (size_t k = view.axes.size(); k-- > 0;) {
    if (view.axes[k].extent > 1 && view.axes[k].stride != expected) return false;
    expected *= view.axes[k].extent;
  }
  return true;
}

class ViewSource : public graph::ConstantSource {
 public:
  ViewSource(CheckpointTensor tensor, View view, bool narrow, std::shared_ptr<const void> owner)
      : tensor_(std::move(tensor)),
        view_(std::move(view)),
        narrow_(narrow),
        owner_(std::move(owner)) {}

  Status read(std::span<std::byte> out) const override {
    if (narrow_) {
      copy_narrow(out.data());
    } else {
      copy_floats(reinterpret_cast<float*>(out.data()));
    }
    return {};
  }

 private:
  // Values of 16 bits as they are.
  void copy_narrow(std::byte* out) const {
    const Axis row = view_.axes.back();
    for_each_row(view_, [&](int64_t offset) {
      const std::byte* from = tensor_.storage.data() + offset * 2;
      for (int64_t i = 0; i < row.extent; ++i, out += 2) {
        std::memcpy(out, from + i * row.stride * 2, 2);
      }
    });
  }

  void copy_floats(float* out) const {
    const Axis row = view_.axes.back();
    const ElementType type = tensor_.type;
    const auto size = static_cast<int64_t>(formats::element_bytes(type));
    for_each_row(view_, [&](int64_t offset) {
      const std::byte* from = tensor_.storage.data() + offset * size;
      for (int64_t i = 0; i < row.extent; ++i) {
        out[i] = load_float(type, from + i * row.stride * size);
      }
      for (int64_t i = view_.scaled_from; i < row.extent && view_.factor != 1.0f; ++i) {
        out[i] *= view_.factor;
      }
      out += row.extent;
    });
  }

  CheckpointTensor tensor_;
  View view_;
  bool narrow_;
  std::shared_ptr<const void> owner_;
};

// Whether tap k of three counts for the output's first (0), inner (1) or last (2) row.
bool counts(int region, int64_t k) { return !(region == 0 && k == 0) && !(region == 2 && k == 2); }

class FoldedFilter : public graph::ConstantSource {
 public:
  FoldedFilter(CheckpointTensor filter, ConstantInput input, std::shared_ptr<const void> owner)
      : filter_(std::move(filter)), input_(std::move(input)), owner_(std::move(owner)) {}

  Status read(std::span<std::byte> out) const override {
    auto* row = reinterpret_cast<float*>(out.data());
    const int64_t columns = input_.end - input_.begin;
    const int regions = input_.border == Border::kInside ? 1 : 9;
    for (int region = 0; region < regions; ++region) {
      for (int64_t o = 0; o < filter_.shape[0]; ++o, row += columns) fold_row(region, o, row);
    }
    return {};
  }

 private:
  void fold_row(int region, int64_t o, float* row) const {
    const bool inside = input_.border == Border::kInside;
    const double scale =
        input_.factor * (input_.row_scale.empty() ? 1.0 : input_.row_scale[static_cast<size_t>(o)]);
    for (int64_t c = input_.begin; c < input_.end; ++c) {
      double sum = 0;
      for (int64_t ky = 0; ky < filter_.shape[2]; ++ky) {
        for (int64_t kx = 0; kx < filter_.shape[3]; ++kx) {
          if (inside || (counts(region / 3, ky) && counts(region % 3, kx))) sum += at(o, c, ky, kx);
        }
      }
      row[c - input_.begin] = static_cast<float>(sum * scale);
    }
  }

  float at(int64_t o, int64_t c, int64_t ky, int64_t kx) const {
    const std::vector<int64_t>& s = filter_.strides;
    const int64_t element = o * s[0] + c * s[1] + ky * s[2] + kx * s[3];
    const auto size = static_cast<int64_t>(formats::element_bytes(filter_.type));
    return load_float(filter_.type, filter_.storage.data() + element * size);
  }

  CheckpointTensor filter_;
  ConstantInput input_;
  std::shared_ptr<const void> owner_;
};

Status check_inside(const CheckpointTensor& tensor, const View& view) {
  if (!formats::is_floating(tensor.type)) {
    return corrupt_input(fmt::format("[model] {}: expected floating numbers, got {}",
                                     formats::quote(tensor.name),
                                     formats::element_name(tensor.type)));
  }
  int64_t last = view.offset;
  for (const Axis& axis : view.axes) last += (axis.extent - 1) * axis.stride;
  const auto size = static_cast<int64_t>(formats::element_bytes(tensor.type));
  if (!view.axes.empty() && (last + 1) * size <= static_cast<int64_t>(tensor.storage.size())) {
    return {};
  }
  return internal_error("[model] " + tensor.name + ": a view leaves the tensor");
}

}  // namespace

Result<ViewedConstant> view_constant(const CheckpointTensor& tensor, View view,
                                     std::shared_ptr<const void> owner) {
  VSEAL_RETURN_IF_ERROR(check_inside(tensor, view));
  const bool narrow = view.factor == 1.0f &&
                      (tensor.type == ElementType::kF16 || tensor.type == ElementType::kBF16);
  const graph::DType stored =
      tensor.type == ElementType::kF16 ? graph::DType::kF16 : graph::DType::kBF16;
  ViewedConstant constant{narrow ? stored : graph::DType::kF32, shape_of(view), {}};
  const size_t size = formats::element_bytes(tensor.type);
  const std::byte* first = tensor.storage.data() + view.offset * static_cast<int64_t>(size);
  const bool same_type = narrow || tensor.type == ElementType::kF32;
  const bool aligned = reinterpret_cast<uintptr_t>(first) % size == 0;
  if (same_type && view.factor == 1.0f && aligned && is_dense(view)) {
    const size_t bytes = static_cast<size_t>(constant.shape.elements()) * size;
    constant.data = {.bytes = {first, bytes}, .owner = std::move(owner)};
  } else {
    constant.data.source =
        std::make_shared<const ViewSource>(tensor, std::move(view), narrow, std::move(owner));
  }
  return constant;
}

Result<ViewedConstant> fold_constant_input(const CheckpointTensor& filter, ConstantInput input,
                                           std::shared_ptr<const void> owner) {
  const graph::Shape& s = filter.shape;
  const bool padded = input.border == Border::kZeroPadded;
  if (!formats::is_floating(filter.type) || s.rank() != 4 || input.begin < 0 || input.end > s[1] ||
      input.begin >= input.end || (padded && (s[2] != 3 || s[3] != 3))) {
    return internal_error("[model] " + filter.name + ": cannot fold its constant inputs");
  }
  const graph::Shape shape{(padded ? 9 : 1) * s[0], input.end - input.begin};
  return ViewedConstant{
      graph::DType::kF32,
      shape,
      {.source = std::make_shared<const FoldedFilter>(filter, std::move(input), std::move(owner))}};
}

}  // namespace vseal::models
