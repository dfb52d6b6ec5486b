// Every fast convolution on every instruction set of this machine against the reference.
#include <gmock/gmock.h>

#include <cmath>
#include <cstring>
#include <map>

#include "kernels/conv2d/packed.h"
#include "kernels/conv2d/reference.h"
#include "kernels/guarded.h"
#include "kernels/isa.h"

namespace vseal::kernels {
namespace {

using Kernel = void (*)(const Conv2dShape&, const Conv2dArguments&, ThreadPool&);
struct NamedKernel {
  const char* name;
  Kernel run;
  bool (*takes)(const Conv2dShape&);
  size_t (*scratch_floats)(const Conv2dShape&, int threads);
  int error_tile;
};
constexpr NamedKernel kKernels[] = {
#define VSEAL_CONV2D_KERNEL(function, takes, scratch, error_tile) \
  {#function, function, takes, scratch, error_tile},
#include "kernels/conv2d/kernels.inc"
#undef VSEAL_CONV2D_KERNEL
};

struct Case {
  const char* name;
  Conv2dShape shape;
  Activation activation = Activation::kNone;
  bool bias = true;
  bool residual = false;
};

constexpr Padding kReflect = Padding::kReflect;
constexpr Padding kZero = Padding::kZero;

// n h w ic oc kh kw stride pad
const Case kCases[] = {
    {"same_3x3", {1, 7, 9, 16, 32, 3, 3, 1, 1, kZero}, Activation::kRelu, true, true},
    {"wide_row", {1, 3, 61, 5, 48, 3, 3, 1, 1, kZero}, Activation::kRelu},
    {"three_panels", {1, 5, 33, 8, 48, 3, 3, 1, 1, kZero}},
    {"odd_channels", {1, 6, 5, 3, 19, 3, 3, 1, 1, kZero}, Activation::kRelu, true, true},
    {"one_channel", {2, 9, 8, 1, 1, 3, 3, 1, 1, kZero}, Activation::kTanh},
    {"reflect_5x5", {1, 6, 7, 4, 21, 5, 5, 1, 2, kReflect}},
    {"reflect_7x7_batch", {3, 5, 4, 2, 16, 7, 7, 1, 3, kReflect}, Activation::kSilu},
    {"reflect_3x3_wide", {1, 4, 40, 6, 33, 3, 3, 1, 1, kReflect}, Activation::kGelu, false},
    {"stride_2", {1, 12, 14, 7, 40, 3, 3, 2, 1, kZero}, Activation::kNone, true, true},
    {"stride_2_no_pad", {2, 8, 10, 12, 96, 2, 2, 2, 0, kZero}},
    {"stem_4x4", {1, 20, 24, 3, 18, 4, 4, 4, 0, kZero}},
    {"stride_4_reflect", {1, 16, 12, 4, 64, 7, 7, 4, 2, kReflect}},
    {"pointwise", {1, 5, 7, 24, 80, 1, 1, 1, 0, kZero}, Activation::kGelu, true, true},
    {"pointwise_batch", {3, 3, 3, 17, 5, 1, 1, 1, 0, kZero}},
    {"pointwise_stride", {1, 9, 9, 6, 16, 1, 1, 2, 0, kZero}},
    {"flat_kernel", {1, 4, 20, 3, 16, 1, 5, 1, 2, kZero}},
    {"kernel_is_picture", {1, 4, 4, 6, 10, 4, 4, 1, 0, kZero}},
    {"only_padding_rows", {1, 1, 1, 2, 3, 3, 3, 1, 2, kZero}},
    {"no_padding_3x3", {2, 7, 10, 18, 35, 3, 3, 1, 0, kZero}, Activation::kNone, true, true},
    {"more_padding_than_kernel", {1, 5, 6, 4, 17, 3, 3, 1, 3, kZero}},
    {"four_blocks_of_tiles", {1, 50, 70, 3, 17, 3, 3, 1, 1, kReflect}, Activation::kRelu},
    {"channel_blocks", {1, 9, 9, 150, 70, 3, 3, 1, 1, kZero}, Activation::kRelu, true, true},
    {"bands_of_tiles", {1, 33, 36, 260, 16, 3, 3, 1, 1, kZero}},
    {"long_sum_in_parts", {1, 4, 5, 1301, 17, 3, 3, 1, 1, kZero}, Activation::kRelu, true, true},
    {"many_blocks", {1, 31, 33, 2, 50, 3, 3, 1, 1, kZero}, Activation::kSilu, true, true},
};

struct Tensors {
  explicit Tensors(const Case& c)
      : x(GuardedFloats::random(static_cast<size_t>(c.shape.n * c.shape.h * c.shape.w * c.shape.ic),
                                1)),
        weight(GuardedFloats::random(
            static_cast<size_t>(c.shape.oc * c.shape.kh * c.shape.kw * c.shape.ic), 2)),
        bias(GuardedFloats::random(static_cast<size_t>(c.shape.oc), 3)),
        residual(GuardedFloats::random(outputs(c), 4)),
        y(outputs(c)) {}

  static size_t outputs(const Case& c) {
    return static_cast<size_t>(c.shape.n * c.shape.out_h() * c.shape.out_w() * c.shape.oc);
  }

  Conv2dArguments arguments(const Case& c, const AlignedBuffer<float>& packed) {
    Conv2dArguments a;
    a.x = x.data();
    a.packed = packed.data();
    a.bias = c.bias ? bias.data() : nullptr;
    a.residual = c.residual ? residual.data() : nullptr;
    a.y = y.data();
    a.activation = c.activation;
    return a;
  }

  GuardedFloats x, weight, bias, residual, y;
};

// What a case should give, and for each value the sum of the magnitudes that went into it.
struct Expected {
  std::vector<float> values, scales;
};

Expected expect_from_reference(const Case& c, const Tensors& t) {
  Expected e{std::vector<float>(t.y.size()), std::vector<float>(t.y.size())};
  reference_conv2d(c.shape, t.x.data(), t.weight.data(), c.bias ? t.bias.data() : nullptr,
                   c.residual ? t.residual.data() : nullptr, c.activation, e.values.data());
  const auto bias = t.bias.magnitudes(), residual = t.residual.magnitudes();
  reference_conv2d(c.shape, t.x.magnitudes().data(), t.weight.magnitudes().data(),
                   c.bias ? bias.data() : nullptr, c.residual ? residual.data() : nullptr,
                   Activation::kNone, e.scales.data());
  return e;
}

// The same for every kernel and instruction set, so computed once a case.
const Expected& expected_of(const Case& c, const Tensors& t) {
  static std::map<std::string, Expected> known;
  const auto found = known.find(c.name);
  return found != known.end() ? found->second
                              : known.emplace(c.name, expect_from_reference(c, t)).first->second;
}

// The largest scale of the same channel in the tile x tile pixels around pixel (oy, ox).
float tile_scale(const Conv2dShape& s, const Expected& e, int tile, int64_t n, int64_t oy,
                 int64_t ox, int64_t o) {
  float largest = 0;
  for (int64_t y = oy / tile * tile; y < std::min<int64_t>(oy / tile * tile + tile, s.out_h());
       ++y) {
    for (int64_t x = ox / tile * tile; x < std::min<int64_t>(ox / tile * tile + tile, s.out_w());
         ++x) {
      const int64_t at = ((n * s.out_h() + y) * s.out_w() + x) * s.oc + o;
      largest = std::max(largest, e.scales[static_cast<size_t>(at)]);
    }
  }
  return largest;
}

void expect_right(const Case& c, const Tensors& t, int error_tile) {
  const Conv2dShape& s = c.shape;
  const Expected& e = expected_of(c, t);
  size_t at = 0;
  for (int64_t n = 0; n < s.n; ++n) {
    for (int64_t oy = 0; oy < s.out_h(); ++oy) {
      for (int64_t ox = 0; ox < s.out_w(); ++ox) {
        for (int64_t o = 0; o < s.oc; ++o, ++at) {
          const float scale = tile_scale(s, e, error_tile, n, oy, ox, o);
          ASSERT_NEAR(t.y.span()[at], e.values[at], 1e-5f * scale)
              << "at " << n << "," << oy << "," << ox << "," << o;
        }
      }
    }
  }
}

struct Parameters {
  NamedKernel kernel;
  std::string isa;
  Case test;
};
void PrintTo(const Parameters& p, std::ostream* out) { *out << p.isa << " " << p.test.name; }

// Every kernel x instruction set x case that the kernel takes.
std::vector<Parameters> all_parameters() {
  std::vector<Parameters> all;
  for (const NamedKernel& kernel : kKernels) {
    for (const std::string& isa : available_isas()) {
      for (const Case& c : kCases) {
        if (kernel.takes(c.shape)) all.push_back({kernel, isa, c});
      }
    }
  }
  return all;
}

std::string test_name(const testing::TestParamInfo<Parameters>& test) {
  return std::string(test.param.kernel.name) + "_" + test.param.isa + "_" + test.param.test.name;
}

class Conv2d : public testing::TestWithParam<Parameters> {
 protected:
  void SetUp() override { ASSERT_TRUE(force_isa(GetParam().isa).ok()); }
  void TearDown() override { ASSERT_TRUE(force_isa("auto").ok()); }

  // Runs with scratch of exactly the size that is asked for, between guards. It holds NaNs before:
  // no kernel may count on what it finds there.
  void run(const Conv2dShape& shape, Conv2dArguments a, int threads) {
    const size_t size = GetParam().kernel.scratch_floats(shape, threads);
    constexpr size_t kGuard = 64;
    auto scratch = AlignedBuffer<float>::allocate(size + 2 * kGuard);
    ASSERT_TRUE(scratch.ok());
    std::ranges::fill(scratch->span(), NAN);
    if (size > 0) a.scratch = scratch->data() + kGuard;
    ThreadPool pool(threads);
    GetParam().kernel.run(shape, a, pool);
    for (size_t i = 0; i < kGuard; ++i) {
      ASSERT_TRUE(std::isnan((*scratch)[i])) << "before scratch";
      ASSERT_TRUE(std::isnan((*scratch)[kGuard + size + i])) << "after scratch";
    }
  }
};

TEST_P(Conv2d, MatchesReferenceAndStaysInBounds) {
  const Case& c = GetParam().test;
  Tensors t(c);
  const auto packed = pack_conv2d(c.shape, t.weight.span());
  ASSERT_TRUE(packed.ok()) << packed.status().message();
  run(c.shape, t.arguments(c, *packed), 1);
  expect_right(c, t, GetParam().kernel.error_tile);
  EXPECT_TRUE(t.y.intact());
}

TEST_P(Conv2d, SameBitsOnThreeThreadsAndInPlace) {
  const Case& c = GetParam().test;
  Tensors alone(c), shared(c);
  const auto packed = pack_conv2d(c.shape, alone.weight.span());
  ASSERT_TRUE(packed.ok());
  run(c.shape, alone.arguments(c, *packed), 1);
  Conv2dArguments a = shared.arguments(c, *packed);
  if (c.residual) {  // the residual's place may take the result
    std::ranges::copy(shared.residual.span(), shared.y.data());
    a.residual = shared.y.data();
  }
  run(c.shape, a, 3);
  EXPECT_EQ(0, std::memcmp(alone.y.data(), shared.y.data(), alone.y.size() * sizeof(float)));
}

INSTANTIATE_TEST_SUITE_P(All, Conv2d, testing::ValuesIn(all_parameters()), test_name);

TEST(Conv2dSlices, ReadsAndWritesChannelSlicesOfWiderTensors) {
  const Conv2dShape s{1, 6, 11, 10, 20, 3, 3, 1, 1, kZero};
  const Case c{"slice", s, Activation::kRelu, true, true};
  Tensors dense(c);
  const auto packed = pack_conv2d(s, dense.weight.span());
  ASSERT_TRUE(packed.ok());
  ThreadPool pool(1);
  conv2d_f32(s, dense.arguments(c, *packed), pool);

  const size_t pixels = 66;
  GuardedFloats x(pixels * 13 - 3), wide(pixels * 25 - 5), y(pixels * 31 - 11);
  for (size_t p = 0; p < pixels; ++p) {
    std::copy_n(dense.x.data() + p * 10, 10, x.data() + p * 13);
    std::copy_n(dense.residual.data() + p * 20, 20, wide.data() + p * 25);
  }
  Conv2dArguments a = dense.arguments(c, *packed);
  a.x = x.data();
  a.x_stride = 13;
  a.residual = wide.data();
  a.residual_stride = 25;
  a.y = y.data();
  a.y_stride = 31;
  conv2d_f32(s, a, pool);
  for (size_t p = 0; p < pixels; ++p) {
    EXPECT_EQ(0, std::memcmp(y.data() + p * 31, dense.y.data() + p * 20, 20 * sizeof(float)));
    if (p + 1 < pixels) {
      EXPECT_EQ(y.span()[p * 31 + 20], 0.0f) << "the neighbour slice";
    }
  }
  EXPECT_TRUE(y.intact());
}

TEST(Conv2dShape, NamesTheExtentThatCannotBe) {
  const Conv2dShape sound{1, 8, 8, 4, 4, 3, 3, 1, 1, kZero};
  ASSERT_TRUE(check_conv2d(sound).ok());
  const struct {
    const char* field;
    void (*spoil)(Conv2dShape&);
  } faults[] = {
      {"ic:", [](Conv2dShape& s) { s.ic = 0; }},
      {"stride:", [](Conv2dShape& s) { s.stride = -1; }},
      {"pad:", [](Conv2dShape& s) { s.pad = -1; }},
      {"kh*kw:", [](Conv2dShape& s) { s.kh = s.kw = 17; }},
      {"w + 2 pad:", [](Conv2dShape& s) { s.kw = 11; }},
      {"reflection", [](Conv2dShape& s) { s.padding = kReflect, s.pad = 8; }},
      {"elements:", [](Conv2dShape& s) { s.n = s.h = s.w = s.ic = 1 << 30; }},
  };
  for (const auto& fault : faults) {
    Conv2dShape shape = sound;
    fault.spoil(shape);
    const Status status = check_conv2d(shape);
    EXPECT_EQ(status.code(), Code::kInvalidArgument) << fault.field;
    EXPECT_THAT(status.message(), testing::HasSubstr(fault.field));
  }
}

TEST(Conv2dShape, PackingChecksTheNumberOfWeights) {
  const Conv2dShape shape{1, 8, 8, 4, 4, 3, 3, 1, 1, kZero};
  const std::vector<float> weight(143);
  const auto packed = pack_conv2d(shape, weight);
  ASSERT_FALSE(packed.ok());
  EXPECT_THAT(packed.status().message(), testing::HasSubstr("expected 144 values, got 143"));
}

}  // namespace
}  // namespace vseal::kernels
