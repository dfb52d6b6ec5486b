// The networks against what the training's own framework computed.
#include <gmock/gmock.h>

#include <algorithm>
#include <vector>

#include "formats/safetensors.h"
#include "models/model.h"
#include "models/run_graph.h"

namespace vseal::models {
namespace {

using formats::Safetensors;

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
      Safetensors::open(std::string(VSEAL_SOURCE_DIR) + "/tests/data/nano128_vectors.safetensors");
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

TEST(Golden, DefaultModelOnTheSmallVectors) {
  const auto model = default_model(DefaultForm::kF32);
  ASSERT_TRUE(model.ok()) << model.status().message();
  const Vectors vectors = read_small();
  expect_same(Executor::kNaive, **model, vectors, kF16);
  expect_same(Executor::kPlanned, **model, vectors, kF16);
}

class GoldenTraining : public testing::TestWithParam<const char*> {};

TEST_P(GoldenTraining, FileAsTheTrainingWroteIt) {
  SKIP_WITHOUT_DATA();
  const std::string name = data_folder("model") + GetParam();
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
