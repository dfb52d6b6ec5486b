#include "formats/safetensors.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "base/mapped_file.h"
#include "formats/safetensors_header.h"

namespace vseal::formats {
namespace {

constexpr size_t kLengthBytes = 8;
constexpr uint64_t kMaxHeaderBytes = 100'000'000;  // the format's own limit

struct StoredType {
  std::string_view name;
  uint64_t bytes;
  std::optional<graph::DType> dtype;
};

constexpr std::array<StoredType, 13> kTypes = {{
    {"F32", 4, graph::DType::kF32},
    {"F16", 2, graph::DType::kF16},
    {"I8", 1, graph::DType::kI8},
    {"U8", 1, graph::DType::kU8},
    {"I32", 4, graph::DType::kI32},
    {"BF16", 2, graph::DType::kBF16},
    {"F64", 8, std::nullopt},
    {"I64", 8, std::nullopt},
    {"U64", 8, std::nullopt},
    {"U32", 4, std::nullopt},
    {"I16", 2, std::nullopt},
    {"U16", 2, std::nullopt},
    {"BOOL", 1, std::nullopt},
}};

// Bytes of a tensor of these extents, or none when they overflow.
std::optional<uint64_t> size_of(uint64_t type_bytes, const std::vector<int64_t>& dims) {
  uint64_t product = type_bytes;
  for (const int64_t dim : dims) {
    if (__builtin_mul_overflow(product, static_cast<uint64_t>(dim), &product)) return std::nullopt;
  }
  return product;
}

// The header's text, its length checked against the file's.
Result<std::string_view> header_text(std::span<const std::byte> file) {
  if (file.size() < kLengthBytes) {
    return corrupt_input(fmt::format("file: expected at least 8 bytes, got {}", file.size()));
  }
  uint64_t length = 0;
  for (size_t i = kLengthBytes; i-- > 0;) length = length << 8 | static_cast<uint64_t>(file[i]);
  const uint64_t limit = std::min<uint64_t>(kMaxHeaderBytes, file.size() - kLengthBytes);
  if (length > limit) {
    return corrupt_input(fmt::format("header: expected at most {} bytes, got {}", limit, length));
  }
  const auto* text = reinterpret_cast<const char*>(file.data() + kLengthBytes);
  if (length == 0 || text[0] != '{') return corrupt_input("header: expected to begin with {");
  return std::string_view(text, length);
}

// The view that `entry` describes, when its range is what type and shape say. `end` <= data.size().
Result<StoredTensor> view_of(HeaderEntry entry, std::span<const std::byte> data) {
  const auto type = std::find_if(kTypes.begin(), kTypes.end(),
                                 [&](const StoredType& t) { return t.name == entry.type; });
  if (type == kTypes.end()) {
    return unsupported(fmt::format("{}: unknown dtype {}", quote(entry.name), quote(entry.type)));
  }
  const std::optional<uint64_t> expected = size_of(type->bytes, entry.dims);
  const uint64_t length = entry.end - entry.begin;
  graph::Shape shape(std::move(entry.dims));
  if (!expected.has_value() || *expected != length) {
    return corrupt_input(fmt::format("{}: expected {} bytes for {}{}, got {}", quote(entry.name),
                                     expected ? fmt::to_string(*expected) : "fewer than 2^64",
                                     entry.type, shape.text(), length));
  }
  return StoredTensor{std::move(entry.name), std::move(entry.type), type->dtype, std::move(shape),
                      data.subspan(entry.begin, length)};
}

// Checks that the ranges, in order of their place, fill the data exactly.
Status check_ranges(std::vector<HeaderEntry>& entries, uint64_t data_size) {
  std::sort(entries.begin(), entries.end(), [](const HeaderEntry& a, const HeaderEntry& b) {
    return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
  });
  uint64_t filled = 0;
  for (const HeaderEntry& entry : entries) {
    if (entry.end < entry.begin || entry.end > data_size) {
      return corrupt_input(fmt::format("{}: expected a range within {} bytes, got [{},{}]",
                                       quote(entry.name), data_size, entry.begin, entry.end));
    }
    if (entry.begin != filled) {
      return corrupt_input(fmt::format(
          "{}: {} before it: expected to begin at {}, got {}", quote(entry.name),
          entry.begin < filled ? "overlaps what lies" : "a hole lies", filled, entry.begin));
    }
    filled = entry.end;
  }
  if (filled == data_size) return {};
  return corrupt_input(
      fmt::format("data: expected {} bytes of tensors, got {}", data_size, filled));
}

}  // namespace

std::string quote(const std::string& text) {
  constexpr size_t kShown = 80;
  if (text.size() <= kShown) return fmt::format("{:?}", text);
  return fmt::format("{:?}...", text.substr(0, kShown));
}

Result<Safetensors> Safetensors::open(const std::string& path) {
  VSEAL_ASSIGN_OR_RETURN(MappedFile mapped, MappedFile::open(path));
  auto owner = std::make_shared<const MappedFile>(std::move(mapped));
  Result<Safetensors> file = parse(owner->bytes(), owner);
  if (!file.ok()) return file.status().with_context(path);
  return file;
}

Result<Safetensors> Safetensors::parse(std::span<const std::byte> file,
                                       std::shared_ptr<const void> owner) {
  Safetensors result;
  result.owner_ = std::move(owner);
  const Status status = result.read(file);
  if (!status.ok()) return Status(status.code(), "[safetensors] " + status.message());
  return result;
}

Status Safetensors::read(std::span<const std::byte> file) {
  VSEAL_ASSIGN_OR_RETURN(const std::string_view text, header_text(file));
  VSEAL_ASSIGN_OR_RETURN(Header header, parse_header(text));
  const std::span<const std::byte> data = file.subspan(kLengthBytes + text.size());
  VSEAL_RETURN_IF_ERROR(check_ranges(header.entries, data.size()));
  metadata_ = std::move(header.metadata);
  for (HeaderEntry& entry : header.entries) {
    VSEAL_ASSIGN_OR_RETURN(StoredTensor tensor, view_of(std::move(entry), data));
    tensors_.push_back(std::move(tensor));
  }
  std::sort(tensors_.begin(), tensors_.end(),
            [](const StoredTensor& a, const StoredTensor& b) { return a.name < b.name; });
  return {};
}

const StoredTensor* Safetensors::find(const std::string& name) const {
  const auto at = std::lower_bound(
      tensors_.begin(), tensors_.end(), name,
      [](const StoredTensor& tensor, const std::string& wanted) { return tensor.name < wanted; });
  return at != tensors_.end() && at->name == name ? &*at : nullptr;
}

}  // namespace vseal::formats
