// Every fast linear kernel on every instruction set of this machine against the reference.
#include <gmock/gmock.h>

#include <cstring>

#include "kernels/guarded.h"
#include "kernels/isa.h"
#include "kernels/linear/contract.h"
#include "kernels/linear/packed.h"

namespace vseal::kernels {
namespace {

using Kernel = void (*)(const LinearShape&, const LinearArguments&, ThreadPool&);
constexpr Kernel kKernels[] = {
#define VSEAL_LINEAR_KERNEL(function) function,
#include "kernels/linear/kernels.inc"
#undef VSEAL_LINEAR_KERNEL
};

using Parameters = std::tuple<Kernel, std::string, LinearShape>;

std::string test_name(const testing::TestParamInfo<Parameters>& test) {
  const LinearShape& s = std::get<2>(test.param);
  return std::get<1>(test.param) + "_" + std::to_string(s.rows) + "x" + std::to_string(s.in) + "x" +
         std::to_string(s.out);
}

class Linear : public testing::TestWithParam<Parameters> {
 protected:
  void SetUp() override {
    ASSERT_TRUE(force_isa(std::get<1>(GetParam())).ok());
    shape = std::get<2>(GetParam());
  }
  void TearDown() override { ASSERT_TRUE(force_isa("auto").ok()); }

  LinearShape shape;
};

TEST_P(Linear, MatchesReferenceOnAnyNumberOfThreads) {
  const Kernel run = std::get<0>(GetParam());
  const auto size = [](int a, int b) { return static_cast<size_t>(a) * static_cast<size_t>(b); };
  const auto x = GuardedFloats::random(size(shape.rows, shape.in), 1);
  const auto weight = GuardedFloats::random(size(shape.out, shape.in), 2);
  const auto bias = GuardedFloats::random(size(shape.out, 1), 3);
  GuardedFloats alone(size(shape.rows, shape.out)), shared(alone.size());
  const auto packed = pack_linear(shape, weight.span());
  ASSERT_TRUE(packed.ok()) << packed.status().message();
  ThreadPool one(1), three(3);
  LinearArguments a{x.data(), packed->data(), bias.data(), nullptr, alone.data()};
  run(shape, a, one);
  a.y = shared.data();
  run(shape, a, three);
  EXPECT_EQ(0, std::memcmp(alone.data(), shared.data(), alone.size() * sizeof(float)));
  EXPECT_TRUE(alone.intact());

  GuardedFloats expected(alone.size()), scale(alone.size());
  reference_linear(x.data(), shape.rows, shape.in, shape.out, weight.data(), bias.data(),
                   Activation::kNone, expected.data());
  reference_linear(x.magnitudes().data(), shape.rows, shape.in, shape.out,
                   weight.magnitudes().data(), bias.magnitudes().data(), Activation::kNone,
                   scale.data());
  for (size_t at = 0; at < alone.size(); ++at) {
    ASSERT_NEAR(alone.span()[at], expected.span()[at], 1e-5f * scale.span()[at]) << "value " << at;
  }
}

// {rows, in, out}: one row, few rows, more than a tile, and a sum in several parts.
constexpr LinearShape kShapes[] = {{1, 64, 48},   {1, 7, 1},    {2, 33, 19},
                                   {5, 128, 257}, {30, 5, 100}, {1, 8192, 65}};

INSTANTIATE_TEST_SUITE_P(All, Linear,
                         testing::Combine(testing::ValuesIn(kKernels),
                                          testing::ValuesIn(available_isas()),
                                          testing::ValuesIn(kShapes)),
                         test_name);

TEST(LinearShape, NamesTheExtentThatCannotBe) {
  const Status status = check_linear({1, 0, 4});
  EXPECT_EQ(status.code(), Code::kInvalidArgument);
  EXPECT_THAT(status.message(), testing::HasSubstr("ic: expected at least 1, got 0"));
}

}  // namespace
}  // namespace vseal::kernels
