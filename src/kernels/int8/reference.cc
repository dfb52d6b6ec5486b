// Plain loops over convolutions and conversions: the oracle of integer kernels.
#include <cmath>

#include "kernels/conv2d/tile.h"
#include "kernels/elementwise/contract.h"
#include "kernels/int8/contract.h"
#include "kernels/int8/gelu_plain.h"
#include "kernels/int8/store.h"

namespace vseal::kernels {
namespace {

float horner(const float (&c)[kGeluTerms], float u) {
  float sum = c[kGeluTerms - 1];
  for (size_t i = kGeluTerms - 1; i-- > 0;) {
    sum = sum * u;
    sum = sum + c[i];
  }
  return sum;
}

float activated(float v, Activation activation) {
  if (activation == Activation::kRelu) return v > 0.0f ? v : 0.0f;
  return activation == Activation::kGelu ? gelu_plain(v) : v;
}

// Writes output `at` of channel o from its accumulator.
void finish(const Int8ConvArguments& a, int32_t acc, int64_t at, int o) {
  const Epilogue& e = a.epilogue;
  float v = static_cast<float>(acc) * e.multiplier[o];
  if (a.residual != nullptr) {
    const auto difference = static_cast<float>(a.residual[at] - e.residual_zero_point);
    const float residual = difference * e.residual_multiplier;
    v = v + residual;
  }
  v = activated(v, e.activation);
  if (e.post != 1.0f) v = v * e.post;
  if (a.y_f32 != nullptr) {
    a.y_f32[at] = v;
  } else {
    a.y_i8[at] = store_i8(v, e.zero_point);
  }
}

int64_t border_class(int64_t i, int64_t extent) { return i == 0 ? 0 : i == extent - 1 ? 2 : 1; }

// Where the bias of a pixel begins.
int64_t bias_offset(const Conv2dShape& s, BiasLayout layout, int n, int oy, int ox) {
  if (layout == BiasLayout::kVector) return 0;
  if (layout == BiasLayout::kMap) {
    return ((int64_t{n} * s.out_h() + oy) * s.out_w() + ox) * s.oc;
  }
  return (border_class(oy, s.out_h()) * 3 + border_class(ox, s.out_w())) * s.oc;
}

// Calls visit(ky, kx, pixel) for each tap of an output pixel that lies in the picture.
template <typename Visit>
void for_each_tap(const Conv2dShape& s, int n, int oy, int ox, const Visit& visit) {
  const bool reflect = s.padding == Padding::kReflect;
  for (int ky = 0; ky < s.kh; ++ky) {
    int64_t iy = int64_t{oy} * s.stride + ky - s.pad;
    if (reflect) iy = reflected(iy, s.h);
    for (int kx = 0; kx < s.kw; ++kx) {
      int64_t ix = int64_t{ox} * s.stride + kx - s.pad;
      if (reflect) ix = reflected(ix, s.w);
      if (iy < 0 || iy >= s.h || ix < 0 || ix >= s.w) continue;
      visit(ky, kx, (int64_t{n} * s.h + iy) * s.w + ix);
    }
  }
}

// Calls visit(n, oy, ox, index of the output pixel) for every output pixel.
template <typename Visit>
void for_each_output(const Conv2dShape& s, const Visit& visit) {
  int64_t pixel = 0;
  for (int n = 0; n < s.n; ++n) {
    for (int oy = 0; oy < s.out_h(); ++oy) {
      for (int ox = 0; ox < s.out_w(); ++ox) visit(n, oy, ox, pixel++);
    }
  }
}

}  // namespace

float gelu_plain(float x) {
  if (x < -kGeluEnd) return 0.0f;
  const float t = x > kGeluEnd ? kGeluEnd : x;
  const float u = t * t;
  const float numerator = t * horner(kGeluP, u);
  const float ratio = numerator / horner(kGeluQ, u);
  return x * (0.5f + ratio);
}

void reference_conv2d_i8(const Conv2dShape& s, const Int8ConvArguments& a) {
  for_each_output(s, [&](int n, int oy, int ox, int64_t pixel) {
    const int64_t bias = bias_offset(s, a.bias_layout, n, oy, ox);
    for (int o = 0; o < s.oc; ++o) {
      int32_t sum = 0;
      for_each_tap(s, n, oy, ox, [&](int ky, int kx, int64_t source) {
        const int8_t* x = a.x + source * s.ic;
        const int8_t* w = a.weight + ((int64_t{o} * s.kh + ky) * s.kw + kx) * s.ic;
        for (int i = 0; i < s.ic; ++i) sum += (x[i] - a.x_zero_point) * w[i];
      });
      if (a.bias != nullptr) sum = wrapping_add(sum, a.bias[bias + o]);
      finish(a, sum, pixel * s.oc + o, o);
    }
  });
}

void reference_depthwise_i8(const Conv2dShape& s, const Int8ConvArguments& a) {
  for_each_output(s, [&](int n, int oy, int ox, int64_t pixel) {
    for (int c = 0; c < s.oc; ++c) {
      int32_t sum = 0;
      for_each_tap(s, n, oy, ox, [&](int ky, int kx, int64_t source) {
        const int8_t weight = a.weight[(int64_t{ky} * s.kw + kx) * s.oc + c];
        sum += (a.x[source * s.oc + c] - a.x_zero_point) * weight;
      });
      if (a.bias != nullptr) sum = wrapping_add(sum, a.bias[c]);
      finish(a, sum, pixel * s.oc + c, c);
    }
  });
}

void reference_quantize(const float* x, int64_t count, float inverse_scale, int32_t zero_point,
                        int8_t* y) {
  for (int64_t i = 0; i < count; ++i) y[i] = store_i8(x[i] * inverse_scale, zero_point);
}

void reference_dequantize(const int8_t* x, int64_t count, Quantization quantization, float* y) {
  for (int64_t i = 0; i < count; ++i) {
    y[i] = static_cast<float>(x[i] - quantization.zero_point) * quantization.scale;
  }
}

void reference_quantize_bias(const float* x, int64_t rows, int c, const float* inverse_scale,
                             const float* offset, int32_t* y) {
  for (int64_t r = 0; r < rows; ++r) {
    for (int o = 0; o < c; ++o) {
      const float sum = x[r * c + o] + offset[o];
      y[r * c + o] = rounded(sum * inverse_scale[o], -kMaxBias, kMaxBias);
    }
  }
}

void reference_add_i8(Int8Operand a, Int8Operand b, int64_t count, int32_t zero_point, int8_t* y) {
  for (int64_t i = 0; i < count; ++i) {
    const float left = static_cast<float>(a.data[i] - a.zero_point) * a.multiplier;
    const float right = static_cast<float>(b.data[i] - b.zero_point) * b.multiplier;
    y[i] = store_i8(left + right, zero_point);
  }
}

void reference_requantize(Int8Operand x, int64_t rows, int width, int64_t y_stride,
                          int32_t zero_point, int8_t* y) {
  for (int64_t r = 0; r < rows; ++r) {
    for (int i = 0; i < width; ++i) {
      const auto difference = static_cast<float>(x.data[r * width + i] - x.zero_point);
      y[r * y_stride + i] = store_i8(difference * x.multiplier, zero_point);
    }
  }
}

void reference_look_up(const int8_t* x, int64_t count, const int8_t* table, int8_t* y) {
  for (int64_t i = 0; i < count; ++i) y[i] = table[x[i] + 128];
}

void activation_table(Quantization x, Activation activation, Quantization y, int8_t* table) {
  for (int q = -128; q < 128; ++q) {
    const float value = static_cast<float>(q - x.zero_point) * x.scale;
    const double units = double{reference_activation(value, activation)} / y.scale;
    table[q + 128] = store_i8(static_cast<float>(units), y.zero_point);
  }
}

}  // namespace vseal::kernels
