// A .tflite file's tables, seen safely: what check_tflite's parts share.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/status.h"
#include "graph/tensor.h"
#include "tflite_generated.h"

namespace vseal::formats::tflite {

// One tensor of the subgraph. Views live as long as the file's bytes.
struct SeenTensor {
  std::string name;
  TensorType type = TensorType::Float32;
  graph::Shape shape;
  std::vector<float> scale;  // one, one for each index of `axis`, or none
  std::vector<int64_t> zero_point;
  int axis = 0;
  std::span<const std::byte> data;  // of a constant
  bool constant = false;
  bool fixed = false;  // a constant, or one made wide
  bool ready = false;  // constant, an input, or written by an op before

  bool same_scale(const SeenTensor& other) const {
    return scale == other.scale && zero_point == other.zero_point;
  }
  // A constant's 32-bit values.
  std::vector<int64_t> integers() const;
};

size_t size_bytes(TensorType type);  // 0 for a type that vseal does not write

// One op with what it reads and writes.
struct SeenOp {
  size_t index = 0;
  Code code = Code::Add;
  int version = 1;
  const Operator* table = nullptr;
  std::vector<const SeenTensor*> inputs;  // null: an optional one that is left out
  const SeenTensor* output = nullptr;

  const SeenTensor& x(size_t i) const { return *inputs[i]; }
  // kCorruptInput "[tflite op 3 CONV_2D] what: expected ..., got ...".
  Status fault(const std::string& what, const std::string& expected, const std::string& got) const;
};

// Numbers of inputs, types, versions, and the shape of what comes out.
Status check_shapes(const SeenOp& op);
// Scales, zero points and accumulators of ops on i8.
Status check_quantization(const SeenOp& op);

}  // namespace vseal::formats::tflite
