// The networks against what the training's own framework computed.
#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "base/half.h"
#include "base/thread_pool.h"
#include "engine/session.h"
#include "formats/safetensors.h"
#include "models/model.h"

namespace vseal::models {
namespace {

using formats::Safetensors;
using Values = std::vector<float>;

// Any stored numbers as floats; U16 and U8 as they are, unscaled.
Values values_of(const Safetensors& file, const std::string& name) {
  const formats::StoredTensor* tensor = file.find(name);
  if (tensor == nullptr) {
    ADD_FAILURE() << name << " is missing";
    return {};
  }
  const size_t count = static_cast<size_t>(tensor->shape.elements());
  Values values(count);
  for (size_t i = 0; i < count; ++i) {
    uint16_t half = 0;
    if (tensor->type == "F32") std::memcpy(&values[i], tensor->bytes.data() + 4 * i, 4);
    if (tensor->type == "U8") values[i] = static_cast<float>(tensor->bytes[i]);
    if (tensor->type != "F16" && tensor->type != "U16") continue;
    std::memcpy(&half, tensor->bytes.data() + 2 * i, 2);
    values[i] = tensor->type == "F16" ? half_to_float(half) : static_cast<float>(half);
  }
  return values;
}

// One picture: what goes in, and what must come out.
struct Vectors {
  Values luma, message, residual, marked, features, logits;
};

// Picture `prefix` of the training's file; features come in its order [c,h,w] and leave as [h,w,c].
Vectors read_large(const Safetensors& file, const std::string& prefix) {
  const auto read = [&](const char* name) { return values_of(file, prefix + name); };
  Vectors v{read("luma256"), read("message"), read("residual"), read("marked256"), {}, {}};
  v.logits = read("logits");
  const Values features = read("features");
  const size_t channels = 32, cells = features.size() / channels;
  v.features.resize(features.size());
  for (size_t c = 0; c < channels; ++c) {
    for (size_t i = 0; i < cells; ++i) v.features[i * channels + c] = features[c * cells + i];
  }
  return v;
}

// tools/shrink_vectors.py says what the file holds.
Vectors read_small() {
  const auto file =
      Safetensors::open(std::string(VSEAL_SOURCE_DIR) + "/tests/data/nano256_vectors.safetensors");
  if (!file.ok()) {
    ADD_FAILURE() << file.status().message();
    return {};
  }
  Vectors v;
  v.luma = values_of(*file, "luma");
  v.marked = values_of(*file, "marked");
  for (Values* map : {&v.luma, &v.marked}) {
    for (float& value : *map) value /= 65535.0f;
  }
  v.message = values_of(*file, "message_bits");
  for (float& bit : v.message) bit = 2.0f * bit - 1.0f;
  v.residual = values_of(*file, "residual");
  v.logits = values_of(*file, "logits");
  return v;
}

enum class Executor { kNaive, kPlanned };

std::vector<Values> run_planned(const graph::Graph& graph,
                                const std::vector<std::span<const float>>& inputs) {
  const auto plan = engine::Plan::create(graph);
  EXPECT_TRUE(plan.ok()) << plan.status().message();
  if (!plan.ok()) return {};
  ThreadPool pool(2);
  const auto session = engine::Session::create(*plan, &pool);
  EXPECT_TRUE(session.ok()) << session.status().message();
  if (!session.ok()) return {};
  for (size_t i = 0; i < inputs.size(); ++i) {
    std::copy(inputs[i].begin(), inputs[i].end(), (*session)->input(static_cast<int>(i)).begin());
  }
  EXPECT_TRUE((*session)->run().ok());
  std::vector<Values> outputs;
  for (size_t i = 0; i < graph.outputs().size(); ++i) {
    const std::span<const float> output = (*session)->output(static_cast<int>(i));
    outputs.emplace_back(output.begin(), output.end());
  }
  return outputs;
}

// The graph's output, and after it the tensor `extra` when there is one of that name.
std::vector<Values> run(Executor executor, graph::Graph graph,
                        const std::vector<std::span<const float>>& inputs,
                        const std::string& extra = "") {
  const graph::TensorId id = graph.find(extra);
  if (id != graph::kNoTensor) {
    EXPECT_TRUE(graph.add_output(id).ok());
  }
  std::vector<Values> outputs;
  if (executor == Executor::kPlanned) {
    outputs = run_planned(graph, inputs);
  } else if (auto naive = engine::run_naive(graph, inputs); naive.ok()) {
    outputs = *std::move(naive);
  } else {
    ADD_FAILURE() << naive.status().message();
  }
  outputs.resize(2);
  return outputs;
}

struct Difference {
  double max = 0;
  double rms = 0;
};

Difference difference(const Values& got, const Values& want) {
  Difference d;
  EXPECT_EQ(got.size(), want.size());
  if (got.size() != want.size()) return d;
  for (size_t i = 0; i < got.size(); ++i) {
    const double error = double{got[i]} - want[i];
    d.max = std::max(d.max, std::abs(error));
    d.rms += error * error / static_cast<double>(got.size());
  }
  d.rms = std::sqrt(d.rms);
  return d;
}

double largest(const Values& values) {
  double largest = 0;
  for (const float value : values) largest = std::max(largest, std::abs(double{value}));
  return largest;
}

// Residuals end in a steep tanh, which amplifies rounding at single pixels: hence two limits.
struct Tolerance {
  double residual_max;
  double residual_rms;
  double relative;  // of features and logits, to their largest
};
constexpr Tolerance kF32 = {1e-4, 5e-6, 1e-5};
constexpr Tolerance kF16 = {2e-2, 1e-3, 2e-3};

void expect_same(Executor executor, const Model& model, const Vectors& want,
                 const Tolerance& tolerance) {
  const Values residual = run(executor, model.embedder, {want.luma, want.message})[0];
  const Difference d = difference(residual, want.residual);
  EXPECT_LE(d.max, tolerance.residual_max);
  EXPECT_LE(d.rms, tolerance.residual_rms);
  const std::vector<Values> read = run(executor, model.detector, {want.marked}, "features");
  EXPECT_LE(difference(read[0], want.logits).max, tolerance.relative * largest(want.logits));
  for (size_t i = 0; i < std::min(read[0].size(), want.logits.size()); ++i) {
    EXPECT_EQ(read[0][i] > 0, want.logits[i] > 0) << "bit " << i;
  }
  if (want.features.empty()) return;
  EXPECT_LE(difference(read[1], want.features).max, tolerance.relative * largest(want.features));
}

// The folder of the large files, or none: then the test is skipped.
std::string data_folder() {
  const char* folder = std::getenv("VSEAL_DATA");
  return folder == nullptr ? "" : std::string(folder) + "/model/";
}
#define SKIP_WITHOUT_DATA() \
  if (data_folder().empty()) GTEST_SKIP() << "SKIPPED: VSEAL_DATA is not set"

TEST(Golden, DefaultModelOnTheSmallVectors) {
  const auto model = default_model();
  ASSERT_TRUE(model.ok()) << model.status().message();
  const Vectors vectors = read_small();
  expect_same(Executor::kNaive, **model, vectors, kF16);
  expect_same(Executor::kPlanned, **model, vectors, kF16);
}

TEST(Golden, DefaultModel) {
  SKIP_WITHOUT_DATA();
  const auto model = default_model();
  const auto file = Safetensors::open(data_folder() + "nano256.vectors.safetensors");
  ASSERT_TRUE(model.ok() && file.ok()) << file.status().message();
  expect_same(Executor::kPlanned, **model, read_large(*file, "v1."), kF16);
}

class GoldenTraining : public testing::TestWithParam<const char*> {};

TEST_P(GoldenTraining, FileAsTheTrainingWroteIt) {
  SKIP_WITHOUT_DATA();
  const std::string name = data_folder() + GetParam();
  const auto model = load_model(name + ".safetensors");
  ASSERT_TRUE(model.ok()) << model.status().message();
  const auto file = Safetensors::open(name + ".vectors.safetensors");
  ASSERT_TRUE(file.ok()) << file.status().message();
  for (const char* picture : {"v0.", "v1."}) {
    SCOPED_TRACE(picture);
    const Vectors vectors = read_large(*file, picture);
    expect_same(Executor::kNaive, **model, vectors, kF32);
    expect_same(Executor::kPlanned, **model, vectors, kF32);
  }
}

INSTANTIATE_TEST_SUITE_P(Files, GoldenTraining, testing::Values("nano256", "nano128"),
                         [](const auto& test) { return std::string(test.param); });

}  // namespace
}  // namespace vseal::models
