// From a float network to an integer one: what the steps keep, what they gain, what they refuse.
#include "quant/quantize.h"

#include <gmock/gmock.h>

#include <cmath>
#include <random>

#include "engine/session.h"
#include "graph/constant.h"
#include "quant/choose_equalized.h"
#include "quant/equalize.h"
#include "quant/measure.h"
#include "quant/prepare.h"
#include "quant/quantize_weights.h"
#include "quant/sensitivity.h"
#include "quant/split_picture.h"

namespace vseal::quant {
namespace {

using graph::Graph;
using graph::Shape;
using graph::TensorId;
using testing::HasSubstr;

constexpr int kSide = 8, kWidth = 12, kBits = 6;

// A small embedder with all that the models have: BatchNorm, residual blocks, a message as a map
// and as nine border vectors, up and down, a map of places, LayerNorm, GELU with response norm,
// tanh.
class Network {
 public:
  explicit Network(float spread_of_channels = 1) : spread_(spread_of_channels) {
    const TensorId x = graph.add_input("luma", {1, kSide, kSide, 1});
    const TensorId message = graph.add_input("message", {1, kBits});
    TensorId y = op("centred", graph::Affine{2, -1}, {x});
    y = op("stem", graph::Activate{}, {norm("stem.norm", conv("stem.conv", y, kWidth, 3, 1))});
    const TensorId tile = op("tile", graph::Reshape{{1, 2, 2, 3}}, {linear("values", message, 12)});
    const TensorId map = op("map", graph::Tile{kSide / 2, kSide / 2}, {tile});
    y = op("mix", graph::Activate{},
           {conv("mix.conv", op("both", graph::Concat{}, {y, map}), kWidth, 3, 1)});
    const TensorId skip = y;
    y = op("placed", graph::Add{},
           {conv("down", y, 2 * kWidth, 3, 2),
            constant("places", {1, kSide / 2, kSide / 2, 2 * kWidth}, 0.2)});
    const TensorId nine = linear("nine", message, 9 * 2 * kWidth);
    const TensorId border = op("border", graph::BorderMap{kSide / 2, kSide / 2}, {nine});
    y = op("inner", graph::Activate{},
           {op("inner.sum", graph::Add{}, {conv("inner.conv", y, 2 * kWidth, 3, 1), border})});
    y = op("normed", graph::LayerNorm{}, {y, vector("g", 2 * kWidth), vector("b", 2 * kWidth)});
    y = op("wide", graph::Activate{graph::Activation::kGelu}, {linear("wide.linear", y, 40)});
    y = op("grn", graph::GlobalResponseNorm{}, {y, vector("gg", 40), vector("gb", 40)});
    y = op("up", graph::ResizeBilinear{kSide, kSide}, {linear("narrow", y, kWidth)});
    y = op("sum", graph::Add{}, {y, skip});
    y = conv("out", y, 1, 1, 1);
    EXPECT_TRUE(
        graph.add_output(op("residual", graph::Activate{graph::Activation::kTanh}, {y})).ok());
  }

  Graph graph;

 private:
  TensorId op(const std::string& name, graph::OpAttributes attributes,
              std::vector<TensorId> inputs) {
    const auto id = graph.add_op(name, std::move(attributes), std::move(inputs));
    EXPECT_TRUE(id.ok()) << id.status().message();
    return *id;
  }
  float normal(double spread) {
    return std::normal_distribution<float>(0, static_cast<float>(spread))(random_);
  }
  TensorId constant(const std::string& name, Shape shape, double spread, double offset = 0) {
    std::vector<float> values(static_cast<size_t>(shape.elements()));
    for (float& v : values) v = normal(spread) + static_cast<float>(offset);
    return graph.add_constant(name, shape, values).value();
  }
  TensorId vector(const std::string& name, int64_t c) { return constant(name, {c}, 0.2, 0.6); }
  int64_t channels(TensorId x) const {
    const Shape& shape = graph.tensor(x).shape;
    return shape[shape.rank() - 1];
  }
  TensorId conv(const std::string& name, TensorId x, int64_t oc, int64_t k, int stride) {
    const int64_t ic = channels(x);
    const Shape shape{oc, k, k, ic};
    std::vector<float> values(static_cast<size_t>(shape.elements()));
    for (size_t i = 0; i < values.size(); ++i) {
      values[i] = normal(1.0 / std::sqrt(static_cast<double>(k * k * ic)));
      // What was made large is read with small weights.
      if (name == "mix.conv" && static_cast<int64_t>(i) % ic % 4 == 0) values[i] /= spread_;
    }
    const TensorId w = graph.add_constant(name + ".weight", shape, values).value();
    return op(name,
              graph::Conv2d{.stride = stride, .pad = static_cast<int>(k / 2), .has_bias = true},
              {x, w, constant(name + ".bias", {oc}, 0.2)});
  }
  TensorId linear(const std::string& name, TensorId x, int64_t out) {
    const int64_t in = channels(x);
    return op(name, graph::Linear{.has_bias = true},
              {x, constant(name + ".weight", {out, in}, 1.0 / std::sqrt(static_cast<double>(in))),
               constant(name + ".bias", {out}, 0.2)});
  }
  // Channels of very different size where spread_ is not 1.
  TensorId norm(const std::string& name, TensorId x) {
    const int64_t c = channels(x);
    std::vector<float> gamma, var(static_cast<size_t>(c), 1.0f);
    for (int64_t i = 0; i < c; ++i) gamma.push_back(i % 4 == 0 ? spread_ : 1.0f);
    return op(name, graph::BatchNorm{},
              {x, graph.add_constant(name + ".gamma", {c}, gamma).value(),
               constant(name + ".beta", {c}, 0.1), constant(name + ".mean", {c}, 0.1),
               graph.add_constant(name + ".var", {c}, var).value()});
  }

  float spread_;
  std::mt19937 random_{1};
};

SampleSource samples(int count) {
  return {count, [](int i) -> Result<Sample> {
            std::mt19937 random(static_cast<unsigned>(i) + 100);
            std::vector<float> picture(kSide * kSide), message(kBits);
            for (float& v : picture) v = static_cast<float>(random() % 256) / 255;
            for (float& v : message) v = (random() & 1) != 0 ? 1.0f : -1.0f;
            return Sample{picture, message};
          }};
}

class Quantize : public testing::Test {
 protected:
  Calibration calibrated(const Graph& graph) {
    auto calibration = calibrate(graph, samples(24), pool);
    EXPECT_TRUE(calibration.ok()) << calibration.status().message();
    return std::move(*calibration);
  }
  OutputError error(const Graph& graph, const Graph& reference) {
    const auto expected = run_reference_outputs(reference, samples(8), pool);
    EXPECT_TRUE(expected.ok()) << expected.status().message();
    const auto error = compare(graph, *expected, samples(8), pool);
    EXPECT_TRUE(error.ok()) << error.status().message();
    return *error;
  }
  Graph quantized(const Graph& prepared, const QuantizeOptions& options = {}) {
    auto made = quantize(prepared, calibrated(prepared), options);
    EXPECT_TRUE(made.ok()) << made.status().message();
    return std::move(*made);
  }

  ThreadPool pool{1};
};

TEST_F(Quantize, PreparingKeepsTheFunctionAndTakesTheMessageOut) {
  const Network network;
  const auto prepared = prepare(network.graph);
  ASSERT_TRUE(prepared.ok()) << prepared.status().message();
  EXPECT_GT(error(*prepared, network.graph).snr_db(), 100);
  for (const graph::Op& op : prepared->ops()) {
    EXPECT_EQ(op.as<graph::Concat>(), nullptr) << op.name;
    EXPECT_EQ(op.as<graph::BatchNorm>(), nullptr) << op.name;
  }
}

TEST_F(Quantize, EqualizingKeepsTheFunctionAndEvensTheChannels) {
  const Network network(40);
  const auto prepared = prepare(network.graph);
  ASSERT_TRUE(prepared.ok());
  const auto equalized = equalize(*prepared, calibrated(*prepared));
  ASSERT_TRUE(equalized.ok()) << equalized.status().message();
  EXPECT_GT(error(*equalized, network.graph).snr_db(), 90);
  const auto unevenness = [&](const Graph& graph) {
    const std::vector<float> largest = calibrated(graph).at("stem").channel_max;
    return std::ranges::max(largest) / std::ranges::min(largest);
  };
  EXPECT_LT(unevenness(*equalized), 0.3f * unevenness(*prepared));
  // It is worth something, too.
  EXPECT_GT(error(quantized(*equalized), network.graph).snr_db(),
            error(quantized(*prepared), network.graph).snr_db() + 2);
}

// With channels of one range nearly, equalisation costs this network 0.7 dB on samples that nobody
// calibrated on, although on those of calibration it gains 4; of unlike channels it gains 15.
TEST_F(Quantize, EqualizationIsChosenWhereItPaysOnOtherSamples) {
  const auto chosen = [&](float spread_of_channels) {
    const Network network(spread_of_channels);
    const auto prepared = prepare(network.graph);
    auto graph = choose_equalized(network.graph, *prepared, samples(48), {}, false, pool);
    EXPECT_TRUE(graph.ok()) << graph.status().message();
    if (graph->has_value()) {
      EXPECT_GT(error(**graph, network.graph).snr_db(), 90);
    }
    return graph->has_value();
  };
  EXPECT_FALSE(chosen(0.5f));
  EXPECT_TRUE(chosen(40));
}

TEST_F(Quantize, IntegersFollowTheFloatNetwork) {
  const Network network;
  const auto prepared = prepare(network.graph);
  const Graph made = quantized(*prepared, {.prefix = "net/"});
  EXPECT_GT(error(made, network.graph).snr_db(), 25);
  int integers = 0;
  for (const graph::Op& op : made.ops()) {
    if (graph::multiply_adds(op, made) == 0) continue;
    const bool integer = made.tensor(op.inputs[0]).dtype == graph::DType::kI8;
    integers += integer ? 1 : 0;
    const bool of_message = op.name == "values" || op.name == "nine" || op.name == "mix.message";
    EXPECT_EQ(integer, !of_message && op.name != "residual") << op.name;
  }
  EXPECT_EQ(integers, 6);
}

TEST_F(Quantize, TheMessageEntersAsABiasWithoutItsMap) {
  const Network network;
  const auto prepared = prepare(network.graph);
  const Graph made = quantized(*prepared);
  for (const graph::Op& op : made.ops()) EXPECT_EQ(op.as<graph::BorderMap>(), nullptr) << op.name;
  const TensorId bias = made.find("inner.bias_i32");
  ASSERT_NE(bias, graph::kNoTensor);
  EXPECT_EQ(made.tensor(bias).shape, (Shape{9, 2 * kWidth}));
  EXPECT_EQ(made.tensor(made.find("mix.bias_i32")).shape, (Shape{1, kSide, kSide, kWidth}));
}

TEST_F(Quantize, AMapOfPlacesIsABiasThatIsRoundedOnce) {
  const Network network;
  const Graph made = quantized(*prepare(network.graph));
  const auto placed = std::ranges::find(made.ops(), "placed", &graph::Op::name);
  ASSERT_NE(placed, made.ops().end());
  const graph::Tensor& bias = made.tensor(graph::weighted_inputs(*placed).bias);
  EXPECT_TRUE(bias.is_constant());
  EXPECT_EQ(bias.dtype, graph::DType::kI32);
  EXPECT_EQ(bias.shape, (Shape{1, kSide / 2, kSide / 2, 2 * kWidth}));
}

TEST_F(Quantize, NormsReadSumsThatNobodyRounded) {
  const Network network;
  const Graph made = quantized(*prepare(network.graph));
  const auto norm = std::ranges::find(made.ops(), "normed", &graph::Op::name);
  ASSERT_NE(norm, made.ops().end());
  EXPECT_EQ(norm->type.dtype, graph::DType::kI8);
  const auto writer = std::ranges::find(made.ops(), norm->inputs[0], &graph::Op::output);
  ASSERT_NE(writer, made.ops().end());
  EXPECT_EQ(made.tensor(writer->inputs[0]).dtype, graph::DType::kI8);
  EXPECT_EQ(writer->type.dtype, graph::DType::kF32);
}

TEST_F(Quantize, NaiveAndPlannedRunsAreOne) {
  const Network network;
  const auto prepared = prepare(network.graph);
  const Graph made = quantized(*prepared);
  const Sample sample = *samples(1).take(0);
  const auto naive = engine::run_naive(made, {sample[0], sample[1]});
  ASSERT_TRUE(naive.ok()) << naive.status().message();
  Status seen = run_all(made, samples(1), pool, {}, [&](int, auto outputs) -> Status {
    // tanh at the end is float.
    for (size_t i = 0; i < outputs[0].size(); ++i) {
      EXPECT_NEAR(outputs[0][i], (*naive)[0][i], 1e-6);
    }
    return {};
  });
  EXPECT_TRUE(seen.ok());
}

TEST_F(Quantize, CorrectingTheBiasBringsMeansBack) {
  const Network network;
  const auto prepared = prepare(network.graph);
  const Calibration calibration = calibrated(*prepared);
  const auto shift = [&](bool correct) {
    QuantizeOptions options{.correct_bias = correct};
    options.keep_float = [](const graph::Op& op) { return op.name != "inner"; };
    const auto made = quantize(*prepared, calibration, options);
    EXPECT_TRUE(made.ok()) << made.status().message();
    Graph graph = *made;
    EXPECT_TRUE(graph.add_output(graph.find("inner")).ok());
    std::vector<double> mean(2 * kWidth);
    EXPECT_TRUE(run_all(graph, samples(24), pool, {}, [&](int, auto outputs) -> Status {
                  for (size_t i = 0; i < outputs[1].size(); ++i) {
                    mean[i % mean.size()] += outputs[1][i] / (24.0 * kSide * kSide / 4);
                  }
                  return {};
                }).ok());
    double sum = 0;
    for (size_t c = 0; c < mean.size(); ++c) {
      sum += std::pow(mean[c] - calibration.at("inner").channel_mean[c], 2);
    }
    return sum;
  };
  EXPECT_LT(shift(true), shift(false));
}

TEST_F(Quantize, SensitivityRanksAndMixedPrecisionSpares) {
  const Network network;
  const auto prepared = prepare(network.graph);
  const Calibration calibration = calibrated(*prepared);
  const auto expected = run_reference_outputs(network.graph, samples(4), pool);
  const auto losses = sensitivity(*prepared, calibration, {}, *expected, samples(4), pool);
  ASSERT_TRUE(losses.ok()) << losses.status().message();
  EXPECT_EQ(losses->size(), 6u);
  EXPECT_TRUE(std::ranges::is_sorted(*losses, {}, &OpLoss::snr_db));
  const double all = error(quantized(*prepared), network.graph).snr_db();
  EXPECT_GT(losses->front().snr_db, all);
  const auto choice =
      choose_mixed(*prepared, calibration, {}, *losses, all + 1.5, *expected, samples(4), pool);
  ASSERT_TRUE(choice.ok());
  EXPECT_GE(choice->snr_db, all + 1.5);
  EXPECT_GT(choice->kept_float.size(), 0u);
  EXPECT_LT(choice->kept_float.size(), losses->size());
}

// Pictures of little contrast, whose values lie between the steps of eight bits.
SampleSource faint_samples(int count) {
  return {count, [](int i) -> Result<Sample> {
            std::mt19937 random(static_cast<unsigned>(i) + 200);
            std::normal_distribution<float> normal(0.5f, 0.5f / 255);
            std::vector<float> picture(kSide * kSide);
            for (float& v : picture) v = normal(random);
            return Sample{picture};
          }};
}

TEST_F(Quantize, SplittingThePictureKeepsTheFunctionAndWhatLiesBetweenSteps) {
  Graph graph;
  const TensorId x = graph.add_input("luma", {1, kSide, kSide, 1});
  const auto centred = graph.add_op("centred", graph::Affine{2, -1}, {x});
  const auto cells = graph.add_op("cells", graph::SpaceToDepth{2}, {*centred});
  std::mt19937 random(3);
  std::vector<float> weights(size_t{4} * 9 * 4);
  for (float& w : weights) w = std::normal_distribution<float>(0, 0.3f)(random);
  const TensorId w = graph.add_constant("w", {4, 3, 3, 4}, weights).value();
  const auto y = graph.add_op("stem", graph::Conv2d{.pad = 1}, {*cells, w});
  ASSERT_TRUE(y.ok() && graph.add_output(*y).ok());

  const auto split = split_picture(graph);
  ASSERT_TRUE(split.ok()) << split.status().message();
  const auto expected = run_reference_outputs(graph, faint_samples(8), pool);
  ASSERT_TRUE(expected.ok()) << expected.status().message();
  const auto snr = [&](const Graph& network) {
    const auto difference = compare(network, *expected, faint_samples(8), pool);
    EXPECT_TRUE(difference.ok()) << difference.status().message();
    return difference->snr_db();
  };
  const auto integers = [&](const Graph& network) {
    const auto calibration = calibrate(network, faint_samples(8), pool);
    EXPECT_TRUE(calibration.ok()) << calibration.status().message();
    auto made = quantize(network, *calibration, {});
    EXPECT_TRUE(made.ok()) << made.status().message();
    return std::move(*made);
  };
  EXPECT_GT(snr(*split), 90);
  EXPECT_GT(snr(integers(*split)), snr(integers(graph)) + 12);
}

TEST_F(Quantize, RefusesWhatCannotBeQuantised) {
  const Network network;
  const auto prepared = prepare(network.graph);
  EXPECT_EQ(calibrate(*prepared, {}, pool).status().code(), Code::kInvalidArgument);
  EXPECT_THAT(prepare(quantized(*prepared)).status().message(),
              HasSubstr("expected a float network, got i8: is it quantised already?"));
  Graph graph;
  const TensorId x = graph.add_input("x", {1, 2});
  const std::vector<float> weights{1, NAN};
  const TensorId w = graph.add_constant("w", {1, 2}, weights).value();
  ASSERT_TRUE(graph.add_output(graph.add_op("y", graph::Linear{}, {x, w}).value()).ok());
  EXPECT_THAT(prepare(graph).status().message(), HasSubstr("w: expected finite weights, got nan"));
  const SampleSource cancelled = samples(3);
  const auto given_up =
      calibrate(*prepared, cancelled, pool, [](int done, int) { return done < 2; });
  EXPECT_EQ(given_up.status().code(), Code::kCancelled);
}

}  // namespace
}  // namespace vseal::quant
