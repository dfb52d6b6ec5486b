// Networks of integers as files: every op is written, and one scale that was altered is refused.
#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "formats/integer_graphs.h"
#include "formats/onnx/onnx.h"
#include "formats/onnx/onnx_target.h"
#include "formats/tflite/tflite.h"
#include "tflite_generated.h"

namespace vseal::formats {
namespace {

const NetworkFileOptions kOptions{.precision = WeightPrecision::kInt8,
                                  .if_exists = IfExists::kOverwrite};

template <typename Write>
std::string written(const graph::Graph& graph, Write write,
                    const NetworkFileOptions& options = kOptions) {
  const auto folder = std::filesystem::temp_directory_path();
  const std::string path = (folder / ("vseal_integers" + std::to_string(getpid()))).string();
  const auto report = write(graph, path, options);
  EXPECT_TRUE(report.ok()) << report.status().message();
  std::ifstream in(path, std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(in)), {});
  std::filesystem::remove(path);
  return bytes;
}

std::string pack(const tflite::ModelT& model) {
  flatbuffers::FlatBufferBuilder builder;
  tflite::FinishModelBuffer(builder, tflite::Model::Pack(builder, &model));
  return {reinterpret_cast<const char*>(builder.GetBufferPointer()), builder.GetSize()};
}

Status check(const tflite::ModelT& model) {
  const std::string bytes = pack(model);
  return check_tflite(std::as_bytes(std::span(bytes)));
}

TEST(Integers, EveryOpIsWritten) {
  for (const auto& [name, graph] : test::integer_graphs()) {
    SCOPED_TRACE(name);
    EXPECT_FALSE(written(graph, write_tflite).empty());
    EXPECT_FALSE(written(graph, write_onnx).empty());
  }
}

// Convolutions whose filter is not i8.
int wide_filters(const std::string& bytes) {
  tflite::ModelT model;
  tflite::GetModel(bytes.data())->UnPackTo(&model);
  int wide = 0;
  for (const auto& op : model.subgraphs[0]->operators) {
    if (model.operator_codes[op->code_index]->code != tflite::Code::Conv2D) continue;
    const auto filter = static_cast<size_t>(op->inputs[1]);
    wide += model.subgraphs[0]->tensors[filter]->type == tflite::TensorType::Int8 ? 0 : 1;
  }
  return wide;
}

// All but those of sums that are rounded to units of others, and of products that a quantiser left
// in f32 for their worth; in dynamic files those too.
TEST(Integers, TfliteFiltersAreIntegers) {
  NetworkFileOptions dynamic = kOptions;
  dynamic.precision = WeightPrecision::kDynamic;
  for (const auto& [name, graph] : test::integer_graphs()) {
    const int exact = name == "conv_tiles" || name == "kept_conv" ? 1 : 0;
    EXPECT_EQ(wide_filters(written(graph, write_tflite)), exact) << name;
    if (name != "kept_conv") continue;
    EXPECT_EQ(wide_filters(written(graph, write_tflite, dynamic)), 0);
  }
}

TEST(Integers, TfliteRefusesAnyScaleThatWasAltered) {
  for (const auto& [name, graph] : test::integer_graphs()) {
    const std::string bytes = written(graph, write_tflite);
    tflite::ModelT model;
    tflite::GetModel(bytes.data())->UnPackTo(&model);
    ASSERT_TRUE(check(model).ok()) << name;
    for (auto& tensor : model.subgraphs[0]->tensors) {
      if (tensor->quantization == nullptr) continue;
      float& scale = tensor->quantization->scale.back();
      const float before = scale;
      scale *= 1.01f;
      const Status status = check(model);
      EXPECT_EQ(status.code(), Code::kCorruptInput) << name << ": " << tensor->name;
      scale = before;
    }
  }
}

TEST(Integers, OnnxRefusesAnyScaleThatWasAltered) {
  for (const auto& [name, graph] : test::integer_graphs()) {
    onnx::Model model;
    ASSERT_TRUE(model.ParseFromString(written(graph, write_onnx)));
    const std::set<std::string> scales = onnx_scales(model);
    for (onnx::Tensor& constant : *model.mutable_graph()->mutable_constants()) {
      if (!scales.contains(constant.name())) continue;
      constant.mutable_raw()->front() ^= 1;
      const std::string bytes = model.SerializeAsString();
      const Status status = check_onnx(std::as_bytes(std::span(bytes)));
      EXPECT_EQ(status.code(), Code::kCorruptInput) << name << ": " << constant.name();
      constant.mutable_raw()->front() ^= 1;
    }
  }
}

// Without the sum, rules find what is tied to something else, and say what.
TEST(Integers, RulesNameWhatDoesNotFit) {
  const auto graphs = test::integer_graphs();
  const auto conv = std::ranges::find(graphs, "conv", [](const auto& g) { return g.first; });
  onnx::Model model;
  ASSERT_TRUE(model.ParseFromString(written(conv->second, write_onnx)));
  model.clear_metadata();
  for (onnx::Tensor& constant : *model.mutable_graph()->mutable_constants()) {
    if (!constant.name().starts_with("scale.")) continue;
    constant.mutable_raw()->at(2) ^= 0x20;
    const std::string bytes = model.SerializeAsString();
    EXPECT_THAT(check_onnx(std::as_bytes(std::span(bytes))).message(),
                testing::HasSubstr("Conv] bias scale 0: expected"));
    return;
  }
  FAIL() << "no scale";
}

}  // namespace
}  // namespace vseal::formats
