// The protobuf around a network, and the files around the protobuf.
#include <fmt/format.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <filesystem>

#include "base/mapped_file.h"
#include "formats/lowering/scale_sum.h"
#include "formats/onnx/onnx.h"
#include "formats/onnx/onnx_target.h"
#include "graph/constant.h"

namespace vseal::formats {
namespace {

constexpr size_t kMostInside = size_t{1900} << 20;  // a protobuf ends at 2 GB
constexpr size_t kAlignment = 64;                   // of values in a file of their own, in bytes

size_t bytes_of(const graph::Tensor& constant) {
  return static_cast<size_t>(constant.shape.elements()) * size_bytes(constant.dtype);
}

// Lets protobuf write into a file that appears whole or not at all, and keeps its error.
class FileStream : public google::protobuf::io::CopyingOutputStream {
 public:
  explicit FileStream(AtomicFile& file) : file_(file) {}

  bool Write(const void* buffer, int size) override {
    status_ =
        file_.write(std::span(static_cast<const std::byte*>(buffer), static_cast<size_t>(size)));
    return status_.ok();
  }
  const Status& status() const { return status_; }

 private:
  AtomicFile& file_;
  Status status_;
};

Status put_inside(OnnxNetwork& network) {
  for (size_t i = 0; i < network.contents.size(); ++i) {
    const graph::Tensor& constant = network.contents[i];
    std::string& raw =
        *network.model.mutable_graph()->mutable_constants(static_cast<int>(i))->mutable_raw();
    raw.resize(bytes_of(constant));
    VSEAL_RETURN_IF_ERROR(graph::copy_values(constant, std::as_writable_bytes(std::span(raw))));
  }
  return {};
}

// Writes the values one after the other and lets the constants say where they lie.
Status put_outside(OnnxNetwork& network, const std::string& location, AtomicFile& file) {
  size_t position = 0;
  const std::vector<std::byte> zeros(kAlignment, std::byte{0});
  for (size_t i = 0; i < network.contents.size(); ++i) {
    const graph::Tensor& constant = network.contents[i];
    const size_t size = bytes_of(constant);
    onnx::Tensor& tensor = *network.model.mutable_graph()->mutable_constants(static_cast<int>(i));
    const auto say = [&](const char* key, const std::string& value) {
      onnx::Pair& pair = *tensor.add_elsewhere();
      pair.set_key(key);
      pair.set_value(value);
    };
    tensor.set_location(1);
    say("location", location);
    say("offset", fmt::to_string(position));
    say("length", fmt::to_string(size));
    VSEAL_ASSIGN_OR_RETURN(auto values, AlignedBuffer<std::byte>::allocate(size));
    VSEAL_RETURN_IF_ERROR(graph::copy_values(constant, values.span()));
    VSEAL_RETURN_IF_ERROR(file.write(values.span()));
    const size_t gap = (kAlignment - size % kAlignment) % kAlignment;
    VSEAL_RETURN_IF_ERROR(file.write(std::span(zeros).first(gap)));
    position += size + gap;
  }
  return {};
}

Status serialise(const onnx::Model& model, AtomicFile& file) {
  FileStream stream(file);
  google::protobuf::io::CopyingOutputStreamAdaptor adaptor(&stream);
  if (model.SerializeToZeroCopyStream(&adaptor) && adaptor.Flush()) return {};
  if (!stream.status().ok()) return stream.status();
  return internal_error("[onnx] a model that cannot be serialised");
}

Result<std::string> scale_sum(const OnnxNetwork& network) {
  ScaleSum sum;
  const std::set<std::string> names = onnx_scales(network.model);
  for (const graph::Tensor& constant : network.contents) {
    if (!names.contains(constant.name)) continue;
    VSEAL_ASSIGN_OR_RETURN(const graph::ConstantValues values, graph::constant_values(constant));
    sum.add(std::span(values.data(), values.size()));
  }
  return sum.text();
}

Status add_metadata(const NetworkFileOptions& options, OnnxNetwork& network) {
  onnx::Model& model = network.model;
  model.set_description(options.description);
  Metadata metadata = options.metadata;
  VSEAL_ASSIGN_OR_RETURN(metadata[kScaleSumKey], scale_sum(network));
  for (const auto& [name, text] : metadata) {
    onnx::Pair& pair = *model.add_metadata();
    pair.set_key(name);
    pair.set_value(text);
  }
  return {};
}

Result<int64_t> size_after_check(const AtomicFile& file, int64_t outside_bytes) {
  VSEAL_ASSIGN_OR_RETURN(const MappedFile written, MappedFile::open(file.writable_path()));
  VSEAL_RETURN_IF_ERROR(check_onnx(written.bytes(), outside_bytes));
  return static_cast<int64_t>(written.bytes().size());
}

}  // namespace

Result<NetworkFileReport> write_onnx(const graph::Graph& graph, const std::string& path,
                                     const NetworkFileOptions& options) {
  OnnxTarget target("main", options.precision);
  VSEAL_RETURN_IF_ERROR(lower(graph, options.change, options.pictures, target));
  VSEAL_ASSIGN_OR_RETURN(OnnxNetwork network, target.finish());
  VSEAL_RETURN_IF_ERROR(add_metadata(options, network));
  size_t total = 0;
  for (const graph::Tensor& constant : network.contents) total += bytes_of(constant) + kAlignment;
  NetworkFileReport report;
  report.ops = network.model.graph().nodes_size();
  VSEAL_ASSIGN_OR_RETURN(AtomicFile file, AtomicFile::create(path, options.if_exists));
  if (total <= kMostInside) {
    VSEAL_RETURN_IF_ERROR(put_inside(network));
    VSEAL_RETURN_IF_ERROR(serialise(network.model, file));
    VSEAL_ASSIGN_OR_RETURN(report.bytes, size_after_check(file, 0));
    VSEAL_RETURN_IF_ERROR(file.commit());
    return report;
  }
  const std::string beside = path + ".data";
  VSEAL_ASSIGN_OR_RETURN(AtomicFile values, AtomicFile::create(beside, options.if_exists));
  const std::string location = std::filesystem::path(beside).filename().string();
  VSEAL_RETURN_IF_ERROR(put_outside(network, location, values));
  VSEAL_RETURN_IF_ERROR(serialise(network.model, file));
  int64_t outside = 0;
  {
    VSEAL_ASSIGN_OR_RETURN(const MappedFile written, MappedFile::open(values.writable_path()));
    outside = static_cast<int64_t>(written.bytes().size());
  }
  VSEAL_ASSIGN_OR_RETURN(report.bytes, size_after_check(file, outside));
  report.bytes += outside;
  VSEAL_RETURN_IF_ERROR(values.commit());
  VSEAL_RETURN_IF_ERROR(file.commit());
  return report;
}

}  // namespace vseal::formats
