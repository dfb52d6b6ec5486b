// What stands between integer convolutions, on SIMD and all threads, with the bits of the functions
// of contract.h that bear the same names after "reference_".
#pragma once

#include "base/thread_pool.h"
#include "kernels/int8/contract.h"

namespace vseal::kernels {

// All are thread-safe and allocate nothing.
void quantize_i8(const float* x, int64_t count, float inverse_scale, int32_t zero_point, int8_t* y,
                 ThreadPool& pool);
void dequantize_i8(const int8_t* x, int64_t count, Quantization quantization, float* y,
                   ThreadPool& pool);
void quantize_bias(const float* x, int64_t rows, int c, const float* inverse_scale,
                   const float* offset, int32_t* y, ThreadPool& pool);
void add_i8(Int8Operand a, Int8Operand b, int64_t count, int32_t zero_point, int8_t* y,
            ThreadPool& pool);
void requantize_i8(Int8Operand x, int64_t rows, int width, int64_t y_stride, int32_t zero_point,
                   int8_t* y, ThreadPool& pool);
void look_up_i8(const int8_t* x, int64_t count, const int8_t* table, int8_t* y, ThreadPool& pool);

// layer_norm (arguments.beta not null) and rms_norm (null).
void row_norm_i8(int64_t rows, int c, const Int8NormArguments& arguments, ThreadPool& pool);

// Scratch of response_norm_i8, which lies at a 64-byte boundary.
size_t response_norm_i8_scratch_floats(int n, int64_t rows_per_picture, int c);
void response_norm_i8(int n, int64_t rows_per_picture, int c, const Int8NormArguments& arguments,
                      const float* factor, float* scratch, ThreadPool& pool);

void resize_i8(const int8_t* x, int n, int h, int w, int c, int out_h, int out_w,
               int32_t zero_point, int8_t* y, ThreadPool& pool);
void fold_mean_i8(int n, int h, int w, int c, int tile_h, int tile_w,
                  const Int8MeanArguments& arguments, ThreadPool& pool);

}  // namespace vseal::kernels
