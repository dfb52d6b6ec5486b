// Every fast depthwise kernel on every instruction set of this machine against the reference.
#include <gmock/gmock.h>

#include <cstring>

#include "kernels/depthwise/contract.h"
#include "kernels/depthwise/fast.h"
#include "kernels/guarded.h"
#include "kernels/isa.h"

namespace vseal::kernels {
namespace {

using Kernel = void (*)(const DepthwiseShape&, const DepthwiseArguments&, ThreadPool&);
constexpr Kernel kKernels[] = {
#define VSEAL_DEPTHWISE_KERNEL(function) function,
#include "kernels/depthwise/kernels.inc"
#undef VSEAL_DEPTHWISE_KERNEL
};

struct Case {
  const char* name;
  DepthwiseShape shape;
  bool bias = true;
};
void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

// n h w c kh kw pad
const Case kCases[] = {
    {"seven_wide", {1, 9, 40, 32, 7, 7, 3}},
    {"seven_small", {1, 8, 8, 48, 7, 7, 3}},
    {"odd_channels", {2, 5, 21, 37, 7, 7, 3}, false},
    {"few_channels", {1, 6, 11, 3, 3, 3, 1}},
    {"no_padding", {1, 9, 26, 16, 5, 3, 0}},
    {"picture_below_kernel", {1, 2, 3, 17, 7, 7, 3}},
    {"more_padding_than_taps", {1, 3, 4, 16, 1, 3, 2}},
};

class Depthwise : public testing::TestWithParam<std::tuple<Kernel, std::string, Case>> {
 protected:
  void SetUp() override { ASSERT_TRUE(force_isa(std::get<1>(GetParam())).ok()); }
  void TearDown() override { ASSERT_TRUE(force_isa("auto").ok()); }
};

struct Tensors {
  explicit Tensors(const DepthwiseShape& s)
      : x(GuardedFloats::random(static_cast<size_t>(s.n * s.h * s.w * s.c), 1)),
        weight(GuardedFloats::random(static_cast<size_t>(s.kh * s.kw * s.c), 2)),
        bias(GuardedFloats::random(static_cast<size_t>(s.c), 3)) {}
  GuardedFloats x, weight, bias;
};

TEST_P(Depthwise, MatchesReferenceOnAnyNumberOfThreads) {
  const auto& [run, isa, test] = GetParam();
  const DepthwiseShape& s = test.shape;
  const Tensors t(s);
  GuardedFloats alone(static_cast<size_t>(s.n * s.out_h() * s.out_w() * s.c)), shared(alone.size());
  ASSERT_TRUE(check_depthwise(s).ok());
  ThreadPool one(1), three(3);
  DepthwiseArguments a{t.x.data(), t.weight.data(), test.bias ? t.bias.data() : nullptr,
                       alone.data()};
  run(s, a, one);
  a.y = shared.data();
  run(s, a, three);
  EXPECT_EQ(0, std::memcmp(alone.data(), shared.data(), alone.size() * sizeof(float)));
  EXPECT_TRUE(alone.intact());

  GuardedFloats expected(alone.size()), scale(alone.size());
  const auto bias = t.bias.magnitudes();
  reference_depthwise(t.x.data(), s.n, s.h, s.w, s.c, t.weight.data(), s.kh, s.kw, s.pad, a.bias,
                      expected.data());
  reference_depthwise(t.x.magnitudes().data(), s.n, s.h, s.w, s.c, t.weight.magnitudes().data(),
                      s.kh, s.kw, s.pad, test.bias ? bias.data() : nullptr, scale.data());
  for (size_t at = 0; at < alone.size(); ++at) {
    ASSERT_NEAR(alone.span()[at], expected.span()[at], 1e-5f * scale.span()[at]) << "value " << at;
  }
}

INSTANTIATE_TEST_SUITE_P(All, Depthwise,
                         testing::Combine(testing::ValuesIn(kKernels),
                                          testing::ValuesIn(available_isas()),
                                          testing::ValuesIn(kCases)),
                         [](const auto& test) {
                           return std::get<1>(test.param) + "_" + std::get<2>(test.param).name;
                         });

TEST(DepthwiseShape, NamesTheExtentThatCannotBe) {
  EXPECT_THAT(check_depthwise({1, 8, 8, 4, 17, 3, 1}).message(),
              testing::HasSubstr("kh: expected 1 to 16, got 17"));
  EXPECT_THAT(check_depthwise({1, 8, 4, 4, 3, 7, 1}).message(), testing::HasSubstr("w + 2 pad"));
}

}  // namespace
}  // namespace vseal::kernels
