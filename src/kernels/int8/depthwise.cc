// Integer depthwise convolution by the f32 kernel, whose sums of small integers are exact.
#include "kernels/depthwise/fast.h"
#include "kernels/int8/conv_tile.h"
#include "kernels/int8/light.h"

namespace vseal::kernels {
namespace {

int64_t input_values(const Conv2dShape& s) { return int64_t{s.n} * s.h * s.w * s.ic; }
int64_t output_values(const Conv2dShape& s) { return int64_t{s.n} * s.out_h() * s.out_w() * s.oc; }
int64_t aligned(int64_t floats) { return (floats + 15) / 16 * 16; }

}  // namespace

size_t depthwise_i8_scratch_floats(const Conv2dShape& s) {
  return static_cast<size_t>(aligned(input_values(s)) + output_values(s));
}

void depthwise_i8(const Conv2dShape& s, const Int8ConvArguments& a, const float* weight,
                  float* scratch, ThreadPool& pool) {
  float* x = scratch;
  float* y = scratch + aligned(input_values(s));
  dequantize_i8(a.x, input_values(s), {1.0f, a.x_zero_point}, x, pool);
  depthwise_f32({s.n, s.h, s.w, s.ic, s.kh, s.kw, s.pad}, {x, weight, nullptr, y}, pool);
  const Int8Finish finish{s, a};
  const int64_t pixels = int64_t{s.n} * s.out_h() * s.out_w();
  pool.parallel_for(static_cast<size_t>(pixels), 64, [&](size_t begin, size_t end) {
    for (auto p = static_cast<int64_t>(begin); p < static_cast<int64_t>(end); ++p) {
      // In place: the integers that the floats are.
      float* row = y + p * s.oc;
      auto* sums = reinterpret_cast<int32_t*>(row);
      to_integers(row, s.oc, sums);
      finish_i8(finish, sums, s.oc, p, 1, 0, s.oc);
    }
  });
}

}  // namespace vseal::kernels
