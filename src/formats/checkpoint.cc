#include "formats/checkpoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <string_view>

#include "base/half.h"
#include "base/mapped_file.h"
#include "formats/torch_checkpoint.h"
#include "formats/zip_archive.h"

namespace vseal::formats {
namespace {

using Bytes = std::span<const std::byte>;

constexpr std::pair<std::string_view, ElementType> kSafetensorsTypes[] = {
    {"F32", ElementType::kF32},  {"F16", ElementType::kF16}, {"BF16", ElementType::kBF16},
    {"F64", ElementType::kF64},  {"I64", ElementType::kI64}, {"I32", ElementType::kI32},
    {"I16", ElementType::kI16},  {"I8", ElementType::kI8},   {"U8", ElementType::kU8},
    {"BOOL", ElementType::kBool}};

std::vector<int64_t> dense_strides(const graph::Shape& shape) {
  std::vector<int64_t> strides(static_cast<size_t>(shape.rank()), 1);
  for (int i = shape.rank() - 2; i >= 0; --i) {
    const size_t k = static_cast<size_t>(i);
    strides[k] = strides[k + 1] * std::max<int64_t>(1, shape[i + 1]);
  }
  return strides;
}

// Types that no network has (U32, F8, ...) are left out.
std::vector<CheckpointTensor> tensors_of(const Safetensors& file) {
  std::vector<CheckpointTensor> tensors;
  for (const StoredTensor& stored : file.tensors()) {
    const auto* type = std::find_if(std::begin(kSafetensorsTypes), std::end(kSafetensorsTypes),
                                    [&](const auto& known) { return known.first == stored.type; });
    if (type == std::end(kSafetensorsTypes)) continue;
    tensors.push_back(
        {stored.name, type->second, stored.shape, dense_strides(stored.shape), stored.bytes});
  }
  return tensors;
}

bool begins_with(Bytes file, std::string_view text, size_t offset = 0) {
  return file.size() >= offset + text.size() &&
         std::memcmp(file.data() + offset, text.data(), text.size()) == 0;
}

// Says what a file is that no reader takes.
Status check_known_others(Bytes file) {
  struct Known {
    std::string_view magic;
    size_t offset;
    const char* name;
  };
  using std::string_view_literals::operator""sv;
  constexpr Known kKnown[] = {{"\x1f\x8b"sv, 0, "a gzip archive"},
                              {"7z\xbc\xaf"sv, 0, "a 7z archive"},
                              {"BZh"sv, 0, "a bzip2 archive"},
                              {"\xfd"
                               "7zXZ"sv,
                               0, "an xz archive"},
                              {"ustar"sv, 257, "a tar archive (PyTorch before 0.1.10)"},
                              {"\x89HDF"sv, 0, "an HDF5 file"},
                              {"GGUF"sv, 0, "a GGUF file"},
                              {"TFL3"sv, 4, "a TFLite model"},
                              {"PK\x05\x06"sv, 0, "an empty zip archive"}};
  for (const Known& known : kKnown) {
    if (begins_with(file, known.magic, known.offset)) {
      return unsupported(std::string("[checkpoint] expected PyTorch or safetensors, got ") +
                         known.name);
    }
  }
  return {};
}

double load(const CheckpointTensor& tensor, const std::byte* p) {
  const auto as = [p]<typename T>(T value) {
    std::memcpy(&value, p, sizeof(T));
    return value;
  };
  switch (tensor.type) {
    case ElementType::kF32:
      return as(float{});
    case ElementType::kF16:
      return half_to_float(as(uint16_t{}));
    case ElementType::kBF16:
      return std::bit_cast<float>(uint32_t{as(uint16_t{})} << 16);
    case ElementType::kF64:
      return as(double{});
    case ElementType::kI64:
      return static_cast<double>(as(int64_t{}));
    case ElementType::kI32:
      return as(int32_t{});
    case ElementType::kI16:
      return as(int16_t{});
    case ElementType::kI8:
      return as(int8_t{});
    case ElementType::kU8:
      return as(uint8_t{});
    case ElementType::kBool:
      return as(uint8_t{}) != 0 ? 1 : 0;
  }
  return 0;
}

int64_t count_of(const graph::Shape& shape) {
  const auto dims = shape.dims();
  return std::find(dims.begin(), dims.end(), 0) == dims.end() ? shape.elements() : 0;
}

}  // namespace

bool is_floating(ElementType type) {
  return type == ElementType::kF32 || type == ElementType::kF16 || type == ElementType::kBF16 ||
         type == ElementType::kF64;
}

size_t element_bytes(ElementType type) {
  switch (type) {
    case ElementType::kF64:
    case ElementType::kI64:
      return 8;
    case ElementType::kF32:
    case ElementType::kI32:
      return 4;
    case ElementType::kF16:
    case ElementType::kBF16:
    case ElementType::kI16:
      return 2;
    case ElementType::kI8:
    case ElementType::kU8:
    case ElementType::kBool:
      return 1;
  }
  return 1;
}

const char* element_name(ElementType type) {
  switch (type) {
    case ElementType::kF32:
      return "f32";
    case ElementType::kF16:
      return "f16";
    case ElementType::kBF16:
      return "bf16";
    case ElementType::kF64:
      return "f64";
    case ElementType::kI64:
      return "i64";
    case ElementType::kI32:
      return "i32";
    case ElementType::kI16:
      return "i16";
    case ElementType::kI8:
      return "i8";
    case ElementType::kU8:
      return "u8";
    case ElementType::kBool:
      return "bool";
  }
  return "unknown";
}

const char* kind_name(CheckpointKind kind) {
  switch (kind) {
    case CheckpointKind::kSafetensors:
      return "safetensors";
    case CheckpointKind::kTorchZip:
      return "PyTorch zip";
    case CheckpointKind::kTorchLegacy:
      return "PyTorch legacy";
    case CheckpointKind::kTorchScript:
      return "TorchScript";
  }
  return "unknown";
}

std::optional<Bytes> contiguous_bytes(const CheckpointTensor& tensor) {
  const auto count = static_cast<size_t>(count_of(tensor.shape));
  const std::vector<int64_t> dense = dense_strides(tensor.shape);
  for (int i = 0; i < tensor.shape.rank() && count > 0; ++i) {
    const size_t k = static_cast<size_t>(i);
    if (tensor.shape[i] > 1 && tensor.strides[k] != dense[k]) return std::nullopt;
  }
  return tensor.storage.first(count * element_bytes(tensor.type));
}

Status read_f32(const CheckpointTensor& tensor, std::span<float> out) {
  const auto count = static_cast<size_t>(count_of(tensor.shape));
  if (out.size() != count) {
    return invalid_argument(fmt::format("[checkpoint] {}: expected room for {} values, got {}",
                                        quote(tensor.name), count, out.size()));
  }
  const size_t rank = tensor.strides.size(), size = element_bytes(tensor.type);
  std::vector<int64_t> index(rank, 0);
  int64_t element = 0;
  for (float& value : out) {
    const std::byte* p = tensor.storage.data() + static_cast<size_t>(element) * size;
    value = static_cast<float>(load(tensor, p));
    for (size_t k = rank; k-- > 0;) {
      element += tensor.strides[k];
      if (++index[k] < tensor.shape[static_cast<int>(k)]) break;
      element -= tensor.strides[k] * index[k];
      index[k] = 0;
    }
  }
  return {};
}

Result<Checkpoint> Checkpoint::open(const std::string& path) {
  VSEAL_ASSIGN_OR_RETURN(MappedFile mapped, MappedFile::open(path));
  auto owner = std::make_shared<const MappedFile>(std::move(mapped));
  auto checkpoint = parse(owner->bytes(), owner);
  if (!checkpoint.ok()) return checkpoint.status().with_context(path);
  return checkpoint;
}

Result<Checkpoint> Checkpoint::parse(Bytes file, std::shared_ptr<const void> owner) {
  Checkpoint checkpoint;
  const bool legacy = sniff_torch_legacy(file);
  if (legacy || ZipArchive::sniff(file)) {
    VSEAL_ASSIGN_OR_RETURN(TorchFile read, legacy ? read_torch_legacy(file) : read_torch_zip(file));
    checkpoint.kind_ = read.kind;
    checkpoint.tensors_ = std::move(read.tensors);
    checkpoint.args_ = std::move(read.args);
  } else {
    VSEAL_RETURN_IF_ERROR(check_known_others(file));
    VSEAL_ASSIGN_OR_RETURN(const Safetensors read, Safetensors::parse(file, owner));
    checkpoint.tensors_ = tensors_of(read);
    checkpoint.metadata_ = read.metadata();
  }
  checkpoint.owner_ = std::move(owner);
  return checkpoint;
}

const CheckpointTensor* Checkpoint::find(const std::string& name) const {
  const auto found =
      std::lower_bound(tensors_.begin(), tensors_.end(), name,
                       [](const CheckpointTensor& tensor, const std::string& wanted) {
                         return tensor.name < wanted;
                       });
  return found != tensors_.end() && found->name == name ? &*found : nullptr;
}

}  // namespace vseal::formats
