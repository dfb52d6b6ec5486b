#include "formats/graph_json.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

namespace vseal::formats {
namespace {

using graph::Graph;
using graph::Shape;
using graph::TensorId;
using testing::HasSubstr;

// A constant "2x3" is [2,3], "7" is [7].
Result<TensorId> constant_by_name(Graph& g, const std::string& name) {
  std::vector<int64_t> dims;
  for (const char c : name) {
    if (c == 'x') continue;
    if (c < '1' || c > '9') return corrupt_input("no tensor " + name);
    dims.push_back(c - '0');
  }
  const Shape shape(dims);
  const std::vector<float> zeros(static_cast<size_t>(shape.elements()));
  return g.add_constant(name, shape, zeros);
}

Result<Graph> read(const std::string& json) { return graph_from_json(json, constant_by_name); }

TEST(GraphJson, ReadsBackWhatItWrites) {
  Graph g;
  const TensorId x = g.add_input("x", {1, 8, 8, 2});
  const TensorId w = constant_by_name(g, "4x3x3x2").value(), b = constant_by_name(g, "4").value();
  const TensorId conv = g.add_op("conv",
                                 graph::Conv2d{.stride = 2,
                                               .pad = 1,
                                               .padding = graph::Padding::kReflect,
                                               .has_bias = true,
                                               .activation = graph::Activation::kSilu},
                                 {x, w, b})
                            .value();
  const TensorId ln = g.add_op("ln", graph::LayerNorm{0.1f}, {conv, b, b}).value();
  ASSERT_TRUE(g.add_output(ln).ok());
  const std::string json = graph_to_json(g).value();
  const Result<Graph> again = read(json);
  ASSERT_TRUE(again.ok()) << again.status().message();
  EXPECT_EQ(graph_to_json(*again).value(), json);
  const auto* attributes = again->ops()[0].as<graph::Conv2d>();
  ASSERT_NE(attributes, nullptr);
  EXPECT_EQ(attributes->stride, 2);
  EXPECT_EQ(attributes->padding, graph::Padding::kReflect);
  EXPECT_EQ(attributes->activation, graph::Activation::kSilu);
  EXPECT_EQ(again->ops()[1].as<graph::LayerNorm>()->epsilon, 0.1f) << "the same bits";
}

TEST(GraphJson, KeepsWhatIntegerOpsWrite) {
  Graph g;
  const TensorId x = g.add_input("x", {1, 8, 8, 2});
  const TensorId y = g.add_op("y", graph::Affine{2, -1}, {x}).value();
  const graph::ValueType type{graph::DType::kI8, 0.1f, -128};
  const TensorId q = g.add_op("q", graph::Quantize{}, {y}, type).value();
  const TensorId mean = g.add_op("mean", graph::SpatialMean{}, {q}, {}).value();
  ASSERT_TRUE(g.add_output(mean).ok());
  const std::string json = graph_to_json(g).value();
  const Result<Graph> again = read(json);
  ASSERT_TRUE(again.ok()) << again.status().message();
  EXPECT_EQ(graph_to_json(*again).value(), json);
  EXPECT_EQ(again->tensor(again->find("q")).type(), type) << "the same bits";
  const auto with = [](const std::string& entry) {
    return read(R"({"inputs":[{"name":"x","shape":[1,4]}],"ops":[{"op":"quantize","name":"q",)"
                R"("inputs":["x"],"type":{)" +
                entry + R"(}}],"outputs":["q"]})")
        .status()
        .message();
  };
  EXPECT_EQ(with(R"("dtype":"i8","scale":0.5)"), "");
  EXPECT_THAT(with(R"("dtype":"i8","scale":0)"), HasSubstr("output scale"));
  EXPECT_THAT(with(R"("dtype":"i8","zero_point":200)"), HasSubstr("an integer in -128..127"));
  EXPECT_THAT(with(R"("dtype":"i9")"), HasSubstr("expected a type"));
  EXPECT_THAT(with(R"("dtype":"i8","scales":2)"),
              HasSubstr("expected dtype, scale and zero_point"));
  EXPECT_THAT(with(R"("dtype":"f32")"), HasSubstr("output: expected i8, got f32"));
}

TEST(GraphJson, TwoTensorsOfOneNameCannotBeWritten) {
  Graph g;
  const TensorId x = g.add_input("x", {1, 8});
  ASSERT_TRUE(g.add_output(g.add_op("x", graph::Activate{}, {x}).value()).ok());
  EXPECT_THAT(graph_to_json(g).status().message(), HasSubstr("two tensors bear the name x"));
}

TEST(GraphJson, DefaultsAreLeftOut) {
  Graph g;
  const TensorId x = g.add_input("x", {1, 8});
  ASSERT_TRUE(g.add_output(g.add_op("y", graph::Activate{}, {x}).value()).ok());
  const auto json = nlohmann::json::parse(graph_to_json(g).value());
  EXPECT_EQ(json["ops"][0],
            nlohmann::json::parse(R"({"op":"activate","name":"y","inputs":["x"]})"));
}

struct Refused {
  const char* name;
  const char* message;
  const char* json;
};

void PrintTo(const Refused& graph, std::ostream* out) { *out << graph.name; }

class GraphRefused : public testing::TestWithParam<Refused> {};

TEST_P(GraphRefused, NamesTheFault) {
  const Result<Graph> graph = read(GetParam().json);
  ASSERT_FALSE(graph.ok());
  EXPECT_EQ(graph.status().code(), Code::kCorruptInput);
  EXPECT_THAT(graph.status().message(), HasSubstr(GetParam().message));
}

#define ONE_OP(op) \
  R"({"inputs":[{"name":"x","shape":[1,4,4,2]}],"ops":[)" op R"(],"outputs":["y"]})"

INSTANTIATE_TEST_SUITE_P(
    Cases, GraphRefused,
    testing::Values(
        Refused{"NoJson", "expected JSON", "{"}, Refused{"NoObject", "inputs", "[]"},
        Refused{"NoOps", "ops", R"({"inputs":[]})"},
        Refused{"UnknownOp", "known op", ONE_OP(R"({"op":"exec","name":"y","inputs":["x"]})")},
        Refused{"UnknownAttribute", "no other attributes",
                ONE_OP(R"({"op":"affine","name":"y","inputs":["x"],"scael":2})")},
        Refused{"AttributeOfOtherType", "y scale",
                ONE_OP(R"({"op":"affine","name":"y","inputs":["x"],"scale":"2"})")},
        Refused{"NegativePad", "y pad",
                ONE_OP(R"({"op":"depthwise_conv2d","name":"y","inputs":["x","3x3x2"],"pad":-1})")},
        Refused{"UnknownActivation", "y activation",
                ONE_OP(R"({"op":"activate","name":"y","inputs":["x"],"activation":"x"})")},
        Refused{"MissingTensor", "no tensor w",
                ONE_OP(R"({"op":"conv2d","name":"y","inputs":["x","w"]})")},
        Refused{"WrongShape", "weight",
                ONE_OP(R"({"op":"conv2d","name":"y","inputs":["x","2x3x3x5"]})")},
        Refused{"NameTwice", "one tensor of that name",
                ONE_OP(R"({"op":"affine","name":"x","inputs":["x"]})")},
        Refused{"NoInputs", "at least one input", ONE_OP(R"({"op":"add","name":"y","inputs":[]})")},
        Refused{
            "HugeMap", "2^30",
            ONE_OP(R"({"op":"tile","name":"y","inputs":["x"],"rows":1048576,"columns":1048576})")},
        Refused{"HugeInput", "2^30",
                R"({"inputs":[{"name":"x","shape":[1073741824,2]}],"ops":[],"outputs":["x"]})"},
        Refused{"ExtentZero", "list of extents",
                R"({"inputs":[{"name":"x","shape":[0]}],"ops":[],"outputs":["x"]})"},
        Refused{"NoOutputs", "outputs",
                R"({"inputs":[{"name":"x","shape":[1]}],"ops":[],"outputs":[]})"},
        Refused{"UnknownOutput", "output",
                R"({"inputs":[{"name":"x","shape":[1]}],"ops":[],"outputs":["z"]})"}),
    [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace vseal::formats
