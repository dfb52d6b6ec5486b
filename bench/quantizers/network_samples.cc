// What a model's networks see of pictures and what they make of it, as files: with these, other
// people's quantisers are calibrated and measured on what ours are.
//   network_samples take MODEL|- OUT PICTURE...   inputs of both networks, as `vseal quantize`
//                                                 takes them (src/workbench/quantize_samples.h)
//   network_samples run MODEL|- SAMPLES OUT       outputs of both networks for these inputs
// OUT and SAMPLES are safetensors files of PART.K.NAME: PART is embedder or detector, K counts the
// pictures, NAME is that of an input or output of the network, shapes as the graph has them.
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "formats/lowering/stored.h"
#include "formats/safetensors.h"
#include "models/model.h"
#include "quant/samples.h"
#include "watermark/networks.h"
#include "workbench/quantize_samples.h"

namespace {

using namespace vseal;  // NOLINT: a bench

using Tensors = std::vector<graph::Tensor>;
using Values = std::vector<float>;

constexpr char kParts[2][9] = {"embedder", "detector"};

const graph::Graph& network(const models::Model& model, size_t part) {
  return part == 0 ? model.embedder : model.detector;
}

std::string key(size_t part, int sample, const graph::Tensor& tensor) {
  return std::string(kParts[part]) + "." + std::to_string(sample) + "." + tensor.name;
}

Status take(const models::Model& model, const std::vector<std::string>& pictures, Tensors& out) {
  ThreadPool pool;
  VSEAL_ASSIGN_OR_RETURN(const auto networks, watermark::Networks::compile(model));
  VSEAL_ASSIGN_OR_RETURN(const auto samples, workbench::take_samples(pictures, networks, pool, {}));
  for (size_t part = 0; part < 2; ++part) {
    const graph::Graph& graph = network(model, part);
    for (size_t k = 0; k < samples.size(); ++k) {
      const quant::Sample& sample = part == 0 ? samples[k].embedder : samples[k].detector;
      for (size_t i = 0; i < sample.size(); ++i) {
        const graph::Tensor& input = graph.tensor(graph.inputs()[i]);
        out.push_back(
            formats::f32_constant(key(part, static_cast<int>(k), input), input.shape, sample[i]));
      }
    }
  }
  return {};
}

// The inputs that `file` holds for sample `k`; kNotFound behind the last one.
Result<quant::Sample> inputs_of(const formats::Safetensors& file, const graph::Graph& graph,
                                size_t part, int k) {
  quant::Sample sample;
  for (const graph::TensorId id : graph.inputs()) {
    const formats::StoredTensor* stored = file.find(key(part, k, graph.tensor(id)));
    if (stored == nullptr) return not_found(key(part, k, graph.tensor(id)) + ": not there");
    if (stored->dtype != graph::DType::kF32) return corrupt_input(stored->name + ": expected f32");
    Values values(stored->bytes.size() / sizeof(float));
    std::memcpy(values.data(), stored->bytes.data(), values.size() * sizeof(float));
    sample.push_back(std::move(values));
  }
  return sample;
}

Status run(const models::Model& model, const std::string& path, Tensors& out) {
  ThreadPool pool;
  VSEAL_ASSIGN_OR_RETURN(const auto file, formats::Safetensors::open(path));
  for (size_t part = 0; part < 2; ++part) {
    const graph::Graph& graph = network(model, part);
    quant::SampleSource source{0, [&](int k) { return inputs_of(file, graph, part, k); }};
    while (source.take(source.count).ok()) ++source.count;
    const graph::Tensor& output = graph.tensor(graph.outputs()[0]);
    VSEAL_RETURN_IF_ERROR(quant::run_all(
        graph, source, pool, {}, [&](int k, std::span<const std::span<const float>> outputs) {
          out.push_back(formats::f32_constant(key(part, k, output), output.shape,
                                              Values(outputs[0].begin(), outputs[0].end())));
          return Status();
        }));
  }
  return {};
}

Status write(const std::string& command, const std::vector<std::string>& arguments) {
  VSEAL_ASSIGN_OR_RETURN(const auto model, models::load_model(arguments[0]));
  Tensors tensors;
  const std::string& out = command == "take" ? arguments[1] : arguments[2];
  if (command == "take") {
    VSEAL_RETURN_IF_ERROR(take(*model, {arguments.begin() + 2, arguments.end()}, tensors));
  } else {
    VSEAL_RETURN_IF_ERROR(run(*model, arguments[1], tensors));
  }
  return formats::write_safetensors(out, IfExists::kOverwrite, {}, std::move(tensors));
}

}  // namespace

int main(int argc, char** argv) {
  const std::string command = argc > 1 ? argv[1] : "";
  const std::vector<std::string> arguments(argv + std::min(argc, 2), argv + argc);
  if (arguments.size() < 3 || (command != "take" && command != "run")) return 64;
  const Status status = write(command, arguments);
  if (!status.ok()) std::fprintf(stderr, "network_samples: %s\n", status.message().c_str());
  return status.ok() ? 0 : 1;
}
