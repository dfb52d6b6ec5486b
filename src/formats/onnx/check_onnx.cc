#include <fmt/format.h>
#include <google/protobuf/io/coded_stream.h>

#include <charconv>
#include <cmath>
#include <cstring>
#include <map>
#include <unordered_map>

#include "formats/lowering/scale_sum.h"
#include "formats/onnx/onnx.h"
#include "formats/onnx/onnx_target.h"

namespace vseal::formats {
namespace {

using onnx::Node;
using onnx::Tensor;

constexpr int kMostRank = 8;

struct OpRule {
  int64_t since;  // op set
  int least_inputs;
  int most_inputs;
};

// The ops that vseal writes, with the op set in which they became what is written.
const std::unordered_map<std::string, OpRule>& rules() {
  static const std::unordered_map<std::string, OpRule> kRules = {{"Add", {7, 2, 2}},
                                                                 {"Cast", {9, 1, 1}},
                                                                 {"Ceil", {6, 1, 1}},
                                                                 {"Concat", {4, 1, 1 << 20}},
                                                                 {"Conv", {1, 2, 3}},
                                                                 {"DepthToSpace", {11, 1, 1}},
                                                                 {"DequantizeLinear", {13, 2, 3}},
                                                                 {"Div", {7, 2, 2}},
                                                                 {"Erf", {9, 1, 1}},
                                                                 {"Exp", {6, 1, 1}},
                                                                 {"Identity", {1, 1, 1}},
                                                                 {"LayerNormalization", {17, 2, 3}},
                                                                 {"Log", {6, 1, 1}},
                                                                 {"MatMul", {1, 2, 2}},
                                                                 {"Max", {8, 1, 1 << 20}},
                                                                 {"Min", {8, 1, 1 << 20}},
                                                                 {"Mul", {7, 2, 2}},
                                                                 {"QuantizeLinear", {13, 3, 3}},
                                                                 {"ReduceMean", {13, 1, 1}},
                                                                 {"ReduceSum", {13, 1, 2}},
                                                                 {"Relu", {6, 1, 1}},
                                                                 {"Reshape", {5, 2, 2}},
                                                                 {"Resize", {13, 1, 4}},
                                                                 {"Round", {11, 1, 1}},
                                                                 {"Sigmoid", {6, 1, 1}},
                                                                 {"Slice", {10, 3, 5}},
                                                                 {"Softmax", {13, 1, 1}},
                                                                 {"SpaceToDepth", {1, 1, 1}},
                                                                 {"Sqrt", {6, 1, 1}},
                                                                 {"Sub", {7, 2, 2}},
                                                                 {"Tanh", {6, 1, 1}},
                                                                 {"Transpose", {1, 1, 1}}};
  return kRules;
}

size_t element_bytes(int32_t type) {
  switch (type) {
    case onnx::FLOAT:
    case onnx::INT32:
      return 4;
    case onnx::FLOAT16:
      return 2;
    case onnx::INT64:
      return 8;
    case onnx::INT8:
    case onnx::UINT8:
      return 1;
    default:
      return 0;
  }
}

Status model_fault(const std::string& what, const std::string& expected, const std::string& got) {
  return corrupt_input(fmt::format("[onnx] {}: expected {}, got {}", what, expected, got));
}

class ModelCheck {
 public:
  ModelCheck(const onnx::Model& model, int64_t outside_bytes)
      : model_(model), outside_bytes_(outside_bytes) {}

  Status run() {
    VSEAL_RETURN_IF_ERROR(check_versions());
    for (const Tensor& constant : model_.graph().constants()) {
      VSEAL_RETURN_IF_ERROR(take_constant(constant));
    }
    for (const onnx::Value& input : model_.graph().inputs()) {
      VSEAL_RETURN_IF_ERROR(check_value(input));
      if (!made_.emplace(input.name(), nullptr).second) return made_twice(input.name());
    }
    for (int i = 0; i < model_.graph().nodes_size(); ++i) {
      index_ = i;
      VSEAL_RETURN_IF_ERROR(check_node(model_.graph().nodes(i)));
    }
    VSEAL_RETURN_IF_ERROR(check_scale_sum());
    if (model_.graph().outputs_size() == 0) return model_fault("outputs", "at least 1", "none");
    for (const onnx::Value& output : model_.graph().outputs()) {
      VSEAL_RETURN_IF_ERROR(check_value(output));
      if (made_.contains(output.name())) continue;
      return model_fault("output", "a value that is made", quote(output.name()));
    }
    return {};
  }

 private:
  Status check_versions() {
    if (model_.op_sets_size() != 1 || !model_.op_sets(0).domain().empty()) {
      return model_fault("op sets", "the standard one", fmt::to_string(model_.op_sets_size()));
    }
    op_set_ = model_.op_sets(0).version();
    // The format's version in which this op set came.
    const int64_t format = op_set_ >= 15 ? 8 : 7;
    if (op_set_ < 13 || op_set_ > 18 || model_.format_version() < format) {
      return model_fault("versions", "op set 13 to 18 and a format that has it",
                         fmt::format("op set {}, format {}", op_set_, model_.format_version()));
    }
    return {};
  }

  // Files with values outside of them say nothing here of scales that lie there.
  Status check_scale_sum() const {
    ScaleSum sum;
    const std::set<std::string> names = onnx_scales(model_);
    for (const Tensor& constant : model_.graph().constants()) {
      if (constant.location() != 0) return {};
      if (names.contains(constant.name())) sum.add(std::as_bytes(std::span(constant.raw())));
    }
    for (const onnx::Pair& pair : model_.metadata()) {
      if (pair.key() != kScaleSumKey || pair.value() == sum.text()) continue;
      return model_fault("scales and zero points",
                         "those that were written, of sum " + quote(pair.value()),
                         quote(sum.text()));
    }
    return {};
  }

  static Status made_twice(const std::string& name) {
    return model_fault("name", "one that is made once", quote(name));
  }

  static Status check_value(const onnx::Value& value) {
    const onnx::Value::TensorType& tensor = value.type().tensor();
    const bool known = tensor.element() == onnx::FLOAT || tensor.element() == onnx::INT8 ||
                       tensor.element() == onnx::UINT8;
    bool sound = !value.name().empty() && known && tensor.shape().dimensions_size() <= kMostRank;
    for (const auto& dimension : tensor.shape().dimensions()) {
      sound = sound && dimension.extent() >= 1;
    }
    if (sound) return {};
    return model_fault("input or output " + quote(value.name()), "f32, i8 or u8 of fixed extents",
                       "another");
  }

  Status take_constant(const Tensor& constant) {
    const std::string what = "constant " + quote(constant.name());
    std::vector<int64_t> dims(constant.dims().begin(), constant.dims().end());
    const Result<int64_t> elements = graph::Shape(std::move(dims)).checked_elements();
    const size_t unit = element_bytes(constant.type());
    if (!elements.ok() || unit == 0 || constant.dims_size() > kMostRank) {
      return model_fault(what, "a known type and sound extents", fmt::to_string(constant.type()));
    }
    const int64_t bytes = *elements * static_cast<int64_t>(unit);
    if (constant.location() == 0) {
      if (static_cast<int64_t>(constant.raw().size()) != bytes) {
        return model_fault(what, fmt::format("{} bytes", bytes),
                           fmt::to_string(constant.raw().size()));
      }
    } else {
      VSEAL_RETURN_IF_ERROR(check_outside(constant, bytes));
    }
    if (!made_.emplace(constant.name(), &constant).second) return made_twice(constant.name());
    return {};
  }

  Status check_outside(const Tensor& constant, int64_t bytes) const {
    int64_t offset = -1, length = -1;
    for (const onnx::Pair& pair : constant.elsewhere()) {
      const char* end = pair.value().data() + pair.value().size();
      if (pair.key() == "offset") std::from_chars(pair.value().data(), end, offset);
      if (pair.key() == "length") std::from_chars(pair.value().data(), end, length);
    }
    if (length == bytes && offset >= 0 && offset <= outside_bytes_ - length) return {};
    return model_fault("constant " + quote(constant.name()),
                       fmt::format("{} of the {} bytes beside the file", bytes, outside_bytes_),
                       fmt::format("{} at {}", length, offset));
  }

  Status fault(const Node& node, const std::string& what, const std::string& expected,
               const std::string& got) const {
    return corrupt_input(fmt::format("[onnx node {} {}] {}: expected {}, got {}", index_, node.op(),
                                     what, expected, got));
  }

  // The constant behind an input, or null for a computed value.
  const Tensor* constant(const Node& node, int i) const {
    return i < node.inputs_size() ? made_.at(node.inputs(i)) : nullptr;
  }

  Status check_node(const Node& node) {
    const auto rule = rules().find(node.op());
    if (rule == rules().end()) {
      return unsupported(fmt::format("[onnx node {}] op {} is not one that vseal writes", index_,
                                     quote(node.op())));
    }
    if (rule->second.since > op_set_) {
      return fault(node, "op set", fmt::format("{} or later", rule->second.since),
                   fmt::to_string(op_set_));
    }
    if (node.inputs_size() < rule->second.least_inputs ||
        node.inputs_size() > rule->second.most_inputs || node.outputs_size() != 1) {
      return fault(node, "inputs and outputs", "as many as it has",
                   fmt::format("{} and {}", node.inputs_size(), node.outputs_size()));
    }
    for (const std::string& input : node.inputs()) {
      if (input.empty() && node.op() == "Resize") continue;
      if (!made_.contains(input)) return fault(node, "input", "a value that is made", quote(input));
    }
    if (node.op() == "Conv") VSEAL_RETURN_IF_ERROR(check_conv(node));
    if (node.op() == "DequantizeLinear") VSEAL_RETURN_IF_ERROR(check_dequantize(node));
    if (node.op() == "QuantizeLinear") VSEAL_RETURN_IF_ERROR(check_rounding(node));
    note_scale(node);
    // A constant made wide keeps its extents.
    const bool widens = node.op() == "DequantizeLinear" || node.op() == "Cast";
    if (!made_.emplace(node.outputs(0), widens ? constant(node, 0) : nullptr).second) {
      return made_twice(node.outputs(0));
    }
    return {};
  }

  Status check_conv(const Node& node) const {
    const Tensor* filter = constant(node, 1);
    const Tensor* bias = constant(node, 2);
    if (filter == nullptr) return {};
    if (filter->dims_size() != 4) {
      return fault(node, "filter", "rank 4", fmt::to_string(filter->dims_size()));
    }
    if (bias == nullptr) return {};
    if (bias->dims_size() != 1 || bias->dims(0) != filter->dims(0)) {
      return fault(node, "bias", fmt::format("{} values", filter->dims(0)), "another number");
    }
    return bias->type() == onnx::INT32 ? check_bias_scale(node) : Status();
  }

  // A bias of integers is in units of the input's scale times the filter's.
  Status check_bias_scale(const Node& node) const {
    const auto input = scales_.find(node.inputs(0));
    const auto filter = scales_.find(node.inputs(1)), bias = scales_.find(node.inputs(2));
    if (input == scales_.end() || filter == scales_.end() || bias == scales_.end() ||
        input->second.size() != 1 || filter->second.size() != bias->second.size()) {
      return fault(node, "bias", "integers beside an input and a filter of integers", "others");
    }
    for (size_t o = 0; o < bias->second.size(); ++o) {
      const double expected = double{input->second[0]} * filter->second[o];
      if (std::abs(bias->second[o] - expected) <= 1e-5 * expected) continue;
      return fault(node, fmt::format("bias scale {}", o), fmt::to_string(expected),
                   fmt::to_string(bias->second[o]));
    }
    return {};
  }

  static std::vector<float> floats(const Tensor& tensor) {
    std::vector<float> values(tensor.raw().size() / sizeof(float));
    std::memcpy(values.data(), tensor.raw().data(), values.size() * sizeof(float));
    return values;
  }

  Status check_positive(const Node& node, const Tensor& scale) const {
    for (const float value : floats(scale)) {
      if (std::isfinite(value) && value > 0) continue;
      return fault(node, "scales", "positive ones", fmt::to_string(value));
    }
    return {};
  }

  // Of values: one scale and one zero point of 8 bits; what widens is what has rounded.
  Status check_rounding(const Node& node) {
    const Tensor* scale = constant(node, 1);
    const Tensor* zero = constant(node, 2);
    const bool sound = scale != nullptr && zero != nullptr && scale->type() == onnx::FLOAT &&
                       scale->raw().size() == sizeof(float) && zero->raw().size() == 1 &&
                       (zero->type() == onnx::INT8 || zero->type() == onnx::UINT8);
    if (!sound) return fault(node, "operands", "one scale and one zero point", "others");
    VSEAL_RETURN_IF_ERROR(check_positive(node, *scale));
    const std::string type = scale->raw() + zero->raw() + std::to_string(zero->type());
    if (node.op() == "QuantizeLinear") {
      rounded_[node.outputs(0)] = type;
      return {};
    }
    const auto stored = rounded_.find(node.inputs(0));
    if (stored == rounded_.end() || stored->second == type) return {};
    return fault(node, "scale and zero point", "those that the values were rounded with", "others");
  }

  // Scales of what is made wide, also behind ops that move values.
  void note_scale(const Node& node) {
    if (node.op() == "DequantizeLinear" && constant(node, 1) != nullptr) {
      scales_[node.outputs(0)] = floats(*constant(node, 1));
    }
    const bool moves = node.op() == "Transpose" || node.op() == "Reshape" || node.op() == "Slice" ||
                       node.op() == "Concat" || node.op() == "SpaceToDepth" ||
                       node.op() == "DepthToSpace";
    const auto found = scales_.find(node.inputs(0));
    if (moves && found != scales_.end()) scales_[node.outputs(0)] = std::vector(found->second);
  }

  // i8 weights: positive scales, one or one for each index of the axis; zero points of 0.
  Status check_dequantize(const Node& node) {
    const Tensor* values = constant(node, 0);
    const Tensor* scale = constant(node, 1);
    if (values == nullptr) return check_rounding(node);
    const bool known = values->type() == onnx::INT8 || values->type() == onnx::INT32;
    if (!known || scale == nullptr || scale->type() != onnx::FLOAT) {
      return fault(node, "operands", "a constant of i8 or i32 and one of f32", "others");
    }
    int64_t axis = 1;
    for (const onnx::Attribute& attribute : node.attributes()) {
      if (attribute.name() == "axis") axis = attribute.integer();
    }
    const int64_t scales = scale->dims_size() == 0 ? 1 : scale->dims(0);
    const bool fits =
        axis >= 0 && axis < values->dims_size() && values->dims(static_cast<int>(axis)) == scales;
    if (scale->dims_size() > 1 || (scale->dims_size() == 1 && !fits)) {
      return fault(node, "scales", "one for each index of the axis",
                   fmt::format("{} at axis {}", scales, axis));
    }
    VSEAL_RETURN_IF_ERROR(check_positive(node, *scale));
    const Tensor* zero = constant(node, 2);
    if (zero == nullptr || zero->raw().find_first_not_of('\0') == std::string::npos) return {};
    return fault(node, "zero points", "0", "others");
  }

  const onnx::Model& model_;
  int64_t outside_bytes_;
  int64_t op_set_ = 0;
  int index_ = 0;
  std::unordered_map<std::string, std::vector<float>> scales_;  // of values made wide
  std::unordered_map<std::string, std::string> rounded_;        // what values were rounded with
  std::unordered_map<std::string, const Tensor*> made_;         // null: computed of others
};

}  // namespace

Status check_onnx(std::span<const std::byte> file, int64_t outside_bytes) {
  if (file.empty() || file.size() > INT32_MAX) {
    return model_fault("size", "1 byte to 2 GB", fmt::to_string(file.size()));
  }
  google::protobuf::io::CodedInputStream stream(reinterpret_cast<const uint8_t*>(file.data()),
                                                static_cast<int>(file.size()));
  constexpr int kMostNesting = 20;
  stream.SetRecursionLimit(kMostNesting);
  onnx::Model model;
  if (!model.ParseFromCodedStream(&stream) || !stream.ConsumedEntireMessage()) {
    return model_fault("protobuf", "a sound one", "a damaged one");
  }
  return ModelCheck(model, outside_bytes).run();
}

}  // namespace vseal::formats
