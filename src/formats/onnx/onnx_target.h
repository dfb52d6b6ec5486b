// The lowering's target for ONNX.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "formats/lowering/stored.h"
#include "formats/lowering/target.h"
#include "onnx.pb.h"

namespace vseal::formats {

// A model without the values of its constants: constant i's are contents[i].
struct OnnxNetwork {
  onnx::Model model;
  std::vector<graph::Tensor> contents;
};

// Names of the constants that are scales or zero points of some node.
inline std::set<std::string> onnx_scales(const onnx::Model& model) {
  std::set<std::string> names;
  for (const onnx::Node& node : model.graph().nodes()) {
    if (node.op() != "QuantizeLinear" && node.op() != "DequantizeLinear") continue;
    for (int i = 1; i < node.inputs_size(); ++i) names.insert(node.inputs(i));
  }
  return names;
}

// One graph. ONNX's maps are [n,c,h,w]; other ops work along the last axis as ours do. A map is
// kept in the order in which it was made, and transposed (once) where an op wants the other:
// convolutions and resizing want ONNX's, LayerNorm and products of matrices ours, elementwise ops
// either.
class OnnxTarget : public Target {
 public:
  OnnxTarget(const std::string& name, WeightPrecision precision);

  // Moves the network out, or the first error.
  Result<OnnxNetwork> finish();

  Id input(const std::string& name, const graph::Shape& shape, graph::ValueType type) override;
  void output(const std::string& name, Id x, graph::ValueType type) override;
  Id constant(const std::string& name, const graph::Shape& shape,
              std::vector<float> values) override;
  Id parameter(const graph::Tensor& tensor) override;
  Id conv2d(const std::string& name, Id x, const graph::Tensor& filter, const graph::Tensor* bias,
            Window window, bool relu, bool exact) override;
  Id depthwise(const std::string& name, Id x, const graph::Tensor& filter,
               const graph::Tensor* bias, int pad) override;
  Id linear(const std::string& name, Id x, const graph::Tensor& weight, const graph::Tensor* bias,
            bool relu, bool exact) override;
  Id matmul(const std::string& name, Id a, Id b, bool transpose_b) override;
  Id unary(const std::string& name, Unary kind, Id x) override;
  Id binary(const std::string& name, Binary kind, Id a, Id b, bool relu) override;
  Id reduce(const std::string& name, Reduction kind, Id x, const std::vector<int>& axes) override;
  Id softmax(const std::string& name, Id x) override;
  Id layer_norm(const std::string& name, Id x, const graph::Tensor& gamma,
                const graph::Tensor& beta, float epsilon) override;
  Id reshape(const std::string& name, Id x, const graph::Shape& shape) override;
  Id transpose(const std::string& name, Id x, const std::vector<int>& order) override;
  Id slice(const std::string& name, Id x, int axis, int64_t begin, int64_t end) override;
  Id concat(const std::string& name, const std::vector<Id>& parts, int axis) override;
  Id resize_bilinear(const std::string& name, Id x, int height, int width) override;
  Id space_to_depth(const std::string& name, Id x, int block) override;
  Id depth_to_space(const std::string& name, Id x, int block) override;
  Id quantize(const std::string& name, Id x, graph::ValueType type) override;
  Id dequantize(const std::string& name, Id x) override;
  Id integer_conv2d(const std::string& name, Id x, const IntegerFilter& filter, Window window,
                    bool relu, graph::ValueType y) override;
  Id integer_add(const std::string& name, Id a, Id b, graph::ValueType y) override;
  graph::Shape shape(Id x) const override {
    return status().ok() ? values_[static_cast<size_t>(x)].shape : any_shape();
  }
  graph::ValueType type(Id x) const override {
    return status().ok() ? values_[static_cast<size_t>(x)].type : graph::ValueType();
  }

 private:
  // Names of a value in both orders; of ranks other than 4, and of constants, the first counts. An
  // i8 value is one of f32 that a node has rounded and another has made wide: runtimes join those
  // to the ops between.
  struct Names {
    std::string ours;
    std::string channels_first;
  };
  struct Value {
    graph::Shape shape;
    graph::ValueType type;
    size_t names = 0;  // of names_: an i8 value and the same in f32 share theirs
  };
  enum class Order { kOurs, kChannelsFirst };

  bool is_map(Id x) const { return values_[static_cast<size_t>(x)].shape.rank() == 4; }
  Names& names(Id x) { return names_[values_[static_cast<size_t>(x)].names]; }
  Order order_of(Id x) const;
  std::string in_order(Id x, Order order);
  // A vector, or a number, as the operand of a map that is kept in `order`.
  std::string operand(Id x, Order order, int rank);

  Id add(const graph::Shape& shape, Order order, const std::string& name,
         const graph::ValueType& type = {});
  // Scale and zero point of a type as constants.
  std::vector<std::string> scale_of(const graph::ValueType& type);
  std::string rounded(const std::string& name, const std::string& from,
                      const graph::ValueType& type);
  std::string dequantized_rows(const graph::Tensor& stored, const std::string& scale, int64_t axis);
  onnx::Node& node(const std::string& op, const std::vector<std::string>& inputs,
                   const std::string& output);
  std::string initializer(const graph::Tensor& constant);
  std::string integers(const std::string& name, const std::vector<int64_t>& values);
  // A weight as an f32 value: narrow ones are made wide by a node; `axis` has the rows' scales.
  std::string weight(const graph::Tensor& constant, const std::vector<int>& order,
                     const graph::Shape& shape);
  std::string vector(const graph::Tensor& constant) { return initializer(widened(constant)); }
  Id convolution(const std::string& name, Id x, const std::string& filter, const std::string& bias,
                 const graph::Shape& out, Window window, int64_t groups, bool relu);
  std::string bias_of(const graph::Tensor* bias) { return bias == nullptr ? "" : vector(*bias); }
  Id with_relu(const std::string& name, const graph::Shape& shape, Order order, bool relu);
  // In every node.
  void rename(const std::string& from, const std::string& to);
  static std::string before_relu(const std::string& name, bool relu) {
    return relu ? name + ".linear" : name;
  }

  WeightPrecision precision_;
  OnnxNetwork network_;
  std::vector<Value> values_;
  std::vector<Names> names_;
  std::set<std::string> named_;     // initializers that are there
  std::set<std::string> produced_;  // by nodes
};

}  // namespace vseal::formats
