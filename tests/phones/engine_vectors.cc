// What the engine makes of a model's networks, as vectors for other runtimes to be compared with.
//   engine_vectors MODEL|- SIDE OUT.safetensors    (SIDE 0: the card's)
//   engine_vectors integers 0 OUT     writes OUT-OP.safetensors, .tflite, .onnx for each integer op
//   engine_vectors random SEED OUT    writes a graph of random ops: OUT.safetensors, .tflite, .onnx
//   engine_vectors large 0 OUT        the same of a graph whose weights are more than 2 GB
// Tensors: PART.K.NAME for PART embedder and detector, or graph; K = 0, 1; and each input and
// output; embedder.K.delta beside them. Shapes as the graph has them.
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include "engine/random_graph.h"
#include "engine/session.h"
#include "formats/integer_graphs.h"
#include "formats/lowering/stored.h"
#include "formats/onnx/onnx.h"
#include "formats/safetensors.h"
#include "formats/tflite/tflite.h"
#include "image/blend.h"
#include "models/model.h"

namespace {

using namespace vseal;  // NOLINT: a test program

using Values = std::vector<float>;

constexpr int kSamples = 2;

// splitmix64 as a number in 0..1.
class Numbers {
 public:
  explicit Numbers(uint64_t seed) : state_(seed) {}
  double next() {
    state_ += 0x9E3779B97F4A7C15u;
    uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return static_cast<double>((z ^ (z >> 31)) >> 11) * 0x1p-53;
  }

 private:
  uint64_t state_;
};

// Slopes, waves, an even patch and grain: something of all that pictures have.
Values picture(const graph::Shape& shape, int sample) {
  Numbers numbers(static_cast<uint64_t>(sample) + 1);
  Values values;
  const auto h = static_cast<double>(shape[1]), w = static_cast<double>(shape[2]);
  for (int64_t y = 0; y < shape[1]; ++y) {
    for (int64_t x = 0; x < shape[2]; ++x) {
      const double u = static_cast<double>(x) / w, v = static_cast<double>(y) / h;
      const double waves = std::sin((5 + sample) * u + 3 * v) + 0.5 * std::sin(40 * u * v);
      const bool patch = u > 0.6 && v > 0.7;
      for (int64_t c = 0; c < shape[3]; ++c) {
        const double grain = 0.1 * (numbers.next() - 0.5);
        const double value = patch ? 0.8 : 0.4 + 0.2 * waves + 0.1 * static_cast<double>(c) + grain;
        values.push_back(static_cast<float>(std::fmin(std::fmax(value, 0.0), 1.0)));
      }
    }
  }
  return values;
}

Values message(int64_t bits, int sample) {
  Numbers numbers(static_cast<uint64_t>(sample) + 100);
  Values values;
  for (int64_t i = 0; i < bits; ++i) values.push_back(numbers.next() < 0.5 ? -1.0f : 1.0f);
  return values;
}

class Vectors {
 public:
  void add(const std::string& name, const graph::Shape& shape, const Values& values) {
    tensors_.push_back(formats::f32_constant(name, shape, values));
  }
  Status write(const std::string& path) const {
    return formats::write_safetensors(path, IfExists::kOverwrite, {}, tensors_);
  }

 private:
  std::vector<graph::Tensor> tensors_;
};

// Of red, green and blue as a network sees them: all three, or luma.
Values as_seen(const Values& rgb, int channels) {
  if (channels == 3) return rgb;
  Values luma;
  for (size_t i = 0; i < rgb.size(); i += 3) {
    luma.push_back(0.299f * rgb[i] + 0.587f * rgb[i + 1] + 0.114f * rgb[i + 2]);
  }
  return luma;
}

// strength * gain * heat * residual.
Result<Values> change(const models::Card& card, const Values& rgb, const Values& residual) {
  const Values luma = as_seen(rgb, 1);
  Values heat(luma.size(), 1.0f), delta;
  double gain = 1;
  if (card.attenuation == models::Attenuation::kJnd) {
    const image::HeatmapOptions options{card.heatmap.low_gain, card.heatmap.low_offset,
                                        card.heatmap.replicate_sobel_border};
    VSEAL_RETURN_IF_ERROR(
        image::heatmap(luma, card.processing_size, card.processing_size, options, heat, nullptr));
    if (card.gain_exponent != 0) {
      gain = std::pow(card.gain_reference / image::heatmap_rms(heat), card.gain_exponent);
      gain = std::fmin(std::fmax(gain, 0.6), 2.0);
    }
  }
  for (size_t i = 0; i < residual.size(); ++i) {
    const size_t pixel = i / static_cast<size_t>(card.embedder_channels);
    delta.push_back(static_cast<float>(card.strength * gain * heat[pixel] * residual[i]));
  }
  return delta;
}

Values marked(const Values& rgb, const Values& delta) {
  Values values = rgb;
  for (size_t i = 0; i < rgb.size(); ++i) {
    const float change = delta.size() == rgb.size() ? delta[i] : delta[i / 3];
    values[i] = std::fmin(std::fmax(rgb[i] + change, 0.0f), 1.0f);
  }
  return values;
}

class Network {
 public:
  static Result<Network> create(const graph::Graph& graph, std::string part) {
    VSEAL_ASSIGN_OR_RETURN(const auto plan, engine::Plan::create(graph));
    Network network(graph, std::move(part));
    VSEAL_ASSIGN_OR_RETURN(network.session_, engine::Session::create(plan, network.pool_.get()));
    return network;
  }

  // Runs one sample and adds what goes in and comes out; returns the first output.
  Result<Values> run(int sample, const std::vector<Values>& inputs, Vectors& out) {
    const std::string prefix = part_ + "." + std::to_string(sample) + ".";
    for (size_t i = 0; i < inputs.size(); ++i) {
      const graph::Tensor& tensor = graph_.tensor(graph_.inputs()[i]);
      std::ranges::copy(inputs[i], session_->input(static_cast<int>(i)).begin());
      out.add(prefix + tensor.name, tensor.shape, inputs[i]);
    }
    VSEAL_RETURN_IF_ERROR(session_->run());
    for (size_t i = 0; i < graph_.outputs().size(); ++i) {
      const graph::Tensor& output = graph_.tensor(graph_.outputs()[i]);
      const std::span<const float> values = session_->output(static_cast<int>(i));
      out.add(prefix + output.name, output.shape, {values.begin(), values.end()});
    }
    return Values(session_->output(0).begin(), session_->output(0).end());
  }

  graph::Shape input_shape(size_t i) const { return graph_.tensor(graph_.inputs()[i]).shape; }
  graph::Shape output_shape() const { return graph_.tensor(graph_.outputs()[0]).shape; }

 private:
  Network(const graph::Graph& graph, std::string part)
      : graph_(graph), part_(std::move(part)), pool_(std::make_unique<ThreadPool>(2)) {}

  const graph::Graph& graph_;
  std::string part_;
  std::unique_ptr<ThreadPool> pool_;
  std::unique_ptr<engine::Session> session_;
};

// The detector sees what the embedder marked.
Status of_model(const std::string& path, int side, const std::string& out) {
  const models::LoadOptions options{.card = {}, .processing_size = side};
  VSEAL_ASSIGN_OR_RETURN(const auto model, models::load_model(path, options));
  const models::Card& card = model->card;
  VSEAL_ASSIGN_OR_RETURN(Network embedder, Network::create(model->embedder, "embedder"));
  VSEAL_ASSIGN_OR_RETURN(Network detector, Network::create(model->detector, "detector"));
  Vectors vectors;
  for (int sample = 0; sample < kSamples; ++sample) {
    const Values rgb = picture({1, card.processing_size, card.processing_size, 3}, sample);
    const Values seen = as_seen(rgb, card.embedder_channels);
    VSEAL_ASSIGN_OR_RETURN(const Values residual,
                           embedder.run(sample, {seen, message(card.bits, sample)}, vectors));
    VSEAL_ASSIGN_OR_RETURN(const Values delta, change(card, rgb, residual));
    vectors.add("embedder." + std::to_string(sample) + ".delta", embedder.output_shape(), delta);
    const Values shown = as_seen(marked(rgb, delta), card.detector_channels);
    VSEAL_RETURN_IF_ERROR(detector.run(sample, {shown}, vectors).status());
  }
  return vectors.write(out);
}

Status of_random_graph(unsigned seed, const std::string& out) {
  const graph::Graph graph = engine::test::RandomGraph(seed).graph;
  const formats::NetworkFileOptions options{.if_exists = IfExists::kOverwrite};
  Vectors vectors;
  VSEAL_ASSIGN_OR_RETURN(Network network, Network::create(graph, "graph"));
  for (int sample = 0; sample < kSamples; ++sample) {
    const std::vector<Values> inputs = {picture(network.input_shape(0), sample),
                                        message(network.input_shape(1)[1], sample)};
    VSEAL_RETURN_IF_ERROR(network.run(sample, inputs, vectors).status());
  }
  VSEAL_RETURN_IF_ERROR(formats::write_tflite(graph, out + ".tflite", options).status());
  VSEAL_RETURN_IF_ERROR(formats::write_onnx(graph, out + ".onnx", options).status());
  return vectors.write(out + ".safetensors");
}

// Values of f32 that differ from place to place, made when they are read.
class Ramp : public graph::ConstantSource {
 public:
  explicit Ramp(size_t start) : start_(start) {}
  Status read(std::span<std::byte> out) const override {
    auto* const values = reinterpret_cast<float*>(out.data());
    for (size_t i = 0; i < out.size() / sizeof(float); ++i) {
      values[i] = static_cast<float>(static_cast<int>((i + start_) % 1009) - 504) / 16384;
    }
    return {};
  }

 private:
  size_t start_;
};

// A sum of matrices' products with one message.
Status of_large_graph(const std::string& out) {
  constexpr int kMatrices = 5;
  constexpr int64_t kIn = 16384, kOut = 7000;
  graph::Graph graph;
  const graph::TensorId v = graph.add_input("v", {1, kIn});
  graph::TensorId sum = graph::kNoTensor;
  for (int i = 0; i < kMatrices; ++i) {
    const std::string name = "matrix" + std::to_string(i);
    graph::ConstantData data;
    data.source = std::make_shared<Ramp>(static_cast<size_t>(100 * i));
    VSEAL_ASSIGN_OR_RETURN(const graph::TensorId w,
                           graph.add_constant(name, graph::DType::kF32, {kOut, kIn}, data));
    VSEAL_ASSIGN_OR_RETURN(const graph::TensorId y,
                           graph.add_op("product" + std::to_string(i), graph::Linear{}, {v, w}));
    if (i == 0) {
      sum = y;
    } else {
      VSEAL_ASSIGN_OR_RETURN(sum, graph.add_op("sum" + std::to_string(i), graph::Add{}, {sum, y}));
    }
  }
  VSEAL_RETURN_IF_ERROR(graph.add_output(sum));
  const formats::NetworkFileOptions options{.if_exists = IfExists::kOverwrite};
  VSEAL_RETURN_IF_ERROR(formats::write_tflite(graph, out + ".tflite", options).status());
  VSEAL_RETURN_IF_ERROR(formats::write_onnx(graph, out + ".onnx", options).status());
  Vectors vectors;
  VSEAL_ASSIGN_OR_RETURN(Network network, Network::create(graph, "graph"));
  for (int sample = 0; sample < kSamples; ++sample) {
    VSEAL_RETURN_IF_ERROR(network.run(sample, {message(kIn, sample)}, vectors).status());
  }
  return vectors.write(out + ".safetensors");
}

// x of both signs, and v.
Status of_integer_ops(const std::string& out) {
  const formats::NetworkFileOptions options{.precision = formats::WeightPrecision::kInt8,
                                            .if_exists = IfExists::kOverwrite};
  for (const auto& [name, graph] : formats::test::integer_graphs()) {
    Vectors vectors;
    VSEAL_ASSIGN_OR_RETURN(Network network, Network::create(graph, "graph"));
    for (int sample = 0; sample < kSamples; ++sample) {
      Numbers numbers(static_cast<uint64_t>(sample) + 7);
      Values x(static_cast<size_t>(network.input_shape(0).elements()));
      for (float& value : x) value = static_cast<float>(2 * numbers.next() - 1);
      VSEAL_RETURN_IF_ERROR(network.run(sample, {x, message(16, sample)}, vectors).status());
    }
    const std::string path = out + "-" + name;
    VSEAL_RETURN_IF_ERROR(formats::write_tflite(graph, path + ".tflite", options).status());
    VSEAL_RETURN_IF_ERROR(formats::write_onnx(graph, path + ".onnx", options).status());
    VSEAL_RETURN_IF_ERROR(vectors.write(path + ".safetensors"));
  }
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 64;
  const std::string model = argv[1];
  const int number = std::atoi(argv[2]);
  Status status;
  if (model == "integers") {
    status = of_integer_ops(argv[3]);
  } else if (model == "large") {
    status = of_large_graph(argv[3]);
  } else if (model == "random") {
    status = of_random_graph(static_cast<unsigned>(number), argv[3]);
  } else {
    status = of_model(model, number, argv[3]);
  }
  if (!status.ok()) std::fprintf(stderr, "engine_vectors: %s\n", status.message().c_str());
  return status.ok() ? 0 : 1;
}
