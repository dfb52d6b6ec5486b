// The VideoSeal family against what the upstream project computed: ../golden as networks.md
// describes it.
#include <gmock/gmock.h>

#include <cstdio>
#include <filesystem>
#include <map>
#include <vector>

#include "base/half.h"
#include "formats/safetensors.h"
#include "graph/constant.h"
#include "models/full_size.h"
#include "models/model.h"
#include "models/run_graph.h"
#include "models/videoseal/family.h"
#include "models/vseal_file.h"

namespace vseal::models {
namespace {

using formats::Safetensors;

constexpr int kSide = 256;

// [c,h,w] -> [h,w,c].
Values to_nhwc(const Values& values, size_t channels) {
  const size_t pixels = values.size() / channels;
  Values out(values.size());
  for (size_t c = 0; c < channels; ++c) {
    for (size_t i = 0; i < pixels; ++i) out[i * channels + c] = values[c * pixels + i];
  }
  return out;
}

// One axis of PyTorch's antialiased bilinear resize of `size` values: weights of output `i`.
Values triangle_weights(int size, int i, int& first) {
  const double scale = static_cast<double>(size) / kSide;
  const double support = std::max(scale, 1.0);
  const double centre = (i + 0.5) * scale;
  first = std::max(0, static_cast<int>(centre - support + 0.5));
  const int end = std::min(size, static_cast<int>(centre + support + 0.5));
  Values weights;
  double sum = 0;
  for (int k = first; k < end; ++k) {
    const double w = std::max(0.0, 1 - std::abs((k + 0.5 - centre) / support));
    weights.push_back(static_cast<float>(w));
    sum += w;
  }
  for (float& w : weights) w = static_cast<float>(w / sum);
  return weights;
}

// [3,h,w] -> [3,256,256], as the detector's input is made.
Values resize(const Values& picture, int height, int width) {
  Values rows(3 * static_cast<size_t>(height) * kSide), out(3 * kSide * kSide);
  for (int x = 0; x < kSide; ++x) {
    int first = 0;
    const Values weights = triangle_weights(width, x, first);
    for (int r = 0; r < 3 * height; ++r) {
      double sum = 0;
      for (size_t k = 0; k < weights.size(); ++k) {
        sum += weights[k] * picture[static_cast<size_t>(r * width + first) + k];
      }
      rows[static_cast<size_t>(r * kSide + x)] = static_cast<float>(sum);
    }
  }
  for (int y = 0; y < kSide; ++y) {
    int first = 0;
    const Values weights = triangle_weights(height, y, first);
    for (int cx = 0; cx < 3 * kSide; ++cx) {
      const int c = cx / kSide, x = cx % kSide;
      double sum = 0;
      for (size_t k = 0; k < weights.size(); ++k) {
        const int row = c * height + first + static_cast<int>(k);
        sum += weights[k] * rows[static_cast<size_t>(row * kSide + x)];
      }
      out[static_cast<size_t>((c * kSide + y) * kSide + x)] = static_cast<float>(sum);
    }
  }
  return out;
}

Values luma_of(const Values& rgb) {
  Values luma;
  for (size_t i = 0; i < rgb.size(); i += 3) {
    luma.push_back(0.299f * rgb[i] + 0.587f * rgb[i + 1] + 0.114f * rgb[i + 2]);
  }
  return luma;
}

struct Limits {
  double residual = 1e-4;
  double logits = 1e-3;  // of their range
};

// Picture `prefix` of the golden file through both networks.
void expect_upstream(const Model& model, const Safetensors& golden, const std::string& prefix,
                     const Limits& limits) {
  SCOPED_TRACE(prefix);
  const size_t channels = static_cast<size_t>(model.card.embedder_channels);
  const Values rgb = to_nhwc(values_of(golden, prefix + "resized"), 3);
  Values message = values_of(golden, prefix + "message");
  for (float& bit : message) bit = 2 * bit - 1;
  const Values picture = channels == 1 ? luma_of(rgb) : rgb;
  const Values residual = run(Executor::kPlanned, model.embedder, {picture, message})[0];
  const Values want = to_nhwc(values_of(golden, prefix + "residual"), channels);
  const double residual_error = difference(residual, want).max;
  EXPECT_LE(residual_error, limits.residual);

  const graph::Shape& shape = golden.find(prefix + "marked")->shape;
  const Values marked = resize(values_of(golden, prefix + "marked"), static_cast<int>(shape[1]),
                               static_cast<int>(shape[2]));
  const Values logits = run(Executor::kPlanned, model.detector, {to_nhwc(marked, 3)})[0];
  Values expected = values_of(golden, prefix + "logits");
  expected.erase(expected.begin());  // the detection score
  const auto [low, high] = std::minmax_element(expected.begin(), expected.end());
  const double logit_error = difference(logits, expected).max / (*high - *low);
  EXPECT_LE(logit_error, limits.logits);
  // Shown by ctest -V: the figures of docs/models.md.
  std::printf("%s %s residual within %.1e, logits within %.1e of their range\n",
              model.card.name.c_str(), prefix.c_str(), residual_error, logit_error);
}

void expect_upstream(const std::string& checkpoint, const std::string& golden_path,
                     const Limits& limits = {}) {
  const auto model = load_model(checkpoint);
  ASSERT_TRUE(model.ok()) << model.status().message();
  const auto golden = Safetensors::open(golden_path);
  ASSERT_TRUE(golden.ok()) << golden.status().message();
  for (const char* picture : {"pic0.", "pic1."}) {
    if (golden->find(std::string(picture) + "residual") != nullptr) {
      expect_upstream(**model, *golden, picture, limits);
    }
  }
  EXPECT_TRUE((*model)->unused.empty()) << (*model)->unused.front();
}

std::string fixture(const std::string& name) {
  return std::string(VSEAL_SOURCE_DIR) + "/tests/data/" + name;
}

// Halves of weights with 11 bits.
constexpr Limits kHalf = {2e-2, 2e-2};

TEST(VideosealGolden, TinyCheckpointInEveryFormat) {
  const std::string golden = fixture("tiny_videoseal_1.0.golden.safetensors");
  expect_upstream(fixture("tiny_videoseal_1.0.pth"), golden);
  expect_upstream(fixture("tiny_videoseal_1.0_legacy.pth"), golden);
  expect_upstream(fixture("tiny_videoseal_1.0.safetensors"), golden);
  expect_upstream(fixture("tiny_videoseal_1.0_half.pth"), golden, kHalf);
}

TEST(VideosealGolden, VsealFileGivesTheSameBits) {
  const std::string path = testing::TempDir() + "vseal_golden_test.vseal";
  const auto model = load_model(fixture("tiny_videoseal_1.0.pth"));
  ASSERT_TRUE(model.ok()) << model.status().message();
  const Status written = write_vseal(**model, path, {.if_exists = IfExists::kOverwrite});
  ASSERT_TRUE(written.ok()) << written.message();
  const auto again = load_model(path);
  ASSERT_TRUE(again.ok()) << again.status().message();
  const Values luma(kSide * kSide, 0.3f), message(16, -1.0f), rgb(3 * kSide * kSide, 0.6f);
  EXPECT_EQ(run(Executor::kPlanned, (*model)->embedder, {luma, message}),
            run(Executor::kPlanned, (*again)->embedder, {luma, message}));
  EXPECT_EQ(run(Executor::kPlanned, (*model)->detector, {rgb}),
            run(Executor::kPlanned, (*again)->detector, {rgb}));
  ASSERT_TRUE(write_vseal(**again, path, {IfExists::kOverwrite, Precision::kF16, ""}).ok());
  expect_upstream(path, fixture("tiny_videoseal_1.0.golden.safetensors"), kHalf);
  std::filesystem::remove(path);
}

TEST(VideosealGolden, BfloatFileHoldsTheNearestAndRunsAlike) {
  const std::string path = testing::TempDir() + "vseal_bfloat_test.vseal";
  const auto model = load_model(fixture("tiny_videoseal_1.0.pth"));
  ASSERT_TRUE(model.ok()) << model.status().message();
  ASSERT_TRUE(write_vseal(**model, path, {IfExists::kOverwrite, Precision::kBF16, ""}).ok());
  const auto again = load_model(path);
  ASSERT_TRUE(again.ok()) << again.status().message();
  std::filesystem::remove(path);
  std::map<std::string, graph::Tensor> original;
  for (const graph::Tensor& tensor : (*model)->embedder.tensors()) original[tensor.name] = tensor;
  int narrow = 0;
  for (const graph::Tensor& stored : (*again)->embedder.tensors()) {
    if (!stored.is_constant()) continue;
    ASSERT_TRUE(original.contains(stored.name)) << stored.name;
    const bool matrix = stored.shape.rank() > 1;
    EXPECT_EQ(stored.dtype, matrix ? graph::DType::kBF16 : graph::DType::kF32) << stored.name;
    narrow += matrix ? 1 : 0;
    const auto expected = graph::f32_values(original[stored.name]), got = graph::f32_values(stored);
    ASSERT_TRUE(expected.ok() && got.ok());
    for (size_t i = 0; i < got->size(); ++i) {
      const float want = (*expected)[i];
      ASSERT_EQ((*got)[i], matrix ? bfloat_to_float(float_to_bfloat(want)) : want) << stored.name;
    }
  }
  EXPECT_GT(narrow, 5);
  const Values luma(kSide * kSide, 0.3f), message(16, -1.0f);
  const Values naive = run(Executor::kNaive, (*again)->embedder, {luma, message})[0];
  EXPECT_LE(difference(run(Executor::kPlanned, (*again)->embedder, {luma, message})[0], naive).max,
            1e-4);
}

TEST(VideosealGolden, PlannedIsNaive) {
  const auto model = load_model(fixture("tiny_videoseal_1.0.pth"));
  ASSERT_TRUE(model.ok()) << model.status().message();
  Values rgb(3 * kSide * kSide), message(16);
  for (size_t i = 0; i < rgb.size(); ++i) rgb[i] = static_cast<float>(i * 7919 % 256) / 255;
  for (size_t i = 0; i < message.size(); ++i) message[i] = i % 3 == 0 ? 1.0f : -1.0f;
  const std::vector<std::span<const float>> marking = {std::span(rgb).first(kSide * kSide),
                                                       message};
  EXPECT_LE(difference(run(Executor::kPlanned, (*model)->embedder, marking)[0],
                       run(Executor::kNaive, (*model)->embedder, marking)[0])
                .max,
            1e-4);
  EXPECT_LE(difference(run(Executor::kPlanned, (*model)->detector, {rgb})[0],
                       run(Executor::kNaive, (*model)->detector, {rgb})[0])
                .max,
            1e-4);
}

class TinyFamily : public testing::TestWithParam<const char*> {};

TEST_P(TinyFamily, AsUpstream) {
  SKIP_WITHOUT_DATA();
  const std::string name = data_folder("golden") + GetParam();
  expect_upstream(name + ".pth", name + ".golden.safetensors");
}

INSTANTIATE_TEST_SUITE_P(Golden, TinyFamily,
                         testing::Values("tiny_chunkyseal", "tiny_videoseal_0.0"),
                         [](const auto& test) {
                           std::string name = test.param;
                           std::ranges::replace(name, '.', '_');
                           return name;
                         });

class FullFamily : public testing::TestWithParam<FullSize> {};

TEST_P(FullFamily, AsUpstream) {
  SKIP_WITHOUT_DATA();
  const std::string name = GetParam().name;
  const std::string path = testing::TempDir() + "vseal_" + name + ".safetensors";
  const Status written = write_filled(GetParam().sizes, path);
  ASSERT_TRUE(written.ok()) << written.message();
  expect_upstream(path, data_folder("golden") + name + ".golden.safetensors");
  std::filesystem::remove(path);
}

INSTANTIATE_TEST_SUITE_P(Golden, FullFamily, testing::ValuesIn(full_sizes()), [](const auto& test) {
  std::string name = test.param.name;
  std::ranges::replace(name, '.', '_');
  return name;
});

}  // namespace
}  // namespace vseal::models
