// The ops that networks of this project are made of, with their attributes.
//
// Each formula is one of real numbers. An op whose first input is i8 is an integer op: it computes
// on the stored integers as kernels/int8/contract.h says, and writes i8 of the quantisation that
// Op::type states, or f32. check_types says which ops do, and what must agree.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "graph/tensor.h"

namespace vseal::graph {

enum class Activation { kNone, kRelu, kTanh, kGelu, kSilu };  // kGelu is exact (erf)
enum class Padding { kZero, kReflect };

// y[n,oy,ox,oc] = act(bias[oc] + sum x[n, oy*stride+ky-pad, ox*stride+kx-pad, ic] * w[oc,ky,kx,ic]
//                     + residual[n,oy,ox,oc]).
// Inputs: x, weight [oc,kh,kw,ic], then bias [oc] when has_bias, residual when has_residual. The
// weight is a constant, the bias may be computed.
// Integer: x, residual and y are i8 (y may be f32), the weight is i8 with a last input of f32
// scales [oc] (its real values are scale[o] * stored). The bias is i32 in units of
// x's scale * scale[o], and of shape [oc]; or [9,oc], one for each border class of BorderMap (3x3,
// stride 1, zero padding of 1); or one for each value of y.
struct Conv2d {
  int stride = 1;
  int pad = 0;  // on all four sides
  Padding padding = Padding::kZero;
  bool has_bias = false;
  bool has_residual = false;  // set by fusion only
  Activation activation = Activation::kNone;
};
// One filter a channel. Inputs: x, weight [kh,kw,c], then bias [c] when has_bias. Stride 1.
// Integer as Conv2d, with scales [c] and a constant bias.
struct DepthwiseConv2d {
  int pad = 0;
  bool has_bias = false;
};
// y[..., o] = act(bias[o] + sum_i x[..., i] * w[o,i]). Inputs: x, weight [out,in], bias if
// has_bias. Integer as Conv2d, with scales [out] and a constant bias.
struct Linear {
  bool has_bias = false;
  Activation activation = Activation::kNone;
};
// y = (x - mean) / sqrt(var + epsilon) * gamma + beta, per channel. Inputs: x, gamma, beta, mean,
// var (all [c]). Folded into the convolution before it by fold_batch_norm.
struct BatchNorm {
  float epsilon = 1e-5f;
};
// Over the last axis. Inputs: x, gamma [c], beta [c].
struct LayerNorm {
  float epsilon = 1e-6f;
};
// y = x * gamma[c] * sqrt(c) / max(|x|_2 over c, 1e-12). Inputs: x, gamma [c].
struct ChannelRmsNorm {};
// Global response normalisation: per picture, g[c] = |x[:,:,c]|_2; y = (gamma[c] * x * g[c] /
// (mean(g) + epsilon) + beta[c] + x) * factor[c]. Inputs: x, gamma [c], beta [c], then factor [c]
// when has_factor (1 otherwise).
struct GlobalResponseNorm {
  float epsilon = 1e-6f;
  bool has_factor = false;
};
struct Activate {
  Activation activation = Activation::kRelu;
};
// a + b, equal shapes.
struct Add {};
// y = x * scale + offset.
struct Affine {
  float scale = 1.0f;
  float offset = 0.0f;
};
// Along the channel axis, any number of inputs.
struct Concat {};
// PyTorch's pixel_unshuffle: y[n, h/b, w/b, c*b*b] with channel index (c*b + dy)*b + dx.
struct SpaceToDepth {
  int block = 2;
};
// PyTorch's pixel_shuffle, the inverse of SpaceToDepth.
struct DepthToSpace {
  int block = 2;
};
// Bilinear, align_corners false, borders clamped, no antialiasing.
struct ResizeBilinear {
  int height = 0;
  int width = 0;
};
// Mean over h and w: [n,h,w,c] -> [n,c].
struct SpatialMean {};
// Repeats [n,h,w,c] to [n, h*rows, w*columns, c].
struct Tile {
  int rows = 1;
  int columns = 1;
};
// Mean over positions that are equal modulo (height, width): [n,h,w,c] -> [n,height,width,c].
// h and w are multiples of height and width. The adjoint (up to a factor) of Tile.
struct FoldMean {
  int height = 1;
  int width = 1;
};
// Nine vectors spread over a plane: what a 3x3 convolution with zero padding makes of a map that is
// constant. Input v [1, 9*c]; y[0, i, j, ch] = v[(r(i, height) * 3 + r(j, width)) * c + ch] with r
// = 0 for the first row or column, 2 for the last, 1 between. height and width are at least 2.
struct BorderMap {
  int height = 0;
  int width = 0;
};
// Attention within square windows of s x s positions (s = window; the whole map when window is 0,
// then s is its height and its width), with decomposed relative positions. Inputs: qkv [n,h,w,3*c],
// channel = which * c + head * d + i with which = 0 for q, 1 for k, 2 for v and d = c / heads;
// rel_h [2*s-1, d] and rel_w [2*s-1, d]. Per head and window, for positions q and k of it:
//   logit[q,k] = q . k / sqrt(d) + q . rel_h[qy - ky + s - 1] + q . rel_w[qx - kx + s - 1]
// y [n,h,w,c] = softmax over k of the logits, times v. h and w are multiples of s.
struct WindowAttention {
  int heads = 1;
  int window = 0;
};
// Same elements in the same order under another shape.
struct Reshape {
  Shape shape;
};
// f32 -> i8 of the quantisation that Op::type states, rounded and saturated.
struct Quantize {};
// i8 -> f32.
struct Dequantize {};
// What an integer convolution takes as bias, from real numbers: y = (x[..., o] + offset[o]) /
// (input_scale * weight_scale[o]), rounded to i32 and saturated at +-2^30. Inputs: x [..., oc] f32,
// weight_scale [oc], offset [oc].
struct QuantizeBias {
  float input_scale = 1.0f;
};

using OpAttributes =
    std::variant<Conv2d, DepthwiseConv2d, Linear, BatchNorm, LayerNorm, ChannelRmsNorm,
                 GlobalResponseNorm, Activate, Add, Affine, Concat, SpaceToDepth, DepthToSpace,
                 ResizeBilinear, SpatialMean, Tile, FoldMean, BorderMap, WindowAttention, Reshape,
                 Quantize, Dequantize, QuantizeBias>;

struct Op {
  std::string name;
  OpAttributes attributes;
  std::vector<TensorId> inputs;
  TensorId output = kNoTensor;
  ValueType type = {};  // of the output

  template <typename T>
  const T* as() const {
    return std::get_if<T>(&attributes);
  }
};

// Whether the op is a conv2d, depthwise_conv2d or linear.
bool is_weighted(const Op& op);

// The inputs of such an op by what they are; kNoTensor where there is
// none (weight_scale: of a float op). Inputs that are missing count as none.
struct WeightedInputs {
  TensorId x = kNoTensor;
  TensorId weight = kNoTensor;
  TensorId bias = kNoTensor;
  TensorId residual = kNoTensor;
  TensorId weight_scale = kNoTensor;
};
WeightedInputs weighted_inputs(const Op& op);

const char* op_name(const OpAttributes& attributes);  // "conv2d", ...
const char* activation_name(Activation activation);

}  // namespace vseal::graph
