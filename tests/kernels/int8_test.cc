// Every fast integer kernel on every instruction set of this machine against the reference, bit for
// bit, at odd sizes, between canaries; convolutions also on a model of AMX's tile registers.
#include <gmock/gmock.h>

#include <algorithm>
#include <random>
#include <vector>

#include "kernels/int8/conv_tile.h"
#include "kernels/int8/light.h"
#include "kernels/int8/packed.h"
#include "kernels/isa.h"
#include "kernels/tile_registers.h"
#include "kernels/trapped_tiles.h"

namespace vseal::kernels {
namespace {

// `size` values between two runs of one pattern that nothing may overwrite. The start is not
// aligned.
template <typename T>
class Guarded {
 public:
  explicit Guarded(size_t size) : size_(size), all_(size + 2 * kGuard, canary()) {}
  T* data() { return all_.data() + kGuard; }
  std::span<T> span() { return {data(), size_}; }
  bool intact() const {
    for (size_t i = 0; i < kGuard; ++i) {
      if (all_[i] != canary() || all_[kGuard + size_ + i] != canary()) return false;
    }
    return true;
  }

 private:
  static constexpr size_t kGuard = 67;
  static T canary() { return static_cast<T>(93); }
  size_t size_;
  std::vector<T> all_;
};

std::vector<int8_t> random_bytes(size_t count, unsigned seed) {
  std::mt19937 engine(seed);
  std::vector<int8_t> bytes(count);
  for (int8_t& b : bytes) b = static_cast<int8_t>(engine());
  return bytes;
}
std::vector<float> random_floats(int count, unsigned seed, float low, float high) {
  std::mt19937 engine(seed);
  std::vector<float> values;
  for (int i = 0; i < count; ++i) {
    values.push_back(std::uniform_real_distribution<float>(low, high)(engine));
  }
  return values;
}

class Int8 : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override { ASSERT_TRUE(force_isa(GetParam()).ok()); }
  void TearDown() override { ASSERT_TRUE(force_isa("auto").ok()); }

  // Runs both, the fast one on one and on three threads, and compares every bit.
  template <typename T, typename Fast, typename Reference>
  static void expect_same(size_t size, const Fast& fast, const Reference& reference) {
    Guarded<T> expected(size);
    reference(expected.data());
    for (const int threads : {1, 3}) {
      ThreadPool pool(threads);
      Guarded<T> got(size);
      fast(got.data(), pool);
      EXPECT_TRUE(got.intact());
      for (size_t i = 0; i < size; ++i) {
        ASSERT_EQ(got.span()[i], expected.span()[i]) << "value " << i << " of " << size;
      }
    }
  }
};

// The AMX kernel over the model of its registers, and its very instructions carried out by it.
constexpr const char *kModelledAmx = "modelled_amx", *kTrappedAmx = "trapped_amx";

std::vector<std::string> isas_and_models() {
  std::vector<std::string> names = available_isas();
#if defined(__x86_64__)
  if (std::ranges::count(names, "avx2") != 0) names.emplace_back(kTrappedAmx);
#endif
  names.emplace_back(kModelledAmx);
  return names;
}

class Int8Convolution : public Int8 {
 protected:
  void SetUp() override {
    if (GetParam() != kModelledAmx && GetParam() != kTrappedAmx) Int8::SetUp();
  }

  static void convolve(const Conv2dShape& shape, const Int8ConvArguments& arguments,
                       const PackedInt8Filter& packed, float* scratch, ThreadPool& pool) {
    if (GetParam() == kModelledAmx) {
      static constexpr Int8TileKernel kernel = amx_kernel<ModelRegisters>("model");
      return conv2d_i8_with(kernel, shape, arguments, packed, scratch, pool);
    }
#if defined(__x86_64__)
    if (GetParam() == kTrappedAmx) {
      const TrappedTiles trapped;
      return conv2d_i8_with(int8_amx_kernel(), shape, arguments, packed, scratch, pool);
    }
#endif
    conv2d_i8(shape, arguments, packed, scratch, pool);
  }
};

struct ConvCase {
  Conv2dShape shape;
  BiasLayout bias = BiasLayout::kVector;
};

// Channels beside and beyond a panel, quads that are not full, strides, borders and batches.
const ConvCase kConvs[] = {
    {{.h = 5, .w = 7, .ic = 1, .oc = 3, .kh = 3, .kw = 3, .pad = 1}},
    {{.h = 9, .w = 11, .ic = 16, .oc = 16, .kh = 3, .kw = 3, .pad = 1}, BiasLayout::kBorders},
    {{.n = 2, .h = 6, .w = 5, .ic = 7, .oc = 33, .kh = 3, .kw = 3, .pad = 1}, BiasLayout::kMap},
    {{.h = 8, .w = 8, .ic = 6, .oc = 70, .kh = 3, .kw = 3, .stride = 2, .pad = 1}},
    {{.h = 7, .w = 6, .ic = 5, .oc = 50, .kh = 3, .kw = 3, .pad = 1, .padding = Padding::kReflect}},
    {{.h = 12, .w = 8, .ic = 3, .oc = 20, .kh = 4, .kw = 4, .stride = 4}},
    {{.h = 1, .w = 1, .ic = 300, .oc = 65}},
    {{.n = 2, .h = 10, .w = 13, .ic = 96, .oc = 96}},
    // Rows that tile registers take in steps of 13 and 12 quads.
    {{.h = 5, .w = 9, .ic = 68, .oc = 40, .kh = 3, .kw = 3, .pad = 1}},
    // Winograd's: several blocks and one, runs of channels that are not full, a panel left over.
    {{.n = 2, .h = 20, .w = 24, .ic = 32, .oc = 32, .kh = 3, .kw = 3, .pad = 1},
     BiasLayout::kBorders},
    {{.h = 16,
      .w = 16,
      .ic = 160,
      .oc = 48,
      .kh = 3,
      .kw = 3,
      .pad = 1,
      .padding = Padding::kReflect}},
    {{.h = 16, .w = 16, .ic = 640, .oc = 32, .kh = 3, .kw = 3, .pad = 1}},
};

TEST_P(Int8Convolution, IsTheReference) {
  unsigned seed = 1;
  for (const ConvCase& c : kConvs) {
    const Conv2dShape& s = c.shape;
    SCOPED_TRACE("case " + std::to_string(seed));
    const auto count = [](auto... extents) {
      return (size_t{1} * ... * static_cast<size_t>(extents));
    };
    const size_t outputs = count(s.n, s.out_h(), s.out_w(), s.oc);
    const auto x = random_bytes(count(s.n, s.h, s.w, s.ic), seed);
    const auto w = random_bytes(count(s.oc, s.kh, s.kw, s.ic), seed + 100);
    const auto residual = random_bytes(outputs, seed + 200);
    std::mt19937 engine(seed++);
    std::vector<int32_t> bias(std::max(outputs, count(9, s.oc)));
    for (int32_t& b : bias) b = static_cast<int32_t>(engine()) >> 12;
    const auto multiplier = random_floats(s.oc, seed, 1e-4f, 3e-3f);
    const auto packed = pack_conv2d_i8(s, w);
    ASSERT_TRUE(packed.ok());
    std::vector<float> scratch(conv2d_i8_scratch_floats(s, *packed, 3) + 16);
    float* aligned = scratch.data();
    while (reinterpret_cast<uintptr_t>(aligned) % 64 != 0) ++aligned;
    Int8ConvArguments a{.x = x.data(),
                        .x_zero_point = -11,
                        .weight = w.data(),
                        .bias = bias.data(),
                        .bias_layout = c.bias};
    a.epilogue = {
        .multiplier = multiplier.data(), .residual_multiplier = 0.3f, .residual_zero_point = 5};
    for (const Activation f : {Activation::kNone, Activation::kRelu, Activation::kGelu}) {
      a.epilogue.activation = f;
      a.epilogue.post = f == Activation::kGelu ? 3.7f : 1.0f;
      a.epilogue.zero_point = f == Activation::kNone ? 12 : -128;
      a.residual = f == Activation::kGelu ? nullptr : residual.data();
      expect_same<int8_t>(
          outputs,
          [&](int8_t* y, ThreadPool& pool) {
            Int8ConvArguments mine = a;
            mine.y_i8 = y;
            convolve(s, mine, *packed, aligned, pool);
          },
          [&](int8_t* y) {
            Int8ConvArguments mine = a;
            mine.y_i8 = y;
            reference_conv2d_i8(s, mine);
          });
      expect_same<float>(
          outputs,
          [&](float* y, ThreadPool& pool) {
            Int8ConvArguments mine = a;
            mine.y_f32 = y;
            convolve(s, mine, *packed, aligned, pool);
          },
          [&](float* y) {
            Int8ConvArguments mine = a;
            mine.y_f32 = y;
            reference_conv2d_i8(s, mine);
          });
    }
  }
}

// Inputs as far from their zero point as they can be, weights of one magnitude: what comes out is
// the reference's, by Winograd's method where its sums allow it.
TEST_P(Int8Convolution, ExtremesDoNotSaturateInBetween) {
  const Conv2dShape s{.h = 16, .w = 16, .ic = 256, .oc = 32, .kh = 3, .kw = 3, .pad = 1};
  const std::vector<float> ones(32, 1.0f);
  // Winograd's takes both halves of the channels up to 114 * 9 * 128 * 255 < 2^25, none of 115.
  for (const auto& [weight, parts] : {std::pair{56, 1}, {114, 2}, {115, 0}, {127, 0}}) {
    for (const bool mixed : {false, true}) {
      SCOPED_TRACE("weight " + std::to_string(weight) + (mixed ? " mixed" : ""));
      std::mt19937 engine(1);
      const auto sign = [&] { return mixed && engine() % 2 != 0; };
      std::vector<int8_t> x(size_t{256} * 256), w(size_t{32} * 9 * 256);
      for (int8_t& v : x) v = sign() ? int8_t{-128} : int8_t{127};
      for (int8_t& v : w) v = static_cast<int8_t>(sign() ? weight : -weight);
      const auto packed = pack_conv2d_i8(s, w);
      ASSERT_TRUE(packed.ok());
      if (!mixed) {
        EXPECT_EQ(packed->winograd_ends.size(), static_cast<size_t>(parts));
      }
      auto scratch = AlignedBuffer<float>::allocate(conv2d_i8_scratch_floats(s, *packed, 3));
      for (const int zero : {-128, 127}) {
        Int8ConvArguments a{.x = x.data(), .x_zero_point = zero, .weight = w.data()};
        a.epilogue.multiplier = ones.data();
        expect_same<float>(
            size_t{256} * 32,
            [&](float* y, ThreadPool& pool) {
              Int8ConvArguments mine = a;
              mine.y_f32 = y;
              convolve(s, mine, *packed, scratch->data(), pool);
            },
            [&](float* y) {
              Int8ConvArguments mine = a;
              mine.y_f32 = y;
              reference_conv2d_i8(s, mine);
            });
      }
    }
  }
}

TEST_P(Int8, Depthwise) {
  for (const auto& [c, k] : {std::pair{5, 3}, {16, 7}, {97, 7}}) {
    const Conv2dShape s{.n = 2, .h = 9, .w = 8, .ic = c, .oc = c, .kh = k, .kw = k, .pad = k / 2};
    const auto x = random_bytes(static_cast<size_t>(2 * 9 * 8 * c), 1);
    const auto w = random_bytes(static_cast<size_t>(k * k * c), 2);
    const std::vector<float> as_float(w.begin(), w.end());
    std::vector<int32_t> bias(static_cast<size_t>(c), -777);
    const auto multiplier = random_floats(c, 3, 1e-4f, 2e-3f);
    auto scratch = AlignedBuffer<float>::allocate(depthwise_i8_scratch_floats(s));
    Int8ConvArguments a{.x = x.data(), .x_zero_point = 7, .weight = w.data(), .bias = bias.data()};
    a.epilogue.multiplier = multiplier.data();
    expect_same<int8_t>(
        x.size(),
        [&](int8_t* y, ThreadPool& pool) {
          Int8ConvArguments mine = a;
          mine.y_i8 = y;
          depthwise_i8(s, mine, as_float.data(), scratch->data(), pool);
        },
        [&](int8_t* y) {
          Int8ConvArguments mine = a;
          mine.y_i8 = y;
          reference_depthwise_i8(s, mine);
        });
  }
}

constexpr int kChannels[] = {1, 3, 16, 17, 97};

TEST_P(Int8, Elementwise) {
  for (const int size : {1, 7, 16, 33, 40000}) {
    const auto a = random_bytes(static_cast<size_t>(size), 1);
    const auto b = random_bytes(static_cast<size_t>(size), 2);
    const auto f = random_floats(size, 3, -4, 4);
    expect_same<int8_t>(
        a.size(), [&](int8_t* y, ThreadPool& p) { quantize_i8(f.data(), size, 31.7f, 4, y, p); },
        [&](int8_t* y) { reference_quantize(f.data(), size, 31.7f, 4, y); });
    expect_same<float>(
        a.size(),
        [&](float* y, ThreadPool& p) {
          dequantize_i8(a.data(), size, {0.37f, -9}, y, p);
        },
        [&](float* y) {
          reference_dequantize(a.data(), size, {0.37f, -9}, y);
        });
    const Int8Operand left{a.data(), 3, 0.71f}, right{b.data(), -100, 0.33f};
    expect_same<int8_t>(
        a.size(), [&](int8_t* y, ThreadPool& p) { add_i8(left, right, size, 8, y, p); },
        [&](int8_t* y) { reference_add_i8(left, right, size, 8, y); });
    std::vector<int8_t> table(256);
    activation_table({0.05f, 3}, Activation::kSilu, {0.03f, -100}, table.data());
    expect_same<int8_t>(
        a.size(), [&](int8_t* y, ThreadPool& p) { look_up_i8(a.data(), size, table.data(), y, p); },
        [&](int8_t* y) { reference_look_up(a.data(), size, table.data(), y); });
  }
}

TEST_P(Int8, QuantizeBias) {
  for (const int c : kChannels) {
    const int rows = 1200;
    const auto x = random_floats(rows * c, 1, -4, 4), offset = random_floats(c, 2, -1, 1);
    auto inverse = random_floats(c, 3, 100, 4000);
    inverse[0] = 3e9f;  // leaves int32, where nothing clamps
    expect_same<int32_t>(
        x.size(),
        [&](int32_t* y, ThreadPool& p) {
          quantize_bias(x.data(), rows, c, inverse.data(), offset.data(), y, p);
        },
        [&](int32_t* y) {
          reference_quantize_bias(x.data(), rows, c, inverse.data(), offset.data(), y);
        });
  }
}

TEST_P(Int8, Requantize) {
  for (const int c : kChannels) {
    const auto x = random_bytes(static_cast<size_t>(21 * c), 1);
    const Int8Operand operand{x.data(), -5, 0.77f};
    expect_same<int8_t>(
        static_cast<size_t>(21 * (c + 4)),
        [&](int8_t* y, ThreadPool& p) { requantize_i8(operand, 21, c, c + 4, 9, y, p); },
        [&](int8_t* y) { reference_requantize(operand, 21, c, c + 4, 9, y); });
  }
}

TEST_P(Int8, Norms) {
  for (const int c : kChannels) {
    for (const int rows : {1, 6, 301}) {
      const auto x = random_bytes(static_cast<size_t>(2 * rows * c), 1);
      const auto gamma = random_floats(c, 2, -40, 40), beta = random_floats(c, 3, -30, 30);
      const auto factor = random_floats(c, 4, 0.1f, 1);
      Int8NormArguments a{x.data(), -3, gamma.data(), beta.data(), 0.01, 2, nullptr};
      const auto with = [&](const float* offset, int8_t* y) {
        Int8NormArguments mine = a;
        mine.beta = offset;
        mine.y = y;
        return mine;
      };
      expect_same<int8_t>(
          x.size(),
          [&](int8_t* y, ThreadPool& p) { row_norm_i8(2 * rows, c, with(beta.data(), y), p); },
          [&](int8_t* y) { reference_layer_norm_i8(2 * rows, c, with(beta.data(), y)); });
      expect_same<int8_t>(
          x.size(),
          [&](int8_t* y, ThreadPool& p) { row_norm_i8(2 * rows, c, with(nullptr, y), p); },
          [&](int8_t* y) { reference_rms_norm_i8(2 * rows, c, with(nullptr, y)); });
      auto scratch = AlignedBuffer<float>::allocate(response_norm_i8_scratch_floats(2, rows, c));
      expect_same<int8_t>(
          x.size(),
          [&](int8_t* y, ThreadPool& p) {
            response_norm_i8(2, rows, c, with(beta.data(), y), factor.data(), scratch->data(), p);
          },
          [&](int8_t* y) {
            reference_response_norm_i8(2, rows, c, with(beta.data(), y), factor.data());
          });
    }
  }
}

TEST_P(Int8, NormsOfFloats) {
  for (const int c : {1, 3, 15, 16, 17, 97, 768}) {
    const int rows = 40;
    const auto x = random_floats(rows * c, 1, -6, 9);
    const auto gamma = random_floats(c, 2, -40, 40), beta = random_floats(c, 3, -30, 30);
    Int8NormArguments a{.gamma = gamma.data(), .epsilon = 0.01, .y_zero_point = 2};
    a.x_f32 = x.data();
    for (const float* offset : {beta.data(), static_cast<const float*>(nullptr)}) {
      a.beta = offset;
      const auto with = [&a](int8_t* y) {
        Int8NormArguments mine = a;
        mine.y = y;
        return mine;
      };
      expect_same<int8_t>(
          x.size(), [&](int8_t* y, ThreadPool& p) { row_norm_i8(rows, c, with(y), p); },
          [&](int8_t* y) {
            offset != nullptr ? reference_layer_norm_i8(rows, c, with(y))
                              : reference_rms_norm_i8(rows, c, with(y));
          });
    }
  }
}

TEST_P(Int8, Resampling) {
  for (const int c : kChannels) {
    const auto x = random_bytes(static_cast<size_t>(2 * 6 * 8 * c), 1);
    for (const auto& [h, w] : {std::pair{12, 16}, {7, 13}, {3, 4}}) {
      expect_same<int8_t>(
          static_cast<size_t>(2 * h * w * c),
          [&, h = h, w = w](int8_t* y, ThreadPool& p) {
            resize_i8(x.data(), 2, 6, 8, c, h, w, 17, y, p);
          },
          [&, h = h, w = w](int8_t* y) { reference_resize_i8(x.data(), 2, 6, 8, c, h, w, 17, y); });
    }
    for (const auto& [h, w] : {std::pair{1, 1}, {3, 2}, {6, 8}}) {
      Int8MeanArguments a{x.data(), 9, 0.11f, -4, nullptr, nullptr};
      expect_same<int8_t>(
          static_cast<size_t>(2 * h * w * c),
          [&, h = h, w = w](int8_t* y, ThreadPool& p) {
            Int8MeanArguments mine = a;
            mine.y_i8 = y;
            fold_mean_i8(2, 6, 8, c, h, w, mine, p);
          },
          [&, h = h, w = w](int8_t* y) {
            Int8MeanArguments mine = a;
            mine.y_i8 = y;
            reference_fold_mean_i8(2, 6, 8, c, h, w, mine);
          });
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, Int8Convolution, testing::ValuesIn(isas_and_models()),
                         [](const auto& test) { return test.param; });
INSTANTIATE_TEST_SUITE_P(All, Int8, testing::ValuesIn(available_isas()),
                         [](const auto& test) { return test.param; });

TEST(Int8Pack, RefusesWeightsOfAnotherSize) {
  const std::vector<int8_t> weight(7);
  EXPECT_THAT(pack_conv2d_i8({.h = 1, .w = 1, .ic = 2, .oc = 4}, weight).status().message(),
              testing::HasSubstr("expected 8 values, got 7"));
}

}  // namespace
}  // namespace vseal::kernels
