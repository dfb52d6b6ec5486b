// What the checker of .onnx files passes, and what it refuses.
#include "formats/onnx/onnx.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>

#include "engine/random_graph.h"
#include "onnx.pb.h"

namespace vseal::formats {
namespace {

using testing::HasSubstr;

Status check(const std::string& bytes) { return check_onnx(std::as_bytes(std::span(bytes))); }

std::string temporary(const char* name) {
  const auto folder = std::filesystem::temp_directory_path();
  return (folder / (std::string("vseal_") + name + std::to_string(getpid()))).string();
}

// A written file: x [1,8,8,3] -> conv 3x3 of 40 channels (i8 with a scale each), ReLU -> y.
onnx::Model written_model() {
  graph::Graph graph;
  const auto x = graph.add_input("x", {1, 8, 8, 3});
  const std::vector<float> filter(40 * 9 * 3, 0.5f), bias(40, 0.25f);
  const auto w = graph.add_constant("filter", {40, 3, 3, 3}, filter);
  const auto b = graph.add_constant("bias", {40}, bias);
  const auto y = graph.add_op("y", graph::Conv2d{.pad = 1, .has_bias = true}, {x, *w, *b});
  EXPECT_TRUE(graph.add_output(*y).ok());
  const std::string path = temporary("onnx");
  const auto report = write_onnx(
      graph, path, {.precision = WeightPrecision::kDynamic, .if_exists = IfExists::kOverwrite});
  EXPECT_TRUE(report.ok()) << report.status().message();
  std::ifstream in(path, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(in)), {});
  std::filesystem::remove(path);
  onnx::Model model;
  EXPECT_TRUE(model.ParseFromString(bytes));
  return model;
}

onnx::Tensor& constant(onnx::Model& model, const std::string& name) {
  for (onnx::Tensor& tensor : *model.mutable_graph()->mutable_constants()) {
    if (tensor.name() == name) return tensor;
  }
  ADD_FAILURE() << name;
  return *model.mutable_graph()->add_constants();
}

TEST(CheckOnnx, PassesWhatIsWritten) {
  const onnx::Model model = written_model();
  EXPECT_EQ(model.op_sets(0).version(), 13);
  EXPECT_EQ(model.graph().nodes_size(), 2);
  const Status status = check(model.SerializeAsString());
  EXPECT_TRUE(status.ok()) << status.message();
}

struct Damage {
  const char* name;
  std::function<void(onnx::Model&)> inflict;
  const char* message;
};

const Damage kDamages[] = {
    {"scale_that_is_zero",
     [](onnx::Model& m) { constant(m, "filter.scale").mutable_raw()->replace(8, 4, 4, '\0'); },
     "[onnx node 0 DequantizeLinear] scales: expected positive ones, got 0"},
    {"scales_along_another_axis",
     [](onnx::Model& m) {
       m.mutable_graph()->mutable_nodes(0)->mutable_attributes(0)->set_integer(1);
     },
     "scales: expected one for each index of the axis, got 40 at axis 1"},
    {"zero_point_of_a_weight",
     [](onnx::Model& m) {
       onnx::Tensor& zero = *m.mutable_graph()->add_constants();
       zero.set_name("zero");
       zero.set_type(onnx::INT8);
       zero.set_raw("\1");
       m.mutable_graph()->mutable_nodes(0)->add_inputs("zero");
     },
     "zero points: expected 0"},
    {"filter_too_short", [](onnx::Model& m) { constant(m, "filter").mutable_raw()->pop_back(); },
     "constant \"filter\": expected 1080 bytes, got 1079"},
    {"bias_of_another_length",
     [](onnx::Model& m) {
       constant(m, "bias").set_dims(0, 39);
       constant(m, "bias").mutable_raw()->resize(39 * 4);
     },
     "[onnx node 1 Conv] bias"},
    {"unknown_input",
     [](onnx::Model& m) { m.mutable_graph()->mutable_nodes(1)->set_inputs(0, "nothing"); },
     "input: expected a value that is made, got \"nothing\""},
    {"read_before_it_is_made",
     [](onnx::Model& m) { m.mutable_graph()->mutable_nodes()->SwapElements(0, 1); },
     "a value that is made"},
    {"made_twice", [](onnx::Model& m) { m.mutable_graph()->mutable_nodes(1)->set_outputs(0, "x"); },
     "one that is made once, got \"x\""},
    {"unknown_op", [](onnx::Model& m) { m.mutable_graph()->mutable_nodes(1)->set_op("Sin"); },
     "op \"Sin\" is not one that vseal writes"},
    {"op_set_before_the_op",
     [](onnx::Model& m) { m.mutable_graph()->mutable_nodes(1)->set_op("LayerNormalization"); },
     "op set: expected 17 or later, got 13"},
    {"old_op_set", [](onnx::Model& m) { m.mutable_op_sets(0)->set_version(10); },
     "op set 13 to 18"},
    {"old_format", [](onnx::Model& m) { m.set_format_version(6); }, "format 6"},
    {"values_beside_no_file",
     [](onnx::Model& m) {
       onnx::Tensor& filter = constant(m, "filter");
       filter.clear_raw();
       filter.set_location(1);
       for (const auto& [key, value] : {std::pair("offset", "0"), std::pair("length", "1080")}) {
         onnx::Pair& pair = *filter.add_elsewhere();
         pair.set_key(key);
         pair.set_value(value);
       }
     },
     "1080 of the 0 bytes beside the file"},
    {"output_that_is_not_made",
     [](onnx::Model& m) { m.mutable_graph()->mutable_outputs(0)->set_name("z"); },
     "output: expected a value that is made, got \"z\""}};

class DamagedOnnx : public testing::TestWithParam<Damage> {};

TEST_P(DamagedOnnx, IsRefusedWithAReason) {
  onnx::Model model = written_model();
  GetParam().inflict(model);
  const Status status = check(model.SerializeAsString());
  EXPECT_FALSE(status.ok());
  EXPECT_THAT(status.message(), HasSubstr(GetParam().message));
}
INSTANTIATE_TEST_SUITE_P(All, DamagedOnnx, testing::ValuesIn(kDamages),
                         [](const auto& damage) { return std::string(damage.param.name); });

TEST(CheckOnnx, RefusesBytesThatAreNoModel) {
  const std::string sound = written_model().SerializeAsString();
  EXPECT_FALSE(check("").ok());
  EXPECT_FALSE(check(sound.substr(0, sound.size() / 2)).ok());
  for (size_t i = 0; i < sound.size(); ++i) {  // must answer, whatever it answers
    std::string flipped = sound;
    flipped[i] = static_cast<char>(~flipped[i]);
    EXPECT_NE(check(flipped).code(), Code::kInternal) << i;
  }
}

// Whatever graph there is: the file that is written passes its own check (or writing would fail).
TEST(WriteOnnx, TakesEveryOp) {
  const std::string path = temporary("onnx_any");
  for (unsigned seed = 1; seed <= 60; ++seed) {
    const graph::Graph graph = engine::test::RandomGraph(seed).graph;
    for (const auto precision :
         {WeightPrecision::kF32, WeightPrecision::kF16, WeightPrecision::kDynamic}) {
      const auto report =
          write_onnx(graph, path, {.precision = precision, .if_exists = IfExists::kOverwrite});
      ASSERT_TRUE(report.ok()) << seed << ": " << report.status().message();
    }
  }
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace vseal::formats
