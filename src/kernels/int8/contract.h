// Integer kernels: what each makes of stored integers, to the last bit.
//
// A tensor of i8 stands for scale * (q - zero_point). Sums of products are exact in int32 (checked
// where graphs are made). Everything after a sum is single precision, each operation rounded on its
// own (no fused multiply-add), in the order that is written here; norms take their statistics from
// exact integer sums, in double. So the bits of a result are those of these formulas on every
// instruction set and for any number of threads.
//
// store(v, z) = round(clamp(v, -128 - z, 127 - z)) + z, with ties to even.
#pragma once

#include <cstdint>
#include <span>

#include "kernels/activation.h"
#include "kernels/conv2d/packed.h"

namespace vseal::kernels {

struct Quantization {
  float scale = 1.0f;
  int32_t zero_point = 0;
};

// How the bias of a convolution lies.
enum class BiasLayout {
  kVector,   // [oc]
  kBorders,  // [9,oc]: r(oy, out_h) * 3 + r(ox, out_w), r = 0 first, 2 last, 1 between
  kMap,      // [n,out_h,out_w,oc]
};

// From the accumulator of output channel o to the output:
//   v = float(acc) * multiplier[o]
//   v = v + float(residual - residual_zero_point) * residual_multiplier   (where there is one)
//   v = act(v)       none, relu: max(v, 0), or gelu: gelu_plain(v)
//   v = v * post     (unless post is 1)
//   y = store(v, zero_point), or v itself as f32
struct Epilogue {
  const float* multiplier = nullptr;  // [oc]
  float residual_multiplier = 0.0f;
  int32_t residual_zero_point = 0;
  Activation activation = Activation::kNone;
  float post = 1.0f;
  int32_t zero_point = 0;
};

// GELU from additions, multiplications and one division of single precision: within 4 units of
// 2^-23 relative to x. The formula stands in gelu_plain.h.
float gelu_plain(float x);

// acc = bias + sum over ky, kx, i of (x - x_zero_point) * weight[o,ky,kx,i], the sum as in
// reference_conv2d (padding adds nothing, or reflects). Just one of y_i8 and y_f32 is not null.
struct Int8ConvArguments {
  const int8_t* x = nullptr;  // [n,h,w,ic]
  int32_t x_zero_point = 0;
  const int8_t* weight = nullptr;  // [oc,kh,kw,ic]
  const int32_t* bias = nullptr;   // or null for zeros
  BiasLayout bias_layout = BiasLayout::kVector;
  const int8_t* residual = nullptr;  // [n,out_h,out_w,oc], or null
  Epilogue epilogue = {};
  int8_t* y_i8 = nullptr;  // [n,out_h,out_w,oc]
  float* y_f32 = nullptr;
};
void reference_conv2d_i8(const Conv2dShape& shape, const Int8ConvArguments& arguments);

// One filter a channel, weight [kh,kw,c], stride 1, zero padding; shape.ic = shape.oc = c, and the
// bias is a vector. No residual.
void reference_depthwise_i8(const Conv2dShape& shape, const Int8ConvArguments& arguments);

// y = store(x * inverse_scale, zero_point).
void reference_quantize(const float* x, int64_t count, float inverse_scale, int32_t zero_point,
                        int8_t* y);
// y = float(x - zero_point) * scale.
void reference_dequantize(const int8_t* x, int64_t count, Quantization quantization, float* y);
// y[r,o] = round(clamp((x[r,o] + offset[o]) * inverse_scale[o], -2^30, 2^30)).
void reference_quantize_bias(const float* x, int64_t rows, int c, const float* inverse_scale,
                             const float* offset, int32_t* y);

// y = store(float(a - za) * ma + float(b - zb) * mb, zero_point).
struct Int8Operand {
  const int8_t* data = nullptr;
  int32_t zero_point = 0;
  float multiplier = 1.0f;  // scale of the operand over scale of the output
};
void reference_add_i8(Int8Operand a, Int8Operand b, int64_t count, int32_t zero_point, int8_t* y);

// y = store(float(x - zx) * multiplier, zero_point), for `rows` runs of `width` values that are
// y_stride apart in y: one input of a concatenation.
void reference_requantize(Int8Operand x, int64_t rows, int width, int64_t y_stride,
                          int32_t zero_point, int8_t* y);

// table[q + 128] for every q: y = table[x + 128].
void reference_look_up(const int8_t* x, int64_t count, const int8_t* table, int8_t* y);
// Fills `table` (256 values) with store(act(float(q - z) * scale) / y.scale, y.zero_point), act and
// the rest in double.
void activation_table(Quantization x, Activation activation, Quantization y, int8_t* table);

// With s1 and s2 the sums of (x - zx) and (x - zx)^2 over a row, m = s1 / c, v = s2 / c - m^2:
//   y = store(((float(x - zx) - float(m)) * float(1 / sqrt(v + epsilon))) * gamma[c] + beta[c], z),
// gamma and beta in units of the output, epsilon in units of x. m and v are double. Rows of f32
// stand for themselves (zx = 0, epsilon as it is); their s1 and s2 are reference_row_sums().
struct Int8NormArguments {
  const int8_t* x = nullptr;  // [rows,c]
  int32_t x_zero_point = 0;
  const float* gamma = nullptr;  // [c]
  const float* beta = nullptr;   // [c]
  double epsilon = 0;
  int32_t y_zero_point = 0;
  int8_t* y = nullptr;
  const float* x_f32 = nullptr;  // in place of x, of layer_norm and rms_norm
};
void reference_layer_norm_i8(int64_t rows, int c, const Int8NormArguments& arguments);

// The sums of x[i] and of x[i]^2, i < c, in double: kSumParts partial sums of those i that leave
// the same remainder, in order, of which then those that are 8, 4, 2 and 1 apart are added.
inline constexpr int kSumParts = 16;
struct RowSums {
  double first = 0, second = 0;
};
RowSums reference_row_sums(const float* x, int c);

// y = store((float(x - zx) * float(sqrt(c) / max(sqrt(s2), epsilon))) * gamma[c], z).
void reference_rms_norm_i8(int64_t rows, int c, const Int8NormArguments& arguments);

// Per picture, with s2[c] the sum of (x - zx)^2 over its rows, g[c] = sqrt(s2[c]) and m the mean of
// g over the channels in order, in double:
//   f[c] = float((gamma[c] * g[c] / (m + epsilon) + 1) * factor[c])
//   y = store(float(x - zx) * f[c] + beta[c], z)
// factor and beta in units of the output (with x's scale in factor), gamma plain.
void reference_response_norm_i8(int n, int64_t rows_per_picture, int c,
                                const Int8NormArguments& arguments, const float* factor);

// Bilinear as reference_resize_bilinear; output and input have one quantisation. With lx and ly the
// weights of the higher neighbours as f32, and a, b, c, d the neighbours less the zero point:
//   top = a * (1 - lx) + b * lx, bottom = c * (1 - lx) + d * lx
//   y = store(top * (1 - ly) + bottom * ly, z)
void reference_resize_i8(const int8_t* x, int n, int h, int w, int c, int out_h, int out_w,
                         int32_t zero_point, int8_t* y);

// s = the sum of (x - zx) over the positions that are ty mod tile_h, tx mod tile_w;
// y = store(float(s) * multiplier, zero_point), or float(s) * multiplier as f32. Just one of y_i8
// and y_f32 is not null.
struct Int8MeanArguments {
  const int8_t* x = nullptr;
  int32_t x_zero_point = 0;
  float multiplier = 1.0f;
  int32_t y_zero_point = 0;
  int8_t* y_i8 = nullptr;
  float* y_f32 = nullptr;
};
void reference_fold_mean_i8(int n, int h, int w, int c, int tile_h, int tile_w,
                            const Int8MeanArguments& arguments);

// Bytes that move and stay what they are, as the f32 kernels of rearrange/contract.h.
void reference_space_to_depth_i8(const int8_t* x, int n, int h, int w, int c, int block, int8_t* y);
void reference_depth_to_space_i8(const int8_t* x, int n, int h, int w, int c, int block, int8_t* y);
void reference_tile_i8(const int8_t* x, int n, int h, int w, int c, int rows, int columns,
                       int8_t* y);

}  // namespace vseal::kernels
