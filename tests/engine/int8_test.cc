// Integer networks: the naive run against the float network that they stand for, the planned run
// against the naive one bit for bit.
#include <gmock/gmock.h>

#include <cmath>
#include <random>

#include "engine/session.h"
#include "graph/constant.h"

namespace vseal::engine {
namespace {

using graph::DType;
using graph::Graph;
using graph::Shape;
using graph::TensorId;
using graph::ValueType;

// Builds a float network and, op by op, the integer one beside it, with ranges that are wide enough
// for anything the float one computes.
class Twins {
 public:
  explicit Twins(unsigned seed) : random_(seed) {
    side_ = 2 * pick(2, 5);
    channels_ = pick(1, 24);
    const Shape shape{1, side_, side_, channels_};
    real_ = real.add_input("x", shape);
    const TensorId x = integer.add_input("x", shape);
    type_ = {DType::kI8, 2.0f / 127, pick(-3, 3)};
    integer_ = add(integer, graph::Quantize{}, {x}, type_);
  }

  void conv(int oc, int k, int stride, bool residual, graph::Activation activation) {
    const graph::Conv2d a{
        .stride = stride,
        .pad = k / 2,
        .padding = pick(0, 1) == 0 || k == 1 ? graph::Padding::kZero : graph::Padding::kReflect,
        .has_bias = true,
        .has_residual = residual,
        .activation = activation};
    const int64_t fan_in = int64_t{k} * k * channels_;
    const Shape filter{oc, k, k, channels_};
    const Weights w = weights(oc, fan_in, type_.scale);
    std::vector<TensorId> r = {real_, real.add_constant(name(), filter, w.real).value(),
                               real.add_constant(name(), {oc}, w.real_bias).value()};
    std::vector<TensorId> i = {integer_, constant(filter, w.stored), constant(Shape{oc}, w.bias)};
    if (residual) {
      r.push_back(real_);
      i.push_back(integer_);
    }
    i.push_back(integer.add_constant(name(), {oc}, w.scale).value());
    real_ = add(real, a, r, {});
    type_ = {DType::kI8, 3.0f / 127, activation == graph::Activation::kNone ? 5 : -100};
    integer_ = add(integer, a, i, type_);
    channels_ = oc;
  }

  void depthwise(bool to_f32 = false) {
    const Shape filter{3, 3, channels_};
    const Weights w = weights(channels_, 9, type_.scale);
    // [c,3,3] -> [3,3,c]
    std::vector<float> values;
    std::vector<int8_t> stored;
    for (int64_t tap = 0; tap < 9; ++tap) {
      for (int64_t c = 0; c < channels_; ++c) {
        values.push_back(w.real[static_cast<size_t>(c * 9 + tap)]);
        stored.push_back(w.stored[static_cast<size_t>(c * 9 + tap)]);
      }
    }
    const graph::DepthwiseConv2d a{.pad = 1, .has_bias = true};
    real_ = add(real, a,
                {real_, real.add_constant(name(), filter, values).value(),
                 real.add_constant(name(), {channels_}, w.real_bias).value()},
                {});
    const ValueType type = to_f32 ? ValueType{} : ValueType{DType::kI8, 3.0f / 127, 1};
    integer_ = add(integer, a,
                   {integer_, constant(filter, stored), constant(Shape{channels_}, w.bias),
                    integer.add_constant(name(), {channels_}, w.scale).value()},
                   type);
    type_ = type;
  }

  // An op without weights or with per-channel parameters, on both.
  void both(const graph::OpAttributes& op, ValueType type, int parameters = 0) {
    std::vector<TensorId> r = {real_}, i = {integer_};
    for (int k = 0; k < parameters; ++k) {
      std::vector<float> values;
      for (int64_t c = 0; c < channels_; ++c) values.push_back(0.5f + normal(0.1f));
      r.push_back(real.add_constant(name(), {channels_}, values).value());
      i.push_back(integer.add_constant(name(), {channels_}, values).value());
    }
    if (std::holds_alternative<graph::Add>(op) || std::holds_alternative<graph::Concat>(op)) {
      r.push_back(real_);
      i.push_back(integer_);
    }
    real_ = add(real, op, r, {});
    integer_ = add(integer, op, i, type);
    type_ = type;
    channels_ = real.tensor(real_).shape[3];
  }

  void finish() {
    ASSERT_TRUE(real.add_output(real_).ok());
    integer_ = add(integer, graph::Dequantize{}, {integer_}, {});
    ASSERT_TRUE(integer.add_output(integer_).ok());
  }

  ValueType type(float scale, int zero_point) const { return {DType::kI8, scale, zero_point}; }
  ValueType same() const { return type_; }
  int pick(int low, int high) { return std::uniform_int_distribution<int>(low, high)(random_); }
  float normal(float spread) { return std::normal_distribution<float>(0, spread)(random_); }
  int64_t channels() const { return channels_; }

  Graph real, integer;

 private:
  struct Weights {
    std::vector<float> real, scale, real_bias;
    std::vector<int8_t> stored;
    std::vector<int32_t> bias;
  };
  Weights weights(int64_t oc, int64_t fan_in, float x_scale) {
    Weights w;
    for (int64_t o = 0; o < oc; ++o) {
      w.scale.push_back(0.01f / std::sqrt(static_cast<float>(fan_in)) *
                        (1 + static_cast<float>(o % 3)));
      for (int64_t k = 0; k < fan_in; ++k) {
        w.stored.push_back(static_cast<int8_t>(pick(-127, 127)));
        w.real.push_back(static_cast<float>(w.stored.back()) * w.scale.back());
      }
      w.bias.push_back(pick(-500, 500));
      w.real_bias.push_back(static_cast<float>(w.bias.back()) * w.scale.back() * x_scale);
    }
    return w;
  }
  TensorId constant(Shape shape, std::vector<int8_t> values) {
    return integer.add_constant(name(), DType::kI8, shape, graph::own_integers(std::move(values)))
        .value();
  }
  TensorId constant(Shape shape, std::vector<int32_t> values) {
    return integer.add_constant(name(), DType::kI32, shape, graph::own_integers(std::move(values)))
        .value();
  }
  std::string name() { return "t" + std::to_string(counter_++); }
  TensorId add(Graph& graph, const graph::OpAttributes& op, std::vector<TensorId> inputs,
               ValueType type) {
    const auto id = graph.add_op(name(), op, inputs, type);
    EXPECT_TRUE(id.ok()) << id.status().message();
    return id.ok() ? *id : inputs[0];
  }

  std::mt19937 random_;
  int counter_ = 0;
  int64_t side_ = 0, channels_ = 0;
  TensorId real_ = 0, integer_ = 0;
  ValueType type_;
};

// One of each op in some order.
void build(Twins& t) {
  t.conv(t.pick(1, 40), 3, 1, false, graph::Activation::kRelu);
  t.conv(static_cast<int>(t.channels()), 3, 1, true, graph::Activation::kRelu);
  t.both(graph::Add{}, t.type(0.05f, 2));
  t.depthwise();
  t.both(graph::LayerNorm{1e-3f}, t.type(0.03f, -7), 2);
  t.depthwise(true);
  t.both(graph::LayerNorm{1e-3f}, t.type(0.03f, 4), 2);
  t.conv(t.pick(1, 70), 1, 1, false, graph::Activation::kGelu);
  t.both(graph::GlobalResponseNorm{.has_factor = true}, t.type(0.04f, 3), 3);
  t.both(graph::ResizeBilinear{16, 16}, t.same());
  t.both(graph::Concat{}, t.type(0.05f, -3));
  t.conv(4 * t.pick(1, 4), 3, 2, false, graph::Activation::kNone);
  t.both(graph::DepthToSpace{2}, t.same());
  t.both(graph::SpaceToDepth{4}, t.same());
  t.both(graph::ChannelRmsNorm{}, t.type(0.02f, 0), 1);
  t.both(graph::Activate{graph::Activation::kSilu}, t.type(0.02f, -100));
  t.both(graph::FoldMean{2, 2}, t.type(0.01f, -100));
  t.finish();
}

using Step = void (*)(Twins&);
constexpr Step kSteps[] = {
    [](Twins& t) { t.conv(t.pick(1, 40), 3, 1, false, graph::Activation::kRelu); },
    [](Twins& t) { t.conv(t.pick(1, 40), 3, 2, false, graph::Activation::kNone); },
    [](Twins& t) { t.conv(t.pick(1, 70), 1, 1, false, graph::Activation::kGelu); },
    [](Twins& t) { t.conv(static_cast<int>(t.channels()), 3, 1, true, graph::Activation::kRelu); },
    [](Twins& t) { t.depthwise(); },
    [](Twins& t) { t.both(graph::Add{}, t.type(0.05f, 2)); },
    [](Twins& t) { t.both(graph::Concat{}, t.type(0.05f, -3)); },
    [](Twins& t) { t.both(graph::LayerNorm{1e-3f}, t.type(0.03f, -7), 2); },
    [](Twins& t) { t.both(graph::ChannelRmsNorm{}, t.type(0.02f, 0), 1); },
    [](Twins& t) {
      t.depthwise(true);
      t.both(graph::LayerNorm{1e-3f}, t.type(0.03f, -7), 2);
    },
    [](Twins& t) {
      t.depthwise(true);
      t.both(graph::ChannelRmsNorm{}, t.type(0.02f, 0), 1);
    },
    [](Twins& t) { t.both(graph::GlobalResponseNorm{.has_factor = true}, t.type(0.04f, 3), 3); },
    [](Twins& t) {
      t.both(graph::ResizeBilinear{13, 16}, t.same());
    },
    [](Twins& t) { t.both(graph::SpaceToDepth{2}, t.same()); },
    [](Twins& t) {
      t.both(graph::Tile{2, 3}, t.same());
    },
    [](Twins& t) { t.both(graph::Activate{graph::Activation::kSilu}, t.type(0.02f, -100)); },
    [](Twins& t) {
      t.both(graph::FoldMean{2, 2}, t.type(0.01f, 10));
    },
};

// Each op of numbers that are stored exactly is the float op, clipped to its range and rounded
// once.
TEST(Int8, EveryOpIsTheFloatOpRoundedOnce) {
  for (size_t step = 0; step < std::size(kSteps); ++step) {
    for (unsigned seed = 0; seed < 5; ++seed) {
      SCOPED_TRACE("step " + std::to_string(step) + ", seed " + std::to_string(seed));
      Twins t(seed);
      const ValueType in = t.same();
      kSteps[step](t);
      const ValueType out = t.same();
      t.finish();
      std::vector<float> x;
      for (int64_t i = 0; i < t.real.tensor(0).shape.elements(); ++i) {
        x.push_back(in.scale * static_cast<float>(t.pick(-124, 124)));
      }
      const auto real = run_naive(t.real, {x}), integer = run_naive(t.integer, {x});
      ASSERT_TRUE(real.ok() && integer.ok()) << integer.status().message();
      const float low = out.scale * static_cast<float>(-128 - out.zero_point);
      const float high = out.scale * static_cast<float>(127 - out.zero_point);
      for (size_t i = 0; i < (*real)[0].size(); ++i) {
        const float expected = std::clamp((*real)[0][i], low, high);
        ASSERT_NEAR((*integer)[0][i], expected, 0.5001f * out.scale) << "value " << i;
      }
    }
  }
}

TEST(Int8, PlannedIsNaiveBitForBitOnAnyNumberOfThreads) {
  for (unsigned seed = 0; seed < 20; ++seed) {
    Twins t(seed);
    build(t);
    std::vector<float> x;
    for (int64_t i = 0; i < t.real.tensor(0).shape.elements(); ++i) x.push_back(t.normal(0.5f));
    const auto expected = run_naive(t.integer, {x});
    ASSERT_TRUE(expected.ok());
    const auto plan = Plan::create(t.integer);
    ASSERT_TRUE(plan.ok()) << plan.status().message();
    for (const int threads : {1, 3}) {
      ThreadPool pool(threads);
      const auto session = Session::create(*plan, &pool);
      ASSERT_TRUE(session.ok());
      std::ranges::copy(x, (*session)->input(0).begin());
      ASSERT_TRUE((*session)->run().ok());
      const auto got = (*session)->output(0);
      EXPECT_TRUE(std::ranges::equal(got, (*expected)[0])) << "seed " << seed << ", " << threads;
    }
  }
}

// What a message adds to an integer convolution: in the accumulators, as nine vectors.
TEST(Int8, BiasesOfAMessageEnterTheAccumulators) {
  Graph g;
  const TensorId x = g.add_input("x", {1, 4, 4, 1}), message = g.add_input("message", {1, 2});
  const ValueType type{DType::kI8, 0.01f, 0};
  const TensorId q = g.add_op("q", graph::Quantize{}, {x}, type).value();
  std::vector<float> rows;
  for (int i = 0; i < 9; ++i) rows.insert(rows.end(), {static_cast<float>(i), 0.0f});
  const TensorId w = g.add_constant("w", {9, 2}, rows).value();
  const TensorId nine = g.add_op("nine", graph::Linear{}, {message, w}).value();
  const TensorId shaped = g.add_op("shaped", graph::Reshape{{9, 1}}, {nine}).value();
  const std::vector<float> scale{0.02f}, offset{0.5f};
  const TensorId s = g.add_constant("s", {1}, scale).value();
  const TensorId o = g.add_constant("o", {1}, offset).value();
  const TensorId bias =
      g.add_op("bias", graph::QuantizeBias{0.01f}, {shaped, s, o}, {DType::kI32}).value();
  const TensorId filter =
      g.add_constant("f", DType::kI8, {1, 3, 3, 1}, graph::own_integers(std::vector<int8_t>(9)))
          .value();
  const TensorId y =
      g.add_op("y", graph::Conv2d{.pad = 1, .has_bias = true}, {q, filter, bias, s}).value();
  ASSERT_TRUE(g.add_output(y).ok());
  const std::vector<float> picture(16, 0.3f), one{1, 0};
  const auto got = run_naive(g, {picture, one});
  ASSERT_TRUE(got.ok()) << got.status().message();
  EXPECT_NEAR((*got)[0][0], 0.5, 1e-4) << "corner: row 0";
  EXPECT_NEAR((*got)[0][5], 4.5, 1e-4) << "inside: row 4";
  EXPECT_NEAR((*got)[0][15], 8.5, 1e-4) << "last corner: row 8";
}

}  // namespace
}  // namespace vseal::engine
