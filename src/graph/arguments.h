// What shape inference and type checks share: an op's inputs, and errors that name them.
#pragma once

#include <fmt/format.h>

#include <initializer_list>
#include <string>
#include <vector>

#include "graph/graph.h"

namespace vseal::graph {

// An op together with the tensors it reads, and the errors that name both.
class Arguments {
 public:
  Arguments(const Op& op, const std::vector<Tensor>& tensors) : op_(op), tensors_(tensors) {}

  const Op& op() const { return op_; }
  size_t count() const { return op_.inputs.size(); }
  // Whether the op computes on integers: its first input is i8.
  bool is_integer() const { return count() > 0 && tensor(0).dtype == DType::kI8; }
  const Tensor& tensor(size_t i) const { return tensors_[static_cast<size_t>(op_.inputs[i])]; }
  const Shape& shape(size_t i) const { return tensor(i).shape; }

  Status fault(const std::string& argument, const std::string& expected,
               const std::string& got) const {
    return invalid_argument(fmt::format("[{} {}] {}: expected {}, got {}", op_name(op_.attributes),
                                        op_.name, argument, expected, got));
  }

  // Inputs that exist and are sound.
  Status expect_readable() const {
    for (const TensorId id : op_.inputs) {
      if (id < 0 || static_cast<size_t>(id) >= tensors_.size()) {
        return fault("input", fmt::format("one of {} tensors", tensors_.size()),
                     fmt::to_string(id));
      }
      const Tensor& t = tensors_[static_cast<size_t>(id)];
      const Result<int64_t> elements = t.shape.checked_elements();
      if (!elements.ok()) return fault(t.name, "a sound shape", t.shape.text());
    }
    return {};
  }

  Status expect_count(size_t n) const {
    if (count() == n) return {};
    return fault("inputs", fmt::to_string(n), fmt::to_string(count()));
  }

  Status expect_map(size_t i) const {
    if (shape(i).rank() == 4) return {};
    return fault("x", "[n,h,w,c]", shape(i).text());
  }

  Status expect_shape(size_t i, const std::string& argument, const Shape& expected) const {
    if (shape(i) != expected) return fault(argument, expected.text(), shape(i).text());
    return {};
  }

  Status expect_constant(size_t i, const std::string& argument, const Shape& expected) const {
    VSEAL_RETURN_IF_ERROR(expect_shape(i, argument, expected));
    if (!tensor(i).is_constant()) return fault(argument, "a constant", "a computed tensor");
    return {};
  }

  // Per-channel constants [c] as inputs 1, 2, ... after x, c being x's last extent.
  Status expect_channel_vectors(std::initializer_list<const char*> names) const {
    VSEAL_RETURN_IF_ERROR(expect_count(1 + names.size()));
    if (shape(0).rank() < 1) return fault("x", "[..., c]", shape(0).text());
    const Shape vector{shape(0)[shape(0).rank() - 1]};
    size_t i = 1;
    for (const char* name : names) VSEAL_RETURN_IF_ERROR(expect_constant(i++, name, vector));
    return {};
  }

  // The scales of an integer op's weights, its last input.
  Status expect_weight_scale(int64_t channels) const {
    return expect_constant(count() - 1, "weight_scale", {channels});
  }

  // The single map [n,h,w,c] of an op without weights.
  Status expect_one_map() const {
    VSEAL_RETURN_IF_ERROR(expect_count(1));
    return expect_map(0);
  }

 private:
  const Op& op_;
  const std::vector<Tensor>& tensors_;
};

}  // namespace vseal::graph
