// A linear layer is a 1x1 convolution; few rows are bound by reading the weights once, which the
// convolution's tiles of one to a few pixels do.
#include "kernels/linear/packed.h"

#include "kernels/conv2d/packed.h"

namespace vseal::kernels {
namespace {

Conv2dShape as_conv2d(const LinearShape& s) {
  Conv2dShape shape;
  shape.h = 1;
  shape.w = s.rows;
  shape.ic = s.in;
  shape.oc = s.out;
  return shape;
}

}  // namespace

Status check_linear(const LinearShape& s) {
  return check_conv2d(as_conv2d(s)).with_context("[linear] rows = w, in = ic, out = oc");
}

Result<AlignedBuffer<float>> pack_linear(const LinearShape& s, std::span<const float> weight) {
  VSEAL_RETURN_IF_ERROR(check_linear(s));
  return pack_conv2d(as_conv2d(s), weight);
}

void linear_f32(const LinearShape& s, const LinearArguments& arguments, ThreadPool& pool) {
  Conv2dArguments a;
  a.x = arguments.x;
  a.packed = arguments.packed;
  a.bias = arguments.bias;
  a.residual = arguments.residual;
  a.y = arguments.y;
  a.activation = arguments.activation;
  conv2d_f32(as_conv2d(s), a, pool);
}

}  // namespace vseal::kernels
