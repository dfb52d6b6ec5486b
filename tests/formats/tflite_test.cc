// What the checker of .tflite files passes, and what it refuses.
#include "formats/tflite/tflite.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <functional>

#include "engine/random_graph.h"
#include "formats/tflite_builder.h"

namespace vseal::formats {
namespace {

using namespace tflite;  // NOLINT: the generated types
using testing::AllOf;
using testing::HasSubstr;

Status check(const HandMade& model) {
  const std::string bytes = model.bytes();
  return check_tflite(std::as_bytes(std::span(bytes)));
}

// i8: x -> conv 3x3 (a scale for each of three channels) -> y; z = concat(y, other); t = tanh(z).
// Tensors: 0 x, 1 filter, 2 bias, 3 y, 4 other, 5 z, 6 t.
HandMade sound_model() {
  HandMade m;
  m.tensor("x", TensorType::Int8, {1, 4, 4, 2}, {{0.5f}, {-3}});
  std::vector<int8_t> filter(3 * 3 * 3 * 2, 100);
  m.constant("filter", TensorType::Int8, {3, 3, 3, 2}, filter,
             {{0.01f, 0.02f, 0.03f}, {0, 0, 0}, 0});
  m.constant<int32_t>("bias", TensorType::Int32, {3}, {1, 2, 3},
                      {{0.5f * 0.01f, 0.5f * 0.02f, 0.5f * 0.03f}, {0, 0, 0}, 0});
  m.tensor("y", TensorType::Int8, {1, 4, 4, 3}, {{0.25f}, {7}});
  m.tensor("other", TensorType::Int8, {1, 4, 4, 1}, {{0.25f}, {7}});
  m.tensor("z", TensorType::Int8, {1, 4, 4, 4}, {{0.25f}, {7}});
  m.tensor("t", TensorType::Int8, {1, 4, 4, 4}, {{1.0f / 128}, {0}});
  Conv2DOptionsT conv;
  conv.stride_width = conv.stride_height = 1;
  m.op(Code::Conv2D, 3, options_of(std::move(conv)), {0, 1, 2}, 3);
  ConcatenationOptionsT concat;
  concat.axis = 3;
  m.op(Code::Concatenation, 2, options_of(std::move(concat)), {3, 4}, 5);
  m.op(Code::Tanh, 2, {}, {5}, 6);
  m.input(0);
  m.input(4);
  m.output(6);
  return m;
}

TEST(CheckTflite, PassesASoundModel) {
  const Status status = check(sound_model());
  EXPECT_TRUE(status.ok()) << status.message();
}

struct Damage {
  const char* name;
  std::function<void(HandMade&)> inflict;
  const char* message;
};

QuantizationT& scales(HandMade& m, size_t tensor) {
  return *m.graph().tensors[tensor]->quantization;
}
OperatorT& op(HandMade& m, size_t i) { return *m.graph().operators[i]; }

const Damage kDamages[] = {
    {"bias_scale", [](HandMade& m) { scales(m, 2).scale[1] *= 1.01f; },
     "[tflite op 0 Conv2D] bias: expected scale 0.0"},
    {"bias_zero_point", [](HandMade& m) { scales(m, 2).zero_point[2] = 1; }, "bias: expected"},
    {"weight_scale", [](HandMade& m) { scales(m, 1).scale[0] *= 1.01f; }, "bias: expected"},
    {"weight_zero_point", [](HandMade& m) { scales(m, 1).zero_point[0] = 2; },
     "weight: expected zero points of 0, got 2"},
    {"weight_of_minus_128", [](HandMade& m) { m.model().buffers[1]->data[5] = 0x80; },
     "weight: expected -127..127, got -128"},
    {"scales_along_another_axis",
     [](HandMade& m) {
       m.graph().tensors[1]->shape = {3, 3, 2, 3};
       scales(m, 1).axis = 3;
       m.graph().tensors[0]->shape = {1, 4, 4, 3};
     },
     "weight: expected scales along axis 0, got 3 scales"},
    {"accumulator",
     [](HandMade& m) {
       const std::vector<uint8_t> most = {0xff, 0xff, 0xff, 0x7f};
       std::ranges::copy(most, m.model().buffers[2]->data.begin());
     },
     "accumulator of channel 0: expected at most 2^31 - 1"},
    {"concat_of_another_scale", [](HandMade& m) { scales(m, 4).scale[0] = 0.125f; },
     "[tflite op 1 Concatenation] i8 other: expected scale 0.25, zero point 7 as of the output"},
    {"concat_of_another_zero_point", [](HandMade& m) { scales(m, 4).zero_point[0] = 0; },
     "Concatenation] i8 other"},
    {"tanh_of_a_free_scale", [](HandMade& m) { scales(m, 6).scale[0] = 0.01f; },
     "[tflite op 2 Tanh] output: expected scale 0.0078125, zero point 0"},
    {"negative_scale", [](HandMade& m) { scales(m, 0).scale[0] = -1.0f; },
     "expected positive scales"},
    {"no_scale", [](HandMade& m) { m.graph().tensors[4]->quantization.reset(); },
     "i8 other: expected"},
    {"zero_point_that_i8_cannot_hold", [](HandMade& m) { scales(m, 0).zero_point[0] = 200; },
     "a zero point in -128..127"},
    {"version_too_low", [](HandMade& m) { m.model().operator_codes[0]->version = 1; },
     "version: expected 3 or later, got 1"},
    {"read_before_written", [](HandMade& m) { std::swap(op(m, 0).outputs, op(m, 1).outputs); },
     "expected"},
    {"index_out_of_range", [](HandMade& m) { op(m, 1).inputs[0] = 99; },
     "expected one of 7 tensors, got 99"},
    {"shape",
     [](HandMade& m) {
       m.graph().tensors[5]->shape = {1, 4, 4, 5};
     },
     "output z: expected [1,4,4,4], got [1,4,4,5]"},
    {"data_too_short", [](HandMade& m) { m.model().buffers[1]->data.pop_back(); },
     "data of \"filter\": expected 54 bytes, got 53"},
    {"unknown_op",
     [](HandMade& m) {
       m.model().operator_codes[2]->code = static_cast<Code>(140);
       m.model().operator_codes[2]->short_code = 127;
     },
     "code 140 is not one that vseal writes"},
    {"signature_names_another_tensor",
     [](HandMade& m) { m.model().signatures[0]->outputs[0]->tensor = 5; },
     "signature: expected a name for each input and output"},
    {"no_output", [](HandMade& m) { m.graph().outputs.clear(); }, "graph outputs"}};

class DamagedTflite : public testing::TestWithParam<Damage> {};

TEST_P(DamagedTflite, IsRefusedWithAReason) {
  HandMade model = sound_model();
  GetParam().inflict(model);
  const Status status = check(model);
  EXPECT_FALSE(status.ok());
  EXPECT_THAT(status.message(), HasSubstr(GetParam().message));
}
INSTANTIATE_TEST_SUITE_P(All, DamagedTflite, testing::ValuesIn(kDamages),
                         [](const auto& damage) { return std::string(damage.param.name); });

TEST(CheckTflite, RefusesThePublishedFailures) {
  for (const TensorType type : {TensorType::Float32, TensorType::Int8}) {
    EXPECT_THAT(check(broadcast_model(type, true)).message(),
                HasSubstr("BroadcastTo] shape: expected one whose extents are 1 or those of "
                          "[1,3,3,4], got [1,4,1,1]"));
    EXPECT_TRUE(check(broadcast_model(type, false)).ok());
  }
  EXPECT_THAT(check(matmul_model(true)).message(), HasSubstr("f32 and i8 weights on the right"));
  EXPECT_TRUE(check(matmul_model(false)).ok());
}

TEST(CheckTflite, RefusesBytesThatAreNoModel) {
  const std::string sound = sound_model().bytes();
  for (size_t size = 0; size < sound.size(); size += 7) {
    EXPECT_FALSE(check_tflite(std::as_bytes(std::span(sound).first(size))).ok()) << size;
  }
  for (size_t i = 0; i < sound.size(); ++i) {  // must answer, whatever it answers
    std::string flipped = sound;
    flipped[i] = static_cast<char>(~flipped[i]);
    const Status status = check_tflite(std::as_bytes(std::span(flipped)));
    EXPECT_NE(status.code(), vseal::Code::kInternal) << i;
  }
}

// Whatever graph there is: the file that is written passes its own check (or writing would fail).
TEST(WriteTflite, TakesEveryOp) {
  const std::string path =
      (std::filesystem::temp_directory_path() / ("vseal_tflite_" + std::to_string(getpid())))
          .string();
  for (unsigned seed = 1; seed <= 60; ++seed) {
    const graph::Graph graph = engine::test::RandomGraph(seed).graph;
    for (const auto precision :
         {WeightPrecision::kF32, WeightPrecision::kF16, WeightPrecision::kDynamic}) {
      const auto report =
          write_tflite(graph, path, {.precision = precision, .if_exists = IfExists::kOverwrite});
      ASSERT_TRUE(report.ok()) << seed << ": " << report.status().message();
    }
  }
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace vseal::formats
