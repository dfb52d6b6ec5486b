// The flatbuffer around a network, and the file around the flatbuffer.
#include <flatbuffers/flatbuffers.h>

#include <cstdint>

#include "base/mapped_file.h"
#include "formats/lowering/scale_sum.h"
#include "formats/tflite/tflite.h"
#include "formats/tflite/tflite_target.h"
#include "graph/constant.h"

namespace vseal::formats {
namespace {

using namespace tflite;  // NOLINT: the generated types
using flatbuffers::FlatBufferBuilder;
using flatbuffers::Offset;

constexpr size_t kAlignment = 16;                   // of a buffer's data, in bytes
constexpr size_t kMostInside = size_t{1900} << 20;  // flatbuffers end at 2 GB
constexpr size_t kLeastBehind = 4096;  // of a buffer: metadata stay where all readers look
constexpr size_t kNoneBehind = SIZE_MAX;
constexpr size_t kSpareBytes = 16;  // that kernels may read behind the last buffer
constexpr size_t kRoomForTables = size_t{1} << 20;

size_t bytes_of(const graph::Tensor& constant) {
  if (!constant.is_constant()) return 0;
  return static_cast<size_t>(constant.shape.elements()) * size_bytes(constant.dtype);
}

size_t aligned(size_t position) { return (position + kAlignment - 1) / kAlignment * kAlignment; }

template <typename Table>
auto packed(FlatBufferBuilder& builder,
            const std::vector<std::unique_ptr<typename Table::NativeTableType>>& items) {
  std::vector<Offset<Table>> offsets;
  offsets.reserve(items.size());
  for (const auto& item : items) offsets.push_back(Table::Pack(builder, item.get()));
  return builder.CreateVector(offsets);
}

Result<Offset<Buffer>> inner_buffer(FlatBufferBuilder& builder, const graph::Tensor& constant) {
  const size_t size = bytes_of(constant);
  if (size == 0) return CreateBuffer(builder);
  uint8_t* place = nullptr;
  builder.ForceVectorAlignment(size, 1, kAlignment);
  const auto data = builder.CreateUninitializedVector<uint8_t>(size, &place);
  VSEAL_RETURN_IF_ERROR(
      graph::copy_values(constant, std::as_writable_bytes(std::span(place, size))));
  return CreateBuffer(builder, data);
}

// Buffers with their values inside; those of `least_behind` bytes or more say where behind the
// flatbuffer, `begin` bytes into the file, theirs lie.
Result<std::vector<Offset<Buffer>>> make_buffers(FlatBufferBuilder& builder,
                                                 const std::vector<graph::Tensor>& contents,
                                                 size_t begin, size_t least_behind) {
  std::vector<Offset<Buffer>> buffers;
  size_t position = aligned(begin);
  for (const graph::Tensor& constant : contents) {
    const size_t size = bytes_of(constant);
    if (size < least_behind) {
      VSEAL_ASSIGN_OR_RETURN(const auto buffer, inner_buffer(builder, constant));
      buffers.push_back(buffer);
      continue;
    }
    buffers.push_back(CreateBuffer(builder, 0, position, size));
    position = aligned(position + size);
  }
  return buffers;
}

void finish_model(FlatBufferBuilder& builder, const ModelT& model,
                  const std::vector<Offset<Buffer>>& buffers) {
  const auto codes = packed<OperatorCode>(builder, model.operator_codes);
  const auto graphs = packed<SubGraph>(builder, model.subgraphs);
  const auto metadata = packed<tflite::Metadata>(builder, model.metadata);
  const auto signatures = packed<Signature>(builder, model.signatures);
  const auto description = builder.CreateString(model.description);
  const auto all_buffers = builder.CreateVector(buffers);
  FinishModelBuffer(builder, CreateModel(builder, model.version, codes, graphs, description,
                                         all_buffers, metadata, signatures));
}

Status write_inside(const Network& network, size_t total, AtomicFile& file) {
  FlatBufferBuilder builder(total + kRoomForTables);
  VSEAL_ASSIGN_OR_RETURN(const auto buffers,
                         make_buffers(builder, network.contents, 0, kNoneBehind));
  finish_model(builder, network.model, buffers);
  return file.write(std::as_bytes(std::span(builder.GetBufferPointer(), builder.GetSize())));
}

// The flatbuffer is as long whatever offsets it holds: it is made once to measure it.
Status write_behind(const Network& network, AtomicFile& file) {
  const auto make = [&](FlatBufferBuilder& builder, size_t begin) -> Status {
    VSEAL_ASSIGN_OR_RETURN(const auto buffers,
                           make_buffers(builder, network.contents, begin, kLeastBehind));
    finish_model(builder, network.model, buffers);
    return {};
  };
  FlatBufferBuilder measured;
  VSEAL_RETURN_IF_ERROR(make(measured, kAlignment));
  FlatBufferBuilder builder;
  VSEAL_RETURN_IF_ERROR(make(builder, measured.GetSize()));
  VSEAL_RETURN_IF_ERROR(
      file.write(std::as_bytes(std::span(builder.GetBufferPointer(), builder.GetSize()))));
  size_t position = builder.GetSize();
  const std::vector<std::byte> zeros(kAlignment, std::byte{0});
  for (const graph::Tensor& constant : network.contents) {
    const size_t size = bytes_of(constant);
    if (size < kLeastBehind) continue;
    const size_t gap = aligned(position) - position;
    VSEAL_RETURN_IF_ERROR(file.write(std::span(zeros).first(gap)));
    VSEAL_ASSIGN_OR_RETURN(auto values, AlignedBuffer<std::byte>::allocate(size));
    VSEAL_RETURN_IF_ERROR(graph::copy_values(constant, values.span()));
    VSEAL_RETURN_IF_ERROR(file.write(values.span()));
    position += gap + size;
  }
  return file.write(std::span(zeros).first(kSpareBytes));
}

void add_metadata(const NetworkFileOptions& options, Network& network) {
  network.model.description = options.description;
  ScaleSum sum;
  for (const auto& tensor : network.model.subgraphs[0]->tensors) {
    if (tensor->quantization == nullptr) continue;
    sum.add(std::as_bytes(std::span(tensor->quantization->scale)));
    sum.add(std::as_bytes(std::span(tensor->quantization->zero_point)));
  }
  formats::Metadata metadata = options.metadata;
  metadata[kScaleSumKey] = sum.text();
  for (const auto& [name, text] : metadata) {
    auto entry = std::make_unique<MetadataT>();
    entry->name = name;
    entry->buffer = static_cast<uint32_t>(network.contents.size());
    network.model.metadata.push_back(std::move(entry));
    network.contents.push_back(text_constant(name, text));
  }
}

}  // namespace

Result<NetworkFileReport> write_tflite(const graph::Graph& graph, const std::string& path,
                                       const NetworkFileOptions& options) {
  TfliteTarget target("main", options.precision);
  VSEAL_RETURN_IF_ERROR(lower(graph, options.change, options.pictures, target));
  VSEAL_ASSIGN_OR_RETURN(Network network, target.finish());
  add_metadata(options, network);
  size_t total = 0;
  for (const graph::Tensor& constant : network.contents) {
    total += aligned(bytes_of(constant)) + kAlignment;
  }
  VSEAL_ASSIGN_OR_RETURN(AtomicFile file, AtomicFile::create(path, options.if_exists));
  VSEAL_RETURN_IF_ERROR(total > kMostInside ? write_behind(network, file)
                                            : write_inside(network, total, file));
  NetworkFileReport report;
  {
    VSEAL_ASSIGN_OR_RETURN(const MappedFile written, MappedFile::open(file.writable_path()));
    VSEAL_RETURN_IF_ERROR(check_tflite(written.bytes()));
    report.bytes = static_cast<int64_t>(written.bytes().size());
  }
  report.ops = static_cast<int64_t>(network.model.subgraphs[0]->operators.size());
  VSEAL_RETURN_IF_ERROR(file.commit());
  return report;
}

}  // namespace vseal::formats
