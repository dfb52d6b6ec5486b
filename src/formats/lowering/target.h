// What the lowering of a graph asks of a file format: ops that TFLite and ONNX both have.
#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "graph/graph.h"

namespace vseal::formats {

// A network being written in another format's ops. Values are numbered; shapes and axes are always
// ours (maps [n,h,w,c]), whatever order the format keeps them in. Every op's first argument is the
// name of what it makes. The first error is kept and makes every later call return without effect;
// finish() of the implementation hands it out. Not thread-safe.
class Target {
 public:
  using Id = int;
  // kGelu is exact, kRound takes ties to even.
  enum class Unary { kRelu, kTanh, kSigmoid, kGelu, kSqrt, kExp, kLog, kCeil, kRound };
  enum class Binary { kAdd, kSub, kMul, kDiv, kMax, kMin };
  enum class Reduction { kMean, kSum };

  // Rows and columns of zeros around a map, on all four sides, and the step of the window.
  struct Window {
    int pad = 0;
    int stride = 1;
  };

  // A filter of integers: real values are scale[o] * stored, o the output channel; the bias is i32
  // in units of the input's scale * scale[o], null for none.
  struct IntegerFilter {
    const graph::Tensor& stored;  // [oc,kh,kw,ic], of i8
    const graph::Tensor& scale;   // [oc]
    const graph::Tensor* bias = nullptr;
  };

  virtual ~Target() = default;

  // Of f32, or of i8 or u8: then a value of that type, for dequantize().
  virtual Id input(const std::string& name, const graph::Shape& shape, graph::ValueType type) = 0;
  // The value (of f32) as an output of the network under another name, rounded where `type` is not
  // f32.
  virtual void output(const std::string& name, Id x, graph::ValueType type) = 0;
  // Few values, kept in f32 whatever the weights are stored as.
  virtual Id constant(const std::string& name, const graph::Shape& shape,
                      std::vector<float> values) = 0;
  // A constant of the graph, as wide as its values are stored.
  virtual Id parameter(const graph::Tensor& tensor) = 0;

  // Convolution of zero-padded maps; `filter` is [oc,kh,kw,ic], `bias` [oc] or null. An exact one
  // is computed in f32 in files of integers too, where others have filters of i8.
  virtual Id conv2d(const std::string& name, Id x, const graph::Tensor& filter,
                    const graph::Tensor* bias, Window window, bool relu, bool exact = false) = 0;
  // One filter a channel, [kh,kw,c]; stride 1. `x` may be integers, which are made real.
  virtual Id depthwise(const std::string& name, Id x, const graph::Tensor& filter,
                       const graph::Tensor* bias, int pad) = 0;
  // y[..., o] = sum_i x[..., i] w[o,i] + bias[o] of maps and of [n,in].
  virtual Id linear(const std::string& name, Id x, const graph::Tensor& weight,
                    const graph::Tensor* bias, bool relu, bool exact = false) = 0;
  // a [b,m,k] times b [b,k,n], or its transpose [b,n,k].
  virtual Id matmul(const std::string& name, Id a, Id b, bool transpose_b) = 0;

  virtual Id unary(const std::string& name, Unary kind, Id x) = 0;
  // Shapes are equal, or those of one are spread as numpy does it: trailing axes meet, extents of 1
  // repeat.
  virtual Id binary(const std::string& name, Binary kind, Id a, Id b, bool relu = false) = 0;
  // Over `axes`, which stay as extents of 1.
  virtual Id reduce(const std::string& name, Reduction kind, Id x,
                    const std::vector<int>& axes) = 0;
  virtual Id softmax(const std::string& name, Id x) = 0;  // over the last axis
  // (x - mean) / sqrt(var + epsilon) * gamma + beta over the last axis.
  virtual Id layer_norm(const std::string& name, Id x, const graph::Tensor& gamma,
                        const graph::Tensor& beta, float epsilon) = 0;

  virtual Id reshape(const std::string& name, Id x, const graph::Shape& shape) = 0;
  virtual Id transpose(const std::string& name, Id x, const std::vector<int>& order) = 0;
  virtual Id slice(const std::string& name, Id x, int axis, int64_t begin, int64_t end) = 0;
  virtual Id concat(const std::string& name, const std::vector<Id>& parts, int axis) = 0;
  virtual Id resize_bilinear(const std::string& name, Id x, int height, int width) = 0;
  // PyTorch's pixel_unshuffle and pixel_shuffle, from and to maps of one channel.
  virtual Id space_to_depth(const std::string& name, Id x, int block) = 0;
  virtual Id depth_to_space(const std::string& name, Id x, int block) = 0;

  // Integers. Ops that move values (reshape to concat, space_to_depth, depth_to_space) give the
  // type that they take; all others take f32, but for these: f32 or i8 -> i8 of `type`, i8 or u8 ->
  // f32.
  virtual Id quantize(const std::string& name, Id x, graph::ValueType type) = 0;
  virtual Id dequantize(const std::string& name, Id x) = 0;
  // Of an i8 map; sums are exact. y is i8, rounded once, or f32: then rows that mean nothing may
  // follow, for the caller to cut off.
  virtual Id integer_conv2d(const std::string& name, Id x, const IntegerFilter& filter,
                            Window window, bool relu, graph::ValueType y) = 0;
  // a + b of i8, rounded once to i8.
  virtual Id integer_add(const std::string& name, Id a, Id b, graph::ValueType y) = 0;

  virtual graph::Shape shape(Id x) const = 0;
  virtual graph::ValueType type(Id x) const = 0;

  // Keeps the first error.
  void fail(Status status) {
    if (status_.ok()) status_ = std::move(status);
  }
  const Status& status() const { return status_; }

 protected:
  // The shape of every value after an error: of any rank that an op may look for.
  static const graph::Shape& any_shape();

 private:
  Status status_;
};

// What binary() makes of two shapes. kInvalidArgument when they do not meet.
Result<graph::Shape> broadcast_shape(const graph::Shape& a, const graph::Shape& b);

}  // namespace vseal::formats
