// Small .tflite models put together by hand: what a checker and runtimes should refuse, or run.
#pragma once

#include <flatbuffers/flatbuffers.h>

#include <cstring>
#include <string>
#include <vector>

#include "formats/tflite/versions.h"

namespace vseal::formats::tflite {

// Of a tensor: one, or one for each index of an axis.
struct Scaling {
  std::vector<float> scale = {};
  std::vector<int64_t> zero_point = {};
  int axis = 0;
};

// Tensors are numbered from 0, in the order in which they are added.
class HandMade {
 public:
  HandMade() {
    model_.version = 3;
    model_.subgraphs.push_back(std::make_unique<SubGraphT>());
    model_.signatures.push_back(std::make_unique<SignatureT>());
    model_.signatures[0]->key = "serving_default";
    model_.buffers.push_back(std::make_unique<BufferT>());
  }

  int tensor(const std::string& name, TensorType type, std::vector<int32_t> shape,
             const Scaling& scale = {}) {
    auto tensor = std::make_unique<TensorT>();
    tensor->name = name;
    tensor->type = type;
    tensor->shape = std::move(shape);
    if (!scale.scale.empty()) {
      tensor->quantization = std::make_unique<QuantizationT>();
      tensor->quantization->scale = scale.scale;
      tensor->quantization->zero_point = scale.zero_point;
      tensor->quantization->axis = scale.axis;
    }
    graph().tensors.push_back(std::move(tensor));
    return static_cast<int>(graph().tensors.size()) - 1;
  }

  template <typename T>
  int constant(const std::string& name, TensorType type, std::vector<int32_t> shape,
               const std::vector<T>& values, const Scaling& scale = {}) {
    const int id = tensor(name, type, std::move(shape), scale);
    auto buffer = std::make_unique<BufferT>();
    buffer->data.resize(values.size() * sizeof(T));
    std::memcpy(buffer->data.data(), values.data(), buffer->data.size());
    graph().tensors.back()->buffer = static_cast<uint32_t>(model_.buffers.size());
    model_.buffers.push_back(std::move(buffer));
    return id;
  }

  void op(Code code, int version, OptionsUnion options, std::vector<int> inputs, int output) {
    auto entry = std::make_unique<OperatorCodeT>();
    entry->short_code = static_cast<int8_t>(std::min(static_cast<int>(code), 127));
    entry->code = code;
    entry->version = version;
    auto op = std::make_unique<OperatorT>();
    op->code_index = static_cast<uint32_t>(model_.operator_codes.size());
    op->inputs = std::move(inputs);
    op->outputs = {output};
    op->options = std::move(options);
    model_.operator_codes.push_back(std::move(entry));
    graph().operators.push_back(std::move(op));
  }

  void input(int id) {
    graph().inputs.push_back(id);
    model_.signatures[0]->inputs.push_back(named(id));
  }
  void output(int id) {
    graph().outputs.push_back(id);
    model_.signatures[0]->outputs.push_back(named(id));
  }

  ModelT& model() { return model_; }
  SubGraphT& graph() { return *model_.subgraphs[0]; }

  std::string bytes() const {
    flatbuffers::FlatBufferBuilder builder;
    FinishModelBuffer(builder, Model::Pack(builder, &model_));
    return {reinterpret_cast<const char*>(builder.GetBufferPointer()), builder.GetSize()};
  }

 private:
  std::unique_ptr<NamedTensorT> named(int id) {
    auto named = std::make_unique<NamedTensorT>();
    named->name = graph().tensors[static_cast<size_t>(id)]->name;
    named->tensor = static_cast<uint32_t>(id);
    return named;
  }

  ModelT model_;
};

template <typename T>
OptionsUnion options_of(T options) {
  OptionsUnion result;
  result.Set(std::move(options));
  return result;
}

// x [1,4] (of `type`) spread to [1,3,4] by BROADCAST_TO; with `wrong`, x is [1,4,1]: the tensor has
// its channels where the target has rows, as in the published embedder.
inline HandMade broadcast_model(TensorType type, bool wrong) {
  HandMade m;
  const Scaling scale = type == TensorType::Int8 ? Scaling{{0.5f}, {0}} : Scaling{};
  const int x =
      m.tensor("x", type, wrong ? std::vector{1, 4, 1, 1} : std::vector{1, 1, 1, 4}, scale);
  const int target = m.constant<int32_t>("target", TensorType::Int32, {4}, {1, 3, 3, 4});
  const int y = m.tensor("y", type, {1, 3, 3, 4}, scale);
  m.op(Code::BroadcastTo, type == TensorType::Int8 ? 3 : 2, {}, {x, target}, y);
  m.input(x);
  m.output(y);
  return m;
}

// A product of f32 values and an i8 constant, which kernels take on the right only; the other way
// round is what fails in the published detector of VideoSeal 0.0.
inline HandMade matmul_model(bool constant_on_the_left) {
  HandMade m;
  const int x = m.tensor("x", TensorType::Float32, {1, 4, 4});
  const int w = m.constant<int8_t>("w", TensorType::Int8, {1, 4, 4},
                                   {1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1}, {{0.5f}, {0}});
  const int y = m.tensor("y", TensorType::Float32, {1, 4, 4});
  const std::vector<int> inputs = constant_on_the_left ? std::vector{w, x} : std::vector{x, w};
  m.op(Code::BatchMatMul, 4, options_of(BatchMatMulOptionsT()), inputs, y);
  m.input(x);
  m.output(y);
  return m;
}

}  // namespace vseal::formats::tflite
