#include "light_cases.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "base/aligned_buffer.h"
#include "kernels/depthwise/contract.h"
#include "kernels/depthwise/fast.h"
#include "kernels/linear/contract.h"
#include "kernels/linear/packed.h"
#include "random_values.h"

namespace vseal::bench {
namespace {

using kernels::Activation;
using kernels::DepthwiseShape;
using kernels::LinearShape;

size_t product(auto... extents) { return (static_cast<size_t>(extents) * ...); }

// Inputs are within 1, so a sum of `terms` of them errs by far less than 1e-5 of their number.
Status compare(const std::vector<float>& expected, const AlignedBuffer<float>& got, int64_t terms) {
  for (size_t i = 0; i < expected.size(); ++i) {
    if (!(std::abs(expected[i] - got[i]) <= 1e-6f * static_cast<float>(terms))) {
      return internal_error(fmt::format("value {}: expected {}, got {}", i, expected[i], got[i]));
    }
  }
  return {};
}

// Activations lie at 64-byte boundaries, as in a session.
struct Tensors {
  AlignedBuffer<float> x, weight, y, packed;
  std::vector<float> expected;
};

Result<AlignedBuffer<float>> random_buffer(size_t count, uint32_t seed) {
  VSEAL_ASSIGN_OR_RETURN(auto buffer, AlignedBuffer<float>::allocate(count));
  std::ranges::copy(random_values(count, seed), buffer.data());
  return buffer;
}

Result<std::shared_ptr<Tensors>> make_tensors(size_t x, size_t weight, size_t y) {
  auto t = std::make_shared<Tensors>();
  VSEAL_ASSIGN_OR_RETURN(t->x, random_buffer(x, 1));
  VSEAL_ASSIGN_OR_RETURN(t->weight, random_buffer(weight, 2));
  VSEAL_ASSIGN_OR_RETURN(t->y, AlignedBuffer<float>::allocate(y));
  t->expected.resize(y);
  return t;
}

Result<Case> linear_case(const LinearShape& s) {
  VSEAL_ASSIGN_OR_RETURN(const auto t, make_tensors(product(s.rows, s.in), product(s.out, s.in),
                                                    product(s.rows, s.out)));
  VSEAL_ASSIGN_OR_RETURN(t->packed, kernels::pack_linear(s, t->weight.span()));
  kernels::reference_linear(t->x.data(), s.rows, s.in, s.out, t->weight.data(), nullptr,
                            Activation::kNone, t->expected.data());
  Case test;
  test.name = "linear_f32";
  test.detail = fmt::format("{} x {}->{}", s.rows, s.in, s.out);
  test.multiply_adds = static_cast<double>(product(s.rows, s.in, s.out));
  test.run = [t, s](ThreadPool& pool) {
    kernels::linear_f32(s, {t->x.data(), t->packed.data(), nullptr, nullptr, t->y.data()}, pool);
  };
  test.check = [t, s, run = test.run](ThreadPool& pool) {
    run(pool);
    return compare(t->expected, t->y, s.in);
  };
  return test;
}

Result<Case> depthwise_case(const DepthwiseShape& s) {
  VSEAL_ASSIGN_OR_RETURN(const auto t,
                         make_tensors(product(s.n, s.h, s.w, s.c), product(s.kh, s.kw, s.c),
                                      product(s.n, s.out_h(), s.out_w(), s.c)));
  kernels::reference_depthwise(t->x.data(), s.n, s.h, s.w, s.c, t->weight.data(), s.kh, s.kw, s.pad,
                               nullptr, t->expected.data());
  Case test;
  test.name = "depthwise_f32";
  test.detail = fmt::format("{}x{} {}x{}x{}", s.kh, s.kw, s.h, s.w, s.c);
  test.multiply_adds = static_cast<double>(product(t->y.size(), s.kh, s.kw));
  test.run = [t, s](ThreadPool& pool) {
    kernels::depthwise_f32(s, {t->x.data(), t->weight.data(), nullptr, t->y.data()}, pool);
  };
  test.check = [t, s, run = test.run](ThreadPool& pool) {
    run(pool);
    return compare(t->expected, t->y, int64_t{s.kh} * s.kw);
  };
  return test;
}

}  // namespace

Result<std::vector<Case>> light_cases() {
  std::vector<Case> cases;
  for (const LinearShape& s : {LinearShape{1, 256, 8192}, LinearShape{1, 8192, 256}}) {
    VSEAL_ASSIGN_OR_RETURN(Case test, linear_case(s));
    cases.push_back(std::move(test));
  }
  for (const DepthwiseShape& s :
       {DepthwiseShape{1, 64, 64, 96, 7, 7, 3}, DepthwiseShape{1, 16, 16, 384, 7, 7, 3}}) {
    VSEAL_ASSIGN_OR_RETURN(Case test, depthwise_case(s));
    cases.push_back(std::move(test));
  }
  return cases;
}

}  // namespace vseal::bench
