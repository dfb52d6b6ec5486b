// The structure of nano models: sizes from tensors, permutations, and the files that are refused.
#include "models/nano.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <set>
#include <sstream>
#include <vector>

#include "base/log.h"
#include "graph/constant.h"
#include "models/model.h"

namespace vseal::models {
namespace {

using graph::Graph;
using graph::Shape;
using testing::HasSubstr;

// A small model's tensors in PyTorch's layout: cells of 2 px, width 4, 3 message channels, 2
// channels to fold, tiles of 2 x 2 cells, 5 bits, a picture of 16 px. Value i of a tensor is i, so
// that a permuted one shows where each value came from.
class SmallModel : public testing::Test {
 protected:
  void SetUp() override {
    cbr("embedder.stem", 4, 4);
    cbr("embedder.mix", 4, 7);
    block("embedder.body.0", 4);
    block("embedder.body.1", 4);
    add("embedder.out.weight", {4, 7, 3, 3});
    add("embedder.out.bias", {4});
    add("embedder.msg.weight", {12, 5});
    add("embedder.msg.bias", {12});
    cbr("detector.stem", 4, 4);
    block("detector.body.0", 4);
    add("detector.out.weight", {2, 4, 1, 1});
    add("detector.out.bias", {2});
    add("detector.head.weight", {5, 8});
    add("detector.head.bias", {5});
  }

  void TearDown() override { std::filesystem::remove(path_); }

  void add(const std::string& name, const Shape& shape) {
    std::vector<float> values(static_cast<size_t>(shape.elements()));
    for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i);
    tensors_[name] = {shape, std::move(values)};
  }
  void norm(const std::string& name, int64_t channels) {
    for (const char* part : {".weight", ".bias", ".running_mean", ".running_var"}) {
      add(name + part, {channels});
    }
  }
  void cbr(const std::string& name, int64_t oc, int64_t ic) {
    add(name + ".0.weight", {oc, ic, 3, 3});
    norm(name + ".1", oc);
  }
  void block(const std::string& name, int64_t channels) {
    cbr(name + ".a", channels, channels);
    add(name + ".b.weight", {channels, channels, 3, 3});
    norm(name + ".n", channels);
  }

  Result<std::shared_ptr<const Model>> load(const formats::Metadata& metadata) {
    std::vector<graph::Tensor> stored;
    for (const auto& [name, tensor] : tensors_) {
      const auto integers = integers_.find(name);
      const bool whole = integers != integers_.end();
      const auto bytes = whole ? std::as_bytes(std::span<const int8_t>(integers->second))
                               : std::as_bytes(std::span<const float>(tensor.second));
      stored.push_back({.name = name,
                        .dtype = whole ? graph::DType::kI8 : graph::DType::kF32,
                        .shape = tensor.first,
                        .data = {.bytes = bytes}});
    }
    const Status written =
        formats::write_safetensors(path_, IfExists::kOverwrite, metadata, std::move(stored));
    EXPECT_TRUE(written.ok()) << written.message();
    return load_model(path_);
  }
  Result<std::shared_ptr<const Model>> load(int bits = 5, int side = 16,
                                            const std::string& layout = "torch") {
    return load({{"card", fmt::format(R"({{"name":"small","family":"nano","layout":"{}",)"
                                      R"("bits":{},"processing_size":{},"strength":1}})",
                                      layout, bits, side)}});
  }
  std::string error_of(const Result<std::shared_ptr<const Model>>& model) {
    EXPECT_EQ(model.status().code(), Code::kCorruptInput);
    return model.status().message();
  }

  std::map<std::string, std::pair<Shape, std::vector<float>>> tensors_;
  std::map<std::string, std::vector<int8_t>> integers_;  // in place of the values in tensors_
  const std::string path_ = testing::TempDir() + "vseal_nano_test_" +
                            testing::UnitTest::GetInstance()->current_test_info()->name();
};

std::vector<float> values(const Graph& graph, const std::string& name) {
  const graph::F32Values values = graph::f32_values(graph.tensor(graph.find(name))).value();
  return {values.span().begin(), values.span().end()};
}

std::string shape(const Graph& graph, const std::string& name) {
  const graph::TensorId id = graph.find(name);
  return id == graph::kNoTensor ? "nothing" : graph.tensor(id).shape.text();
}

TEST_F(SmallModel, DerivesEverySizeFromTheTensors) {
  const auto model = load();
  ASSERT_TRUE(model.ok()) << model.status().message();
  const Graph& embedder = (*model)->embedder;
  ASSERT_EQ(embedder.inputs().size(), 2u);
  EXPECT_EQ(embedder.tensor(embedder.inputs()[0]).name, "luma");
  EXPECT_EQ(embedder.tensor(embedder.inputs()[1]).name, "message");
  ASSERT_EQ(embedder.outputs().size(), 1u);
  EXPECT_EQ(embedder.tensor(embedder.outputs()[0]).name, "residual");
  EXPECT_EQ(shape(embedder, "luma"), "[1,16,16,1]");
  EXPECT_EQ(shape(embedder, "message"), "[1,5]");
  EXPECT_EQ(shape(embedder, "cells"), "[1,8,8,4]");
  EXPECT_EQ(shape(embedder, "message_tile"), "[1,2,2,3]");
  EXPECT_EQ(shape(embedder, "message_map"), "[1,8,8,3]");
  EXPECT_EQ(shape(embedder, "body.1"), "[1,8,8,4]");
  EXPECT_EQ(shape(embedder, "body.2"), "nothing");
  EXPECT_EQ(shape(embedder, "residual"), "[1,16,16,1]");
  const Graph& detector = (*model)->detector;
  EXPECT_EQ(detector.inputs().size(), 1u);
  EXPECT_EQ(shape(detector, "features"), "[1,8,8,2]");
  EXPECT_EQ(shape(detector, "folded"), "[1,2,2,2]");
  EXPECT_EQ(shape(detector, "logits"), "[1,5]");
  EXPECT_EQ(detector.tensor(detector.outputs()[0]).name, "logits");
  EXPECT_TRUE(graph::verify(embedder).ok() && graph::verify(detector).ok());
}

TEST_F(SmallModel, PermutesPyTorchsAxes) {
  const auto model = load();
  ASSERT_TRUE(model.ok()) << model.status().message();
  const Graph& embedder = (*model)->embedder;
  EXPECT_EQ(shape(embedder, "embedder.mix.0.weight"), "[4,3,3,7]");
  const std::vector<float> filter = values(embedder, "embedder.mix.0.weight");
  const std::vector<float> message = values(embedder, "embedder.msg.weight");
  const std::vector<float> bias = values(embedder, "embedder.msg.bias");
  for (int oc = 0; oc < 4; ++oc)
    for (int k = 0; k < 9; ++k)
      for (int ic = 0; ic < 7; ++ic)
        ASSERT_EQ(filter[(oc * 9 + k) * 7 + ic], (oc * 7 + ic) * 9 + k);
  for (int cell = 0; cell < 4; ++cell)
    for (int channel = 0; channel < 3; ++channel) {
      ASSERT_EQ(bias[cell * 3 + channel], channel * 4 + cell);
      for (int bit = 0; bit < 5; ++bit)
        ASSERT_EQ(message[(cell * 3 + channel) * 5 + bit], (channel * 4 + cell) * 5 + bit);
    }
  const std::vector<float> head = values((*model)->detector, "detector.head.weight");
  for (int bit = 0; bit < 5; ++bit)
    for (int cell = 0; cell < 4; ++cell)
      for (int channel = 0; channel < 2; ++channel)
        ASSERT_EQ(head[bit * 8 + cell * 2 + channel], bit * 8 + channel * 4 + cell);
}

TEST_F(SmallModel, NhwcFilesAreNotCopied) {
  for (auto& [name, tensor] : tensors_) {
    const Shape s = tensor.first;
    if (s.rank() == 4) tensor.first = Shape{s[0], s[2], s[3], s[1]};
  }
  const auto model = load(5, 16, "nhwc");
  ASSERT_TRUE(model.ok()) << model.status().message();
  std::set<const void*> owners;
  for (const Graph* graph : {&(*model)->embedder, &(*model)->detector}) {
    for (const graph::Tensor& tensor : graph->tensors()) {
      if (tensor.is_constant()) owners.insert(tensor.data.owner.get());
    }
  }
  EXPECT_EQ(owners.size(), 1u) << "all constants are views of the one mapping";
  EXPECT_EQ(values((*model)->embedder, "embedder.mix.0.weight")[100], 100.0f);
}

TEST_F(SmallModel, IntegerRowsAreScaled) {
  for (auto& [name, tensor] : tensors_) {
    const Shape s = tensor.first;
    if (s.rank() == 4) tensor.first = Shape{s[0], s[2], s[3], s[1]};
  }
  for (const char* name : {"embedder.mix.0.weight", "embedder.msg.weight"}) {
    const Shape& s = tensors_[name].first;
    integers_[name].assign(static_cast<size_t>(s.elements()), -3);
    EXPECT_THAT(error_of(load(5, 16, "nhwc")), HasSubstr(".scale\": expected a tensor"));
    add(std::string(name) + ".scale", {s[0]});
  }
  const auto model = load(5, 16, "nhwc");
  ASSERT_TRUE(model.ok()) << model.status().message();
  EXPECT_EQ((*model)->unused.size(), 0u);
  EXPECT_EQ(values((*model)->embedder, "embedder.mix.0.weight")[2 * 63 + 1], -6.0f);
  EXPECT_EQ(values((*model)->embedder, "embedder.msg.weight")[11 * 5], -33.0f);
  integers_["detector.head.bias"] = {1, 2, 3, 4, 5};
  add("detector.head.bias.scale", {5});
  EXPECT_THAT(error_of(load(5, 16, "nhwc")),
              HasSubstr("detector.head.bias\": expected floating numbers, got i8"));
}

TEST_F(SmallModel, LogsTensorsThatItDoesNotUse) {
  std::string logged;
  set_log_sink([&](LogLevel, std::string_view message) { logged += message; });
  EXPECT_TRUE(load().ok());
  EXPECT_EQ(logged, "");
  add("embedder.body.7.a.0.weight", {1});
  EXPECT_TRUE(load().ok());
  set_log_sink({});
  EXPECT_THAT(logged, HasSubstr("small: 1 tensors are not used: \"embedder.body.7.a.0.weight\""));
}

TEST_F(SmallModel, EveryTensorIsNeededInItsShape) {
  const auto tensors = tensors_;
  for (const auto& [name, tensor] : tensors) {
    // Without its first filter a block is not counted, and the rest of it is left unused.
    const bool counts = name.find("body.") != std::string::npos && name.ends_with(".a.0.weight");
    tensors_.erase(name);
    if (!counts) {
      EXPECT_THAT(error_of(load()), HasSubstr("\"" + name + "\": expected a tensor, got nothing"));
    }
    std::vector<int64_t> dims(tensor.first.dims().begin(), tensor.first.dims().end());
    dims.back() += 1;
    add(name, Shape(dims));
    EXPECT_THAT(error_of(load()), HasSubstr(name)) << Shape(dims).text();
    tensors_ = tensors;
  }
}

TEST_F(SmallModel, CardAndTensorsMustAgree) {
  EXPECT_THAT(error_of(load(6)), HasSubstr("\"embedder.msg.weight\": expected [12,6], got [12,5]"));
  EXPECT_THAT(error_of(load(5, 17)), HasSubstr("embedder.stem.0.weight"));
  EXPECT_THAT(error_of(load(5, 18)), HasSubstr("T dividing 9"));
  EXPECT_THAT(error_of(load(formats::Metadata{})), HasSubstr("card"));
}

// A damaged header or card gives a model or an error that names what is wrong, never a bug of ours.
TEST_F(SmallModel, SurvivesDamage) {
  ASSERT_TRUE(load().ok());
  std::ostringstream contents;
  contents << std::ifstream(path_, std::ios::binary).rdbuf();
  const std::string good = contents.str();
  std::mt19937 random(1);
  for (int round = 0; round < 2000; ++round) {
    std::string damaged = good;
    damaged[8 + random() % 6000] = static_cast<char>('0' + random() % 10);
    std::ofstream(path_, std::ios::binary) << damaged;
    const auto model = load_model(path_);
    if (model.ok()) continue;
    EXPECT_NE(model.status().code(), Code::kInternal) << model.status().message();
    EXPECT_THAT(model.status().message(), HasSubstr("["));
  }
}

TEST_F(SmallModel, RefusesOddTilesAndWidths) {
  add("embedder.stem.0.weight", {4, 5, 3, 3});
  EXPECT_THAT(error_of(load()), HasSubstr("embedder.stem.0.weight\": expected input channels b*b"));
  add("embedder.stem.0.weight", {4, 4, 3, 3});
  add("embedder.msg.weight", {15, 5});
  EXPECT_THAT(error_of(load()), HasSubstr("embedder.msg.weight\": expected 3 channels by T*T"));
  add("embedder.msg.weight", {12, 5});
  add("embedder.mix.0.weight", {4, 4, 3, 3});
  EXPECT_THAT(error_of(load()), HasSubstr("embedder.mix.0.weight\": expected more than 4"));
  add("embedder.mix.0.weight", {4, 7, 2, 2});
  EXPECT_THAT(error_of(load()), HasSubstr("a square filter"));
}

class DefaultModel : public testing::TestWithParam<DefaultForm> {};

TEST_P(DefaultModel, IsNano128WithoutACopy) {
  std::string logged;
  set_log_sink([&](LogLevel, std::string_view message) { logged += message; });
  const auto model = default_model(GetParam());
  set_log_sink({});
  ASSERT_TRUE(model.ok()) << model.status().message();
  EXPECT_EQ(logged, "");
  const Card& card = (*model)->card;
  EXPECT_EQ(card.name, "nano128");
  EXPECT_EQ(card.bits, 128);
  EXPECT_EQ(card.processing_size, 256);
  EXPECT_THAT(card.licence, HasSubstr("MIT"));
  EXPECT_EQ(card.gain_reference, 8.0f / 255.0f);
  EXPECT_TRUE(card.heatmap.replicate_sobel_border);
  EXPECT_TRUE(card.real_valued_message);
  EXPECT_EQ(default_model(GetParam())->get(), model->get());
  for (const graph::Tensor& tensor : (*model)->embedder.tensors()) {
    EXPECT_EQ(tensor.data.owner, nullptr) << tensor.name << " was copied";
  }
  // What the training counted; of integers, the first convolution reads twice the channels.
  const double stem = GetParam() == DefaultForm::kInt8 ? 9.0 * 64 * 96 * 32 * 32 : 0;
  EXPECT_NEAR(graph::multiply_adds((*model)->embedder), 586.2e6 + stem, 0.05e6);
  EXPECT_NEAR(graph::multiply_adds((*model)->detector), 570.4e6 + stem, 0.05e6);
}

INSTANTIATE_TEST_SUITE_P(Forms, DefaultModel,
                         testing::Values(DefaultForm::kInt8, DefaultForm::kF32),
                         [](const auto& test) {
                           return test.param == DefaultForm::kInt8 ? "Int8" : "F32";
                         });

TEST(DefaultModelInIntegers, TakesNoOptions) {
  const auto model = default_model(DefaultForm::kInt8, {.card = "", .processing_size = 512});
  EXPECT_THAT(model.status().message(), HasSubstr("processing size of a .vseal file are fixed"));
  EXPECT_TRUE(default_model(DefaultForm::kF32, {.card = "", .processing_size = 512}).ok());
}

}  // namespace
}  // namespace vseal::models
