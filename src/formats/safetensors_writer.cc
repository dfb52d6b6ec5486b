#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/aligned_buffer.h"
#include "formats/safetensors.h"
#include "graph/constant.h"

namespace vseal::formats {
namespace {

const char* type_of(graph::DType dtype) {
  switch (dtype) {
    case graph::DType::kF32:
      return "F32";
    case graph::DType::kF16:
      return "F16";
    case graph::DType::kBF16:
      return "BF16";
    case graph::DType::kI8:
      return "I8";
    case graph::DType::kU8:
      return "U8";
    case graph::DType::kI32:
      return "I32";
  }
  return "unknown";
}

Status check(const graph::Tensor& tensor) {
  if (tensor.name.empty() || tensor.name == "__metadata__") {
    return invalid_argument("[safetensors] name: not a tensor's: " + quote(tensor.name));
  }
  VSEAL_ASSIGN_OR_RETURN(const int64_t elements, tensor.shape.checked_elements());
  const size_t expected = static_cast<size_t>(elements) * graph::size_bytes(tensor.dtype);
  if (tensor.data.source != nullptr || tensor.data.bytes.size() == expected) return {};
  return invalid_argument(fmt::format("[safetensors] {}: expected {} bytes for {}{}, got {}",
                                      quote(tensor.name), expected, type_of(tensor.dtype),
                                      tensor.shape.text(), tensor.data.bytes.size()));
}

Status check_all(const std::vector<graph::Tensor>& tensors) {
  std::vector<std::string> names;
  for (const graph::Tensor& tensor : tensors) {
    VSEAL_RETURN_IF_ERROR(check(tensor));
    names.push_back(tensor.name);
  }
  std::sort(names.begin(), names.end());
  const auto twice = std::adjacent_find(names.begin(), names.end());
  if (twice == names.end()) return {};
  return invalid_argument(fmt::format("[safetensors] {}: stands there twice", quote(*twice)));
}

size_t bytes_of(const graph::Tensor& tensor) {
  return static_cast<size_t>(tensor.shape.elements()) * graph::size_bytes(tensor.dtype);
}

Status write_values(const graph::Tensor& tensor, AtomicFile& file) {
  if (tensor.data.source == nullptr) return file.write(tensor.data.bytes);
  VSEAL_ASSIGN_OR_RETURN(auto values, AlignedBuffer<std::byte>::allocate(bytes_of(tensor)));
  VSEAL_RETURN_IF_ERROR(graph::copy_values(tensor, values.span()));
  return file.write(values.span());
}

// Length and JSON, padded with spaces so that the data begins at a multiple of 8.
std::string header_for(const Metadata& metadata, const std::vector<graph::Tensor>& tensors) {
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  if (!metadata.empty()) header["__metadata__"] = metadata;
  size_t offset = 0;
  for (const graph::Tensor& tensor : tensors) {
    const auto dims = tensor.shape.dims();
    header[tensor.name] = {{"dtype", type_of(tensor.dtype)},
                           {"shape", std::vector<int64_t>(dims.begin(), dims.end())},
                           {"data_offsets", {offset, offset + bytes_of(tensor)}}};
    offset += bytes_of(tensor);
  }
  std::string json = header.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  json.append((8 - json.size() % 8) % 8, ' ');
  std::string length;
  for (int shift = 0; shift < 64; shift += 8) length += static_cast<char>(json.size() >> shift);
  return length + json;
}

}  // namespace

Status write_safetensors(const std::string& path, IfExists if_exists, const Metadata& metadata,
                         std::vector<graph::Tensor> tensors) {
  VSEAL_RETURN_IF_ERROR(check_all(tensors));
  std::sort(tensors.begin(), tensors.end(), [](const graph::Tensor& a, const graph::Tensor& b) {
    return std::pair(graph::size_bytes(b.dtype), std::string_view(a.name)) <
           std::pair(graph::size_bytes(a.dtype), std::string_view(b.name));
  });
  const std::string header = header_for(metadata, tensors);
  VSEAL_ASSIGN_OR_RETURN(AtomicFile file, AtomicFile::create(path, if_exists));
  VSEAL_RETURN_IF_ERROR(file.write(std::as_bytes(std::span(header))));
  for (const graph::Tensor& tensor : tensors) VSEAL_RETURN_IF_ERROR(write_values(tensor, file));
  return file.commit();
}

}  // namespace vseal::formats
