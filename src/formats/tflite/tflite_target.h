// The lowering's target for TFLite.
#pragma once

#include <map>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "formats/lowering/stored.h"
#include "formats/lowering/target.h"
#include "formats/tflite/versions.h"

namespace vseal::formats::tflite {

// A model without its weights, and what its buffers hold: buffer i is contents[i] (buffer 0 is the
// empty one). Names without a meaning of their own are the op's with a suffix.
struct Network {
  ModelT model;
  std::vector<graph::Tensor> contents;
};

// Zeros on all sides alike, which SAME is at stride 1 alone.
inline bool is_same_padding(const graph::Shape& filter, Target::Window window) {
  return window.stride == 1 && filter[1] == filter[2] && filter[1] == 2 * window.pad + 1;
}

// Whether XNNPACK makes products of vectors of it, which in kernels that take f32 and multiply
// integers have a scale for each pixel.
inline bool is_pixelwise(const graph::Shape& filter, Target::Window window) {
  return filter[1] == 1 && filter[2] == 1 && window.stride == 1 && window.pad == 0;
}

// Channels that hold the least and the largest value of a pixel, which such a kernel looks for.
inline constexpr int64_t kEnds = 2;

// Of fewer products for a pixel it takes longer to find a scale for each than to compute them
// twice.
inline constexpr int64_t kFewProducts = 4096;

// A 1x1 filter as a window of two rows, the second of zeros.
inline graph::Tensor with_second_row(const graph::Tensor& filter) {
  const graph::Shape& f = filter.shape;
  return reshaped(with_zeros(filter, f[3]), {f[0], 2, 1, f[3]});
}

inline std::unique_ptr<QuantizationT> quantization_of(std::vector<float> scale,
                                                      std::vector<int64_t> zero_point) {
  auto quantization = std::make_unique<QuantizationT>();
  quantization->scale = std::move(scale);
  quantization->zero_point = std::move(zero_point);
  return quantization;
}

// One subgraph with the signature "serving_default".
class TfliteTarget : public Target {
 public:
  TfliteTarget(std::string name, WeightPrecision precision);

  // Moves the network out, or the first error.
  Result<Network> finish();

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
    return status().ok() ? shapes_[static_cast<size_t>(x)] : any_shape();
  }
  graph::ValueType type(Id x) const override {
    return status().ok() ? types_[static_cast<size_t>(x)] : graph::ValueType();
  }

 private:
  Id add_tensor(const std::string& name, const graph::ValueType& type, const graph::Shape& shape);
  Id add_contents(const graph::Tensor& constant);
  Id numbers(const std::string& name, const graph::Shape& shape, std::vector<int32_t> values);
  Id op(Code code, OptionsUnion options, std::vector<Id> inputs, const std::string& name,
        const graph::Shape& shape, const graph::ValueType& type = {});
  // One that gives the type of its first input.
  Id moving_op(Code code, OptionsUnion options, std::vector<Id> inputs, const std::string& name,
               const graph::Shape& shape);
  uint32_t code_index(Code code, int version);
  Id filter(const graph::Tensor& constant, bool exact);
  Id scaled_rows(const graph::Tensor& stored, std::vector<float> scale);
  // A map, and the filter that fits it.
  struct Hybrid {
    Id x;
    graph::Tensor filter;
  };
  Hybrid hybrid(const std::string& name, Id x, const graph::Tensor& filter, Window window);
  Id with_whole_range(const std::string& name, Id x, int axis, int64_t extent);
  Id integer_bias(const std::string& name, const IntegerFilter& filter, float x_scale,
                  std::span<const float> scale);
  Id bias_or_zeros(const std::string& name, const graph::Tensor* bias, int64_t channels);
  Id padded(const std::string& name, Id x, int pad);
  Id window_conv(const std::string& name, Id x, Id filter, Id bias, int stride, PaddingKind padding,
                 bool relu, const graph::ValueType& type = {});
  TensorT& tensor(Id x) { return *network_.model.subgraphs[0]->tensors[static_cast<size_t>(x)]; }
  SubGraphT& graph() { return *network_.model.subgraphs[0]; }

  WeightPrecision precision_;
  Network network_;
  std::vector<graph::Shape> shapes_;
  std::vector<graph::ValueType> types_;
  std::map<Id, Id> dequantized_;
  std::map<std::pair<Code, int>, uint32_t> codes_;
};

}  // namespace vseal::formats::tflite
