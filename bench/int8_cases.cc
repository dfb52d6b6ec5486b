#include "int8_cases.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <random>

#include "kernels/int8/conv_tile.h"
#include "kernels/int8/packed.h"

namespace vseal::bench {
namespace {

using kernels::Conv2dShape;

// A convolution + bias + ReLU + requantisation.
struct Convolution {
  Conv2dShape shape;
  std::vector<int8_t> x, weight, y;
  std::vector<int32_t> bias;
  std::vector<float> multiplier;
  kernels::PackedInt8Filter packed;
  AlignedBuffer<float> scratch;

  kernels::Int8ConvArguments arguments() {
    kernels::Int8ConvArguments a;
    a.x = x.data();
    a.x_zero_point = -128;  // as behind a ReLU
    a.weight = weight.data();
    a.bias = bias.data();
    a.epilogue = {.multiplier = multiplier.data(),
                  .activation = kernels::Activation::kRelu,
                  .zero_point = -128};
    a.y_i8 = y.data();
    return a;
  }
  void run(ThreadPool& pool) {
    kernels::conv2d_i8(shape, arguments(), packed, scratch.data(), pool);
  }
};

std::vector<int8_t> random_bytes(size_t count, unsigned seed) {
  std::mt19937 engine(seed);
  std::vector<int8_t> bytes(count);
  for (int8_t& b : bytes) b = static_cast<int8_t>(engine());
  return bytes;
}

Result<std::shared_ptr<Convolution>> make_convolution(const Conv2dShape& s) {
  auto c = std::make_shared<Convolution>();
  const auto count = [](auto... extents) { return (static_cast<size_t>(extents) * ...); };
  c->shape = s;
  c->x = random_bytes(count(s.n, s.h, s.w, s.ic), 1);
  c->weight = random_bytes(count(s.oc, s.kh, s.kw, s.ic), 2);
  c->bias.assign(count(s.oc), 1000);
  c->multiplier.assign(count(s.oc), 1e-3f);
  c->y.resize(count(s.n, s.out_h(), s.out_w(), s.oc));
  VSEAL_ASSIGN_OR_RETURN(c->packed, kernels::pack_conv2d_i8(s, c->weight));
  VSEAL_ASSIGN_OR_RETURN(c->scratch,
                         AlignedBuffer<float>::allocate(
                             kernels::conv2d_i8_scratch_floats(s, c->packed, available_cores())));
  return c;
}

Status check(Convolution& c, ThreadPool& pool) {
  c.run(pool);
  const std::vector<int8_t> got = c.y;
  kernels::reference_conv2d_i8(c.shape, c.arguments());
  const auto differs = std::ranges::mismatch(got, c.y);
  if (differs.in1 == got.end()) return {};
  return internal_error(fmt::format("value {}: expected {}, got {}", differs.in1 - got.begin(),
                                    *differs.in2, *differs.in1));
}

Case convolution_case(std::shared_ptr<Convolution> c) {
  const Conv2dShape& s = c->shape;
  Case test;
  test.name = kernels::int8_tile_kernel().name;
  test.detail = fmt::format("{}x{} {}x{}x{}->{}", s.kh, s.kw, s.h, s.w, s.ic, s.oc);
  test.multiply_adds = static_cast<double>(c->y.size()) * s.kh * s.kw * s.ic;
  test.products = Case::Products::kInteger;
  test.check = [c](ThreadPool& pool) { return check(*c, pool); };
  test.run = [c](ThreadPool& pool) { c->run(pool); };
  return test;
}

}  // namespace

Result<std::vector<Case>> int8_cases() {
  constexpr auto kZero = kernels::Padding::kZero;
  const Conv2dShape shapes[] = {
      {1, 32, 32, 384, 384, 3, 3, 1, 1, kZero},  // VideoSeal 1.0's bottleneck
      {1, 32, 32, 384, 384, 1, 1, 1, 0, kZero},
      {1, 32, 32, 96, 96, 3, 3, 1, 1, kZero},    // the default model
      {1, 256, 256, 16, 16, 3, 3, 1, 1, kZero},  // VideoSeal's other levels
      {1, 128, 128, 32, 32, 3, 3, 1, 1, kZero},
      {1, 64, 64, 64, 64, 3, 3, 1, 1, kZero},
      {1, 16, 16, 384, 1536, 1, 1, 1, 0, kZero},  // its detector
      {1, 8, 8, 3072, 768, 1, 1, 1, 0, kZero},
  };
  std::vector<Case> cases;
  for (const Conv2dShape& shape : shapes) {
    VSEAL_ASSIGN_OR_RETURN(auto convolution, make_convolution(shape));
    cases.push_back(convolution_case(std::move(convolution)));
  }
  return cases;
}

}  // namespace vseal::bench
