#include "conv_cases.h"

#include <fmt/format.h>

#include <cmath>
#include <memory>

#include "kernels/conv2d/packed.h"
#include "random_values.h"

namespace vseal::bench {
namespace {

using kernels::Activation;
using kernels::Conv2dArguments;
using kernels::Conv2dShape;
using kernels::Padding;

// A kernel of kernels.inc.
struct Kernel {
  const char* name;
  void (*run)(const Conv2dShape&, const Conv2dArguments&, ThreadPool&);
  bool (*takes)(const Conv2dShape&);
  size_t (*scratch_floats)(const Conv2dShape&, int threads);
};
constexpr Kernel kKernels[] = {
#define VSEAL_CONV2D_KERNEL(function, takes, scratch, error_tile) \
  {#function, kernels::function, kernels::takes, kernels::scratch},
#include "kernels/conv2d/kernels.inc"
#undef VSEAL_CONV2D_KERNEL
};

// A convolution + bias + ReLU.
struct Convolution {
  Conv2dShape shape;
  std::vector<float> x, weight, bias, y;
  AlignedBuffer<float> packed, scratch;

  Conv2dArguments arguments() {
    Conv2dArguments a;
    a.x = x.data();
    a.packed = packed.data();
    a.bias = bias.data();
    a.y = y.data();
    a.scratch = scratch.size() == 0 ? nullptr : scratch.data();
    a.activation = Activation::kRelu;
    return a;
  }
  int64_t depth() const { return int64_t{shape.kh} * shape.kw * shape.ic; }
};

Result<std::shared_ptr<Convolution>> make_convolution(const Conv2dShape& s) {
  VSEAL_RETURN_IF_ERROR(check_conv2d(s));
  auto c = std::make_shared<Convolution>();
  c->shape = s;
  const auto count = [](auto... extents) { return (static_cast<size_t>(extents) * ...); };
  c->x = random_values(count(s.n, s.h, s.w, s.ic), 1);
  c->weight = random_values(count(s.oc, c->depth()), 2);
  c->bias = random_values(count(s.oc), 3);
  c->y.resize(count(s.n, s.out_h(), s.out_w(), s.oc));
  VSEAL_ASSIGN_OR_RETURN(c->packed, kernels::pack_conv2d(s, c->weight));
  return c;
}

// The sum at output value `at` in double, and the sum of its terms' magnitudes.
std::pair<double, double> sum_at(const Convolution& c, int64_t at) {
  const Conv2dShape& s = c.shape;
  const int64_t o = at % s.oc, ox = at / s.oc % s.out_w(), oy = at / s.oc / s.out_w() % s.out_h();
  const int64_t n = at / s.oc / s.out_w() / s.out_h();
  double sum = double{c.bias[static_cast<size_t>(o)]};
  double scale = std::abs(sum);
  for (int64_t k = 0; k < c.depth(); ++k) {
    const int64_t iy = oy * s.stride - s.pad + k / s.ic / s.kw;
    const int64_t ix = ox * s.stride - s.pad + k / s.ic % s.kw;
    if (iy < 0 || iy >= s.h || ix < 0 || ix >= s.w) continue;
    const int64_t from = ((n * s.h + iy) * s.w + ix) * s.ic + k % s.ic;
    const double product = double{c.x[static_cast<size_t>(from)]} *
                           double{c.weight[static_cast<size_t>(o * c.depth() + k)]};
    sum += product;
    scale += std::abs(product);
  }
  return {sum, scale};
}

std::string shape_text(const Conv2dShape& s) {
  return fmt::format("{}x{} {}x{}x{}->{}{}", s.kh, s.kw, s.h, s.w, s.ic, s.oc,
                     s.stride == 1 ? "" : fmt::format(" stride {}", s.stride));
}

// Compares every 997th value, a prime, which meets all channels, borders and corners.
Status check_convolution(const Kernel& kernel, Convolution& c, ThreadPool& pool) {
  std::ranges::fill(c.y, NAN);
  const size_t scratch_size = kernel.scratch_floats(c.shape, pool.threads());
  VSEAL_ASSIGN_OR_RETURN(c.scratch, AlignedBuffer<float>::allocate(scratch_size));
  kernel.run(c.shape, c.arguments(), pool);
  for (size_t at = 0; at < c.y.size(); at += 997) {
    const auto [sum, scale] = sum_at(c, static_cast<int64_t>(at));
    const double expected = std::max(sum, 0.0);
    if (!(std::abs(double{c.y[at]} - expected) <= 1e-5 * scale)) {
      return internal_error(fmt::format("value {}: expected {}, got {}", at, expected, c.y[at]));
    }
  }
  return {};
}

Case kernel_case(const Kernel& kernel, std::shared_ptr<Convolution> convolution) {
  Case test;
  test.name = kernel.name;
  test.detail = shape_text(convolution->shape);
  test.multiply_adds =
      static_cast<double>(convolution->y.size()) * static_cast<double>(convolution->depth());
  test.check = [&kernel, convolution](ThreadPool& pool) {
    return check_convolution(kernel, *convolution, pool);
  };
  test.run = [&kernel, convolution](ThreadPool& pool) {
    kernel.run(convolution->shape, convolution->arguments(), pool);
  };
  return test;
}

}  // namespace

Result<std::vector<Case>> conv_cases() {
  constexpr Padding kZero = Padding::kZero;
  const Conv2dShape shapes[] = {
      {1, 32, 32, 384, 384, 3, 3, 1, 1, kZero},  // VideoSeal 1.0's bottleneck
      {1, 32, 32, 384, 384, 1, 1, 1, 0, kZero},
      {1, 32, 32, 96, 96, 3, 3, 1, 1, kZero},  // the default model
      {1, 32, 32, 64, 96, 3, 3, 1, 1, kZero},
      {1, 256, 256, 16, 16, 3, 3, 1, 1, kZero},  // VideoSeal's other levels
      {1, 128, 128, 32, 32, 3, 3, 1, 1, kZero},
      {1, 256, 256, 64, 16, 3, 3, 1, 1, kZero},
      {1, 64, 64, 64, 64, 3, 3, 1, 1, kZero},
      {1, 64, 64, 64, 128, 3, 3, 2, 1, kZero},
      {1, 64, 64, 768, 128, 3, 3, 1, 1, kZero},
      {1, 8, 8, 768, 768, 3, 3, 1, 1, kZero},  // its detector
      {1, 16, 16, 384, 1536, 1, 1, 1, 0, kZero},
      {1, 8, 8, 3072, 768, 1, 1, 1, 0, kZero},
  };
  std::vector<Case> cases;
  for (const Conv2dShape& shape : shapes) {
    VSEAL_ASSIGN_OR_RETURN(const auto convolution, make_convolution(shape));
    for (const Kernel& kernel : kKernels) {
      const bool same_as_default = kernel.run == kernels::conv2d_f32;
      if (kernel.takes(shape) && !same_as_default)
        cases.push_back(kernel_case(kernel, convolution));
    }
  }
  return cases;
}

}  // namespace vseal::bench
