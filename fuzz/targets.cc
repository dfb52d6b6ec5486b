#include "fuzz/targets.h"

#include <cstdlib>
#include <string>
#include <vector>

#include "formats/checkpoint.h"
#include "formats/graph_json.h"
#include "formats/pickle.h"
#include "formats/safetensors.h"
#include "formats/torch_checkpoint.h"
#include "formats/torch_root.h"
#include "formats/zip_archive.h"
#include "graph/graph.h"
#include "media/jpeg_codec.h"
#include "media/picture_metadata.h"
#include "media/picture_probe.h"
#include "media/png_codec.h"

namespace vseal::fuzz {
namespace {

constexpr int64_t kMaxValues = int64_t{1} << 20;
constexpr int64_t kMaxPixels = int64_t{1} << 16;

// What a reader has accepted must be readable to the last byte.
void read_tensors(const std::vector<formats::CheckpointTensor>& tensors) {
  for (const formats::CheckpointTensor& tensor : tensors) {
    const Result<int64_t> count = tensor.shape.checked_elements();
    if (!count.ok() || *count > kMaxValues) continue;
    std::vector<float> values(static_cast<size_t>(*count));
    if (!formats::read_f32(tensor, values).ok()) std::abort();
    if (const auto bytes = formats::contiguous_bytes(tensor)) {
      volatile std::byte last = bytes->empty() ? std::byte{0} : bytes->back();
      static_cast<void>(last);
    }
  }
}

}  // namespace

void checkpoint(Bytes bytes) {
  const auto file = formats::Checkpoint::parse(bytes, nullptr);
  if (file.ok()) read_tensors(file->tensors());
}

void zip(Bytes bytes) {
  const auto archive = formats::ZipArchive::parse(bytes);
  if (!archive.ok()) return;
  for (const formats::ZipEntry& entry : archive->entries()) {
    static_cast<void>(formats::check_crc(entry));
    if (archive->find(entry.name) != &entry) std::abort();
    if (archive->stored(entry.name).ok() != (entry.method == 0)) std::abort();
  }
}

void pickle(Bytes bytes) { static_cast<void>(formats::Pickle::parse(bytes)); }

void torch_pickle(Bytes bytes) {
  const auto parsed = formats::Pickle::parse(bytes);
  if (!parsed.ok()) return;
  static const std::vector<std::byte> kStorage(size_t{1} << 20);
  const auto find = [](const formats::StorageRef& ref) -> Result<Bytes> {
    if (ref.bytes() > kStorage.size()) return corrupt_input("too large");
    return Bytes(kStorage).first(static_cast<size_t>(ref.bytes()));
  };
  const auto file = formats::read_root(formats::CheckpointKind::kTorchZip, *parsed, find);
  if (file.ok()) read_tensors(file->tensors);
  formats::TorchState attributes(*parsed, find);
  if (!attributes.add_attributes(parsed->root(), "").ok()) return;
  const auto tensors = attributes.finish();
  if (tensors.ok()) read_tensors(*tensors);
}

void torch_legacy(Bytes bytes) {
  if (!formats::sniff_torch_legacy(bytes)) return;
  const auto file = formats::read_torch_legacy(bytes);
  if (file.ok()) read_tensors(file->tensors);
}

void safetensors(Bytes bytes) { static_cast<void>(formats::Safetensors::parse(bytes, nullptr)); }

void graph_json(Bytes bytes) {
  const std::string json(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const auto graph = formats::graph_from_json(
      json, [](graph::Graph& g, const std::string& name) -> Result<graph::TensorId> {
        // The name says how large the constant is: "3x3" is [3,3].
        graph::Shape shape{1};
        if (name.size() == 3 && name[0] > '0' && name[0] <= '9' && name[2] > '0' &&
            name[2] <= '9') {
          shape = graph::Shape{name[0] - '0', name[2] - '0'};
        }
        const std::vector<float> zeros(static_cast<size_t>(shape.elements()));
        return g.add_constant(name, shape, zeros);
      });
  if (graph.ok() && !formats::graph_to_json(*graph).ok()) std::abort();
}

void picture(Bytes bytes) {
  constexpr media::JpegOptions kOptions{75, true};
  const char* const nowhere = "/dev/null";
  for (const auto format : {media::PictureFormat::kJpeg, media::PictureFormat::kPng}) {
    static_cast<void>(media::probe_picture(bytes, format));
    static_cast<void>(media::exif_orientation(bytes, format));
    const media::JpegMetadata for_jpeg = media::metadata_for_jpeg(bytes, format);
    const media::PngMetadata for_png = media::metadata_for_png(bytes, format);
    const auto pixels = format == media::PictureFormat::kJpeg ? media::read_jpeg(bytes, kMaxPixels)
                                                              : media::read_png(bytes, kMaxPixels);
    if (!pixels.ok()) continue;
    if (!media::write_png(*pixels, nowhere, for_png).ok()) std::abort();
    const bool fits = pixels->depth_bits == 8 && pixels->bands % 2 == 1;
    if (fits && !media::write_jpeg(*pixels, nowhere, kOptions, for_jpeg).ok()) std::abort();
  }
}

}  // namespace vseal::fuzz
