#include <flatbuffers/flatbuffers.h>
#include <fmt/format.h>

#include <cmath>
#include <cstring>

#include "formats/lowering/scale_sum.h"
#include "formats/tflite/checked_model.h"
#include "formats/tflite/tflite.h"

namespace vseal::formats {
namespace tflite {

size_t size_bytes(TensorType type) {
  switch (type) {
    case TensorType::Float32:
    case TensorType::Int32:
      return 4;
    case TensorType::Float16:
    case TensorType::Int16:
      return 2;
    case TensorType::Int64:
      return 8;
    case TensorType::UInt8:
    case TensorType::Int8:
    case TensorType::Bool:
      return 1;
    default:
      return 0;
  }
}

std::vector<int64_t> SeenTensor::integers() const {
  std::vector<int64_t> values;
  for (size_t i = 0; i + 4 <= data.size(); i += 4) {
    int32_t value = 0;
    std::memcpy(&value, data.data() + i, 4);
    values.push_back(value);
  }
  return values;
}

Status SeenOp::fault(const std::string& what, const std::string& expected,
                     const std::string& got) const {
  return corrupt_input(fmt::format("[tflite op {} {}] {}: expected {}, got {}", index,
                                   EnumNameCode(code), what, expected, got));
}

}  // namespace tflite

namespace {

using namespace tflite;  // NOLINT: the generated types

constexpr size_t kMaxTensors = 1'000'000;
constexpr size_t kMaxRank = 6;

Status model_fault(const std::string& what, const std::string& expected, const std::string& got) {
  return corrupt_input(fmt::format("[tflite] {}: expected {}, got {}", what, expected, got));
}

template <typename T>
size_t count(const flatbuffers::Vector<T>* vector) {
  return vector == nullptr ? 0 : vector->size();
}

class ModelCheck {
 public:
  ModelCheck(const Model& model, std::span<const std::byte> file) : model_(model), file_(file) {}

  Status run() {
    if (model_.version() != 3) {
      return model_fault("version", "3", fmt::to_string(model_.version()));
    }
    if (count(model_.subgraphs()) != 1) {
      return model_fault("subgraphs", "1", fmt::to_string(count(model_.subgraphs())));
    }
    if (count(model_.buffers()) == 0 || count(model_.buffers()->Get(0)->data()) != 0) {
      return model_fault("buffer 0", "the empty one", "another");
    }
    const SubGraph& graph = *model_.subgraphs()->Get(0);
    if (count(graph.tensors()) == 0 || count(graph.tensors()) > kMaxTensors) {
      return model_fault("tensors", fmt::format("1..{}", kMaxTensors),
                         fmt::to_string(count(graph.tensors())));
    }
    for (const Tensor* tensor : *graph.tensors()) VSEAL_RETURN_IF_ERROR(see(*tensor));
    VSEAL_RETURN_IF_ERROR(take_inputs(graph));
    for (size_t i = 0; i < count(graph.operators()); ++i) {
      VSEAL_RETURN_IF_ERROR(check_op(*graph.operators()->Get(static_cast<uint32_t>(i)), i));
    }
    VSEAL_RETURN_IF_ERROR(check_outputs(graph));
    VSEAL_RETURN_IF_ERROR(check_signatures(graph));
    return check_metadata();
  }

 private:
  Status see(const Tensor& table) {
    SeenTensor tensor;
    tensor.name = table.name() == nullptr ? "" : table.name()->str();
    tensor.type = table.type();
    std::vector<int64_t> dims;
    if (table.shape() != nullptr) dims.assign(table.shape()->begin(), table.shape()->end());
    tensor.shape = graph::Shape(std::move(dims));
    const Result<int64_t> elements = tensor.shape.checked_elements();
    if (!elements.ok() || count(table.shape()) > kMaxRank || size_bytes(tensor.type) == 0) {
      return model_fault(
          "tensor " + quote(tensor.name), "a known type and a sound shape",
          fmt::format("type {}, {}", static_cast<int>(tensor.type), tensor.shape.text()));
    }
    VSEAL_RETURN_IF_ERROR(see_data(table, *elements, tensor));
    VSEAL_RETURN_IF_ERROR(see_quantization(table, tensor));
    tensors_.push_back(std::move(tensor));
    return {};
  }

  Status see_data(const Tensor& table, int64_t elements, SeenTensor& tensor) const {
    if (table.buffer() >= count(model_.buffers())) {
      return model_fault("buffer of " + quote(tensor.name),
                         fmt::format("one of {}", count(model_.buffers())),
                         fmt::to_string(table.buffer()));
    }
    const Buffer& buffer = *model_.buffers()->Get(table.buffer());
    if (buffer.data() != nullptr) {
      tensor.data = std::as_bytes(std::span(buffer.data()->data(), buffer.data()->size()));
    } else if (buffer.offset() > 1) {
      if (buffer.offset() > file_.size() || buffer.size() > file_.size() - buffer.offset()) {
        return model_fault("data of " + quote(tensor.name), "inside the file",
                           fmt::format("{} bytes at {}", buffer.size(), buffer.offset()));
      }
      tensor.data = file_.subspan(buffer.offset(), buffer.size());
    }
    tensor.constant = tensor.fixed = tensor.ready = !tensor.data.empty();
    const size_t bytes = static_cast<size_t>(elements) * size_bytes(tensor.type);
    if (tensor.constant && tensor.data.size() != bytes) {
      return model_fault("data of " + quote(tensor.name), fmt::format("{} bytes", bytes),
                         fmt::to_string(tensor.data.size()));
    }
    return {};
  }

  Status see_quantization(const Tensor& table, SeenTensor& tensor) const {
    const Quantization* quantization = table.quantization();
    if (quantization != nullptr && quantization->scale() != nullptr) {
      tensor.scale.assign(quantization->scale()->begin(), quantization->scale()->end());
      if (quantization->zero_point() != nullptr) {
        tensor.zero_point.assign(quantization->zero_point()->begin(),
                                 quantization->zero_point()->end());
      }
      tensor.axis = quantization->axis();
    }
    const std::string what = "quantisation of " + quote(tensor.name);
    const size_t scales = tensor.scale.size();
    if (scales != tensor.zero_point.size()) {
      return model_fault(what, "a zero point for each scale",
                         fmt::format("{} and {}", tensor.zero_point.size(), scales));
    }
    const bool axis_fits = tensor.axis >= 0 && tensor.axis < tensor.shape.rank() &&
                           static_cast<int64_t>(scales) == tensor.shape[tensor.axis];
    if (scales > 1 && !axis_fits) {
      return model_fault(what, "a scale for each index of its axis",
                         fmt::format("{} at axis {}", scales, tensor.axis));
    }
    for (const float scale : tensor.scale) {
      if (std::isfinite(scale) && scale > 0) continue;
      return model_fault(what, "positive scales", fmt::to_string(scale));
    }
    return {};
  }

  // The tensor of an index from the file.
  Result<SeenTensor*> tensor(const std::string& what, int64_t index) {
    if (index >= 0 && index < static_cast<int64_t>(tensors_.size())) {
      return &tensors_[static_cast<size_t>(index)];
    }
    return model_fault(what, fmt::format("one of {} tensors", tensors_.size()),
                       fmt::to_string(index));
  }

  Status take_inputs(const SubGraph& graph) {
    for (size_t i = 0; i < count(graph.inputs()); ++i) {
      VSEAL_ASSIGN_OR_RETURN(SeenTensor * input,
                             tensor("graph input", graph.inputs()->Get(static_cast<uint32_t>(i))));
      if (input->ready) return model_fault("graph input", "one that is no constant", input->name);
      input->ready = true;
    }
    return {};
  }

  Status check_op(const Operator& table, size_t index) {
    SeenOp op;
    op.index = index;
    op.table = &table;
    if (table.code_index() >= count(model_.operator_codes())) {
      return model_fault(fmt::format("code of op {}", index),
                         fmt::format("one of {}", count(model_.operator_codes())),
                         fmt::to_string(table.code_index()));
    }
    const OperatorCode& code = *model_.operator_codes()->Get(table.code_index());
    const int number = std::max(static_cast<int>(code.code()), static_cast<int>(code.short_code()));
    op.code = static_cast<Code>(number);
    op.version = code.version();
    if (*EnumNameCode(op.code) == '\0') {
      return unsupported(
          fmt::format("[tflite op {}] code {} is not one that vseal writes", index, number));
    }
    for (size_t i = 0; i < count(table.inputs()); ++i) {
      const int32_t id = table.inputs()->Get(static_cast<uint32_t>(i));
      if (id == -1) {
        op.inputs.push_back(nullptr);
        continue;
      }
      VSEAL_ASSIGN_OR_RETURN(const SeenTensor* input, tensor(fmt::format("op {}", index), id));
      if (!input->ready) {
        return op.fault("input " + quote(input->name), "a value that is there", "one made later");
      }
      op.inputs.push_back(input);
    }
    if (count(table.outputs()) != 1) {
      return op.fault("outputs", "1", fmt::to_string(count(table.outputs())));
    }
    VSEAL_ASSIGN_OR_RETURN(SeenTensor * output,
                           tensor(fmt::format("op {}", index), table.outputs()->Get(0)));
    if (output->ready) {
      return op.fault("output " + quote(output->name), "one writer", "a second");
    }
    op.output = output;
    VSEAL_RETURN_IF_ERROR(check_shapes(op));
    VSEAL_RETURN_IF_ERROR(check_quantization(op));
    output->ready = true;
    output->fixed = op.code == Code::Dequantize && op.x(0).constant;
    return {};
  }

  Status check_outputs(const SubGraph& graph) {
    if (count(graph.outputs()) == 0) return model_fault("graph outputs", "at least 1", "none");
    for (size_t i = 0; i < count(graph.outputs()); ++i) {
      VSEAL_ASSIGN_OR_RETURN(
          const SeenTensor* output,
          tensor("graph output", graph.outputs()->Get(static_cast<uint32_t>(i))));
      if (!output->ready) return model_fault("graph output", "a value that is there", output->name);
    }
    return {};
  }

  // Apps call the network by names: these must be the graph's own inputs and outputs, all of them.
  Status check_signatures(const SubGraph& graph) {
    using Names = flatbuffers::Vector<flatbuffers::Offset<NamedTensor>>;
    const auto same = [](const Names* named, const flatbuffers::Vector<int32_t>* ids) {
      if (count(named) != count(ids)) return false;
      for (uint32_t i = 0; i < count(named); ++i) {
        const NamedTensor* one = named->Get(i);
        if (one->name() == nullptr || one->name()->size() == 0) return false;
        if (static_cast<int64_t>(one->tensor()) != ids->Get(i)) return false;
      }
      return true;
    };
    if (count(model_.signatures()) != 1) {
      return model_fault("signatures", "1", fmt::to_string(count(model_.signatures())));
    }
    const Signature& signature = *model_.signatures()->Get(0);
    if (same(signature.inputs(), graph.inputs()) && same(signature.outputs(), graph.outputs())) {
      return {};
    }
    return model_fault("signature", "a name for each input and output of the graph", "others");
  }

  Status check_metadata() const {
    for (uint32_t i = 0; i < count(model_.metadata()); ++i) {
      const tflite::Metadata& entry = *model_.metadata()->Get(i);
      if (entry.name() == nullptr || entry.buffer() >= count(model_.buffers())) {
        return model_fault("metadata", "a name and a buffer of the file", fmt::to_string(i));
      }
      if (entry.name()->str() != kScaleSumKey) continue;
      const auto* data = model_.buffers()->Get(entry.buffer())->data();
      const std::string kept(data == nullptr ? "" : reinterpret_cast<const char*>(data->data()),
                             count(data));
      if (kept.starts_with(scale_sum())) continue;
      return model_fault("scales and zero points", "those that were written, of sum " + quote(kept),
                         quote(scale_sum()));
    }
    return {};
  }

  std::string scale_sum() const {
    ScaleSum sum;
    for (const SeenTensor& tensor : tensors_) {
      sum.add(std::as_bytes(std::span(tensor.scale)));
      sum.add(std::as_bytes(std::span(tensor.zero_point)));
    }
    return sum.text();
  }

  const Model& model_;
  std::span<const std::byte> file_;
  std::vector<SeenTensor> tensors_;
};

}  // namespace

Status check_tflite(std::span<const std::byte> file) {
  const auto* bytes = reinterpret_cast<const uint8_t*>(file.data());
  const size_t tables = std::min<size_t>(file.size(), FLATBUFFERS_MAX_BUFFER_SIZE - 1);
  constexpr size_t kHeader = 8;  // offset of the root, identifier
  if (file.size() < kHeader || !ModelBufferHasIdentifier(bytes)) {
    return model_fault("identifier", "TFL3 at byte 4", "another");
  }
  constexpr uint32_t kMaxDepth = 16, kMaxTables = 5'000'000;
  flatbuffers::Verifier verifier(bytes, tables, kMaxDepth, kMaxTables);
  if (!VerifyModelBuffer(verifier))
    return model_fault("flatbuffer", "a sound one", "a damaged one");
  return ModelCheck(*GetModel(bytes), file).run();
}

}  // namespace vseal::formats
