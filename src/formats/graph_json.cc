#include "formats/graph_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <unordered_map>
#include <utility>

#include "formats/op_fields.h"
#include "formats/safetensors.h"

namespace vseal::formats {
namespace {

using graph::Activation;
using graph::DType;
using graph::Graph;
using graph::Padding;
using graph::Shape;
using graph::TensorId;
using Json = nlohmann::ordered_json;

constexpr int64_t kMaxElements = int64_t{1} << 30;  // of inputs and of what ops compute
constexpr size_t kMaxOps = 100'000;
constexpr size_t kMaxRank = 8;
constexpr size_t kMaxNameBytes = 1000;

constexpr Activation kActivations[] = {Activation::kNone, Activation::kRelu, Activation::kTanh,
                                       Activation::kGelu, Activation::kSilu};
constexpr DType kDTypes[] = {DType::kF32, DType::kF16, DType::kBF16,
                             DType::kI8,  DType::kU8,  DType::kI32};

const char* padding_name(Padding padding) {
  return padding == Padding::kReflect ? "reflect" : "zero";
}

Json to_json(const Shape& shape) {
  return std::vector<int64_t>(shape.dims().begin(), shape.dims().end());
}
Json to_json(Activation activation) { return graph::activation_name(activation); }
Json to_json(Padding padding) { return padding_name(padding); }
Json to_json(bool value) { return value; }
Json to_json(int value) { return value; }
Json to_json(float value) { return value; }

// What an op writes, where that is not plain f32.
void write_type(const graph::ValueType& type, Json& out) {
  if (type == graph::ValueType{}) return;
  Json json = {{"dtype", graph::dtype_name(type.dtype)}};
  if (type.scale != 1.0f) json["scale"] = type.scale;
  if (type.zero_point != 0) json["zero_point"] = type.zero_point;
  out["type"] = std::move(json);
}

template <typename Op>
void write_fields(const Op& attributes, Json& out) {
  Op copy = attributes;
  Json defaults = Json::object();
  Op plain;
  visit_fields(plain,
               [&](const char* name, const auto& value) { defaults[name] = to_json(value); });
  visit_fields(copy, [&](const char* name, const auto& value) {
    Json json = to_json(value);
    if (json != defaults[name]) out[name] = std::move(json);
  });
}

Status fault(const std::string& what, const std::string& expected, const Json& got) {
  const std::string text = got.dump(-1, ' ', true, Json::error_handler_t::replace);
  return corrupt_input(fmt::format("[graph] {}: expected {}, got {}", what, expected, quote(text)));
}

// Reads one attribute; each overload refuses what is not of its type.
Status from_json(const std::string& what, const Json& json, int& out) {
  if (!json.is_number_integer() || json.get<double>() < 0 || json.get<double>() > 1 << 20) {
    return fault(what, "an integer in 0..2^20", json);
  }
  out = json.get<int>();
  return {};
}
Status from_json(const std::string& what, const Json& json, bool& out) {
  if (!json.is_boolean()) return fault(what, "true or false", json);
  out = json.get<bool>();
  return {};
}
Status from_json(const std::string& what, const Json& json, float& out) {
  if (!json.is_number() || !(std::abs(json.get<double>()) < 1e30)) {
    return fault(what, "a number", json);
  }
  out = json.get<float>();
  return {};
}
Status from_json(const std::string& what, const Json& json, Activation& out) {
  for (const Activation activation : kActivations) {
    if (json == graph::activation_name(activation)) {
      out = activation;
      return {};
    }
  }
  return fault(what, "an activation", json);
}
Status from_json(const std::string& what, const Json& json, Padding& out) {
  for (const Padding padding : {Padding::kZero, Padding::kReflect}) {
    if (json == padding_name(padding)) {
      out = padding;
      return {};
    }
  }
  return fault(what, "zero or reflect", json);
}
Status from_json(const std::string& what, const Json& json, DType& out) {
  for (const DType dtype : kDTypes) {
    if (json == graph::dtype_name(dtype)) {
      out = dtype;
      return {};
    }
  }
  return fault(what, "a type", json);
}
Status from_json(const std::string& what, const Json& json, Shape& out) {
  const auto is_extent = [](const Json& dim) {
    return dim.is_number_integer() && dim.get<double>() >= 1 &&
           dim.get<double>() <= static_cast<double>(kMaxElements);
  };
  if (!json.is_array() || json.size() > kMaxRank ||
      !std::all_of(json.begin(), json.end(), is_extent)) {
    return fault(what, "a list of extents", json);
  }
  out = Shape(json.get<std::vector<int64_t>>());
  const Result<int64_t> elements = out.checked_elements();
  if (elements.ok() && *elements <= kMaxElements) return {};
  return fault(what, "at most 2^30 values", json);
}

Result<std::string> name_at(const std::string& what, const Json& json) {
  if (json.is_string() && !json.get_ref<const std::string&>().empty() &&
      json.get_ref<const std::string&>().size() <= kMaxNameBytes) {
    return json.get<std::string>();
  }
  return fault(what, "a name", json);
}

// The type of what an op writes.
Result<graph::ValueType> type_from(const std::string& where, const Json& json) {
  graph::ValueType type;
  if (!json.is_object() || !json.contains("dtype")) return fault(where, "a type", json);
  VSEAL_RETURN_IF_ERROR(from_json(where, json.at("dtype"), type.dtype));
  size_t known = 1;
  if (json.contains("scale")) {
    VSEAL_RETURN_IF_ERROR(from_json(where + " scale", json.at("scale"), type.scale));
    ++known;
  }
  if (json.contains("zero_point")) {
    const Json& zero = json.at("zero_point");
    if (!zero.is_number_integer() || std::abs(zero.get<double>()) > 128) {
      return fault(where + " zero_point", "an integer in -128..127", zero);
    }
    type.zero_point = zero.get<int32_t>();
    ++known;
  }
  if (json.size() != known) return fault(where, "dtype, scale and zero_point", json);
  return type;
}

// An op's kind and attributes from its name in `json`, tried against each kind there is.
template <size_t Kind = 0>
Result<graph::OpAttributes> attributes_from(const std::string& where, const std::string& op,
                                            const Json& json) {
  if constexpr (Kind == std::variant_size_v<graph::OpAttributes>) {
    return fault(where, "a known op", Json(op));
  } else {
    std::variant_alternative_t<Kind, graph::OpAttributes> attributes;
    if (op != graph::op_name(graph::OpAttributes(attributes))) {
      return attributes_from<Kind + 1>(where, op, json);
    }
    Status status;
    size_t known = json.contains("type") ? 4 : 3;  // op, name, inputs
    visit_fields(attributes, [&](const char* name, auto& value) {
      if (!status.ok() || !json.contains(name)) return;
      ++known;
      status = from_json(where + " " + name, json.at(name), value);
    });
    VSEAL_RETURN_IF_ERROR(status);
    if (json.size() != known) return fault(where, "no other attributes", json);
    return graph::OpAttributes(attributes);
  }
}

class GraphReader {
 public:
  GraphReader(const Json& root, const AddConstant& add_constant)
      : root_(root), add_constant_(add_constant) {}

  Result<Graph> read() {
    for (const char* list : {"inputs", "ops", "outputs"}) {
      if (!root_.is_object() || !root_.contains(list) || !root_.at(list).is_array() ||
          root_.at(list).size() > kMaxOps) {
        return fault(list, "a list", root_.is_object() ? root_.value(list, Json()) : Json());
      }
    }
    for (const Json& input : root_.at("inputs")) VSEAL_RETURN_IF_ERROR(read_input(input));
    for (const Json& op : root_.at("ops")) VSEAL_RETURN_IF_ERROR(read_op(op));
    for (const Json& output : root_.at("outputs")) {
      VSEAL_ASSIGN_OR_RETURN(const std::string name, name_at("output", output));
      const auto found = ids_.find(name);
      if (found == ids_.end()) return fault("output", "a tensor", output);
      VSEAL_RETURN_IF_ERROR(graph_.add_output(found->second));
    }
    const Status sound = graph::verify(graph_);
    if (!sound.ok()) return corrupt_input(sound.message());
    return std::move(graph_);
  }

 private:
  Status define(const std::string& name, TensorId id) {
    if (ids_.emplace(name, id).second) return {};
    return fault("name", "one tensor of that name", Json(name));
  }

  Status read_input(const Json& json) {
    if (!json.is_object() || !json.contains("name") || !json.contains("shape")) {
      return fault("input", "name and shape", json);
    }
    VSEAL_ASSIGN_OR_RETURN(const std::string name, name_at("input name", json.at("name")));
    Shape shape;
    DType dtype = DType::kF32;
    VSEAL_RETURN_IF_ERROR(from_json(name + " shape", json.at("shape"), shape));
    if (json.contains("dtype")) {
      VSEAL_RETURN_IF_ERROR(from_json(name + " dtype", json.at("dtype"), dtype));
    }
    return define(name, graph_.add_input(name, std::move(shape), dtype));
  }

  // A tensor that is there already, else a constant.
  Result<TensorId> operand(const Json& json) {
    VSEAL_ASSIGN_OR_RETURN(const std::string name, name_at("operand", json));
    const auto found = ids_.find(name);
    if (found != ids_.end()) return found->second;
    VSEAL_ASSIGN_OR_RETURN(const TensorId id, add_constant_(graph_, name));
    VSEAL_RETURN_IF_ERROR(define(name, id));
    return id;
  }

  Status read_op(const Json& json) {
    if (!json.is_object() || !json.contains("op") || !json.contains("name") ||
        !json.contains("inputs") || !json.at("inputs").is_array()) {
      return fault("op", "op, name and inputs", json);
    }
    VSEAL_ASSIGN_OR_RETURN(const std::string name, name_at("op name", json.at("name")));
    VSEAL_ASSIGN_OR_RETURN(const std::string kind, name_at(name + " op", json.at("op")));
    VSEAL_ASSIGN_OR_RETURN(graph::OpAttributes attributes, attributes_from(name, kind, json));
    graph::ValueType type;
    if (json.contains("type")) {
      VSEAL_ASSIGN_OR_RETURN(type, type_from(name + " type", json.at("type")));
    }
    std::vector<TensorId> inputs;
    for (const Json& input : json.at("inputs")) {
      VSEAL_ASSIGN_OR_RETURN(const TensorId id, operand(input));
      inputs.push_back(id);
    }
    if (inputs.empty()) return fault(name, "at least one input", json.at("inputs"));
    auto output = graph_.add_op(name, std::move(attributes), std::move(inputs), type);
    if (!output.ok()) return corrupt_input(output.status().message());
    if (graph_.tensor(*output).shape.elements() > kMaxElements) {
      return fault(name, "at most 2^30 values", to_json(graph_.tensor(*output).shape));
    }
    return define(name, *output);
  }

  const Json& root_;
  const AddConstant& add_constant_;
  Graph graph_;
  std::unordered_map<std::string, TensorId> ids_;
};

}  // namespace

Result<std::string> graph_to_json(const Graph& graph) {
  std::unordered_map<std::string, int> names;
  for (const graph::Tensor& tensor : graph.tensors()) {
    if (++names[tensor.name] > 1) {
      return internal_error("[graph] two tensors bear the name " + tensor.name);
    }
  }
  const auto name_of = [&](TensorId id) { return graph.tensor(id).name; };
  Json root = {{"inputs", Json::array()}, {"ops", Json::array()}, {"outputs", Json::array()}};
  for (const TensorId id : graph.inputs()) {
    const graph::Tensor& t = graph.tensor(id);
    root["inputs"].push_back(
        {{"name", t.name}, {"dtype", graph::dtype_name(t.dtype)}, {"shape", to_json(t.shape)}});
  }
  for (const graph::Op& op : graph.ops()) {
    Json json = {
        {"op", graph::op_name(op.attributes)}, {"name", op.name}, {"inputs", Json::array()}};
    for (const TensorId id : op.inputs) json["inputs"].push_back(name_of(id));
    write_type(op.type, json);
    std::visit([&](const auto& attributes) { write_fields(attributes, json); }, op.attributes);
    root["ops"].push_back(std::move(json));
  }
  for (const TensorId id : graph.outputs()) root["outputs"].push_back(name_of(id));
  return root.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<Graph> graph_from_json(const std::string& json, const AddConstant& add_constant) {
  const Json root = Json::parse(json, nullptr, false);
  if (root.is_discarded()) return corrupt_input("[graph] text: expected JSON");
  return GraphReader(root, add_constant).read();
}

}  // namespace vseal::formats
