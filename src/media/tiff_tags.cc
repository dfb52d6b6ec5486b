#include "media/tiff_tags.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <fstream>
#include <optional>

namespace vseal::media {
namespace {

constexpr uint16_t kExifDirectory = 34665, kGpsDirectory = 34853, kInteropDirectory = 40965;
constexpr uint16_t kLong = 4;
constexpr size_t kHeaderBytes = 8, kRecordBytes = 12, kInlineBytes = 4;
constexpr size_t kMostEntries = 1000;
constexpr uint64_t kMostBytes = 16 << 20;

// DocumentName, Make, Model, PageName, Software, DateTime, Artist, HostComputer, Rating, Copyright,
// DateTimeOriginal, and what Windows adds. Descriptions, profiles and XMP go through libvips.
constexpr uint16_t kMainTags[] = {269,   271,   272,   285,   305,   306,   315,   316,
                                  18246, 33432, 36867, 40091, 40092, 40093, 40094, 40095};

// By type: bytes of a value, and of the numbers that it is made of (a fraction has two).
constexpr size_t kValueBytes[] = {0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8};
constexpr size_t kNumberBytes[] = {0, 1, 1, 2, 4, 4, 1, 1, 2, 4, 4, 4, 8};

// Numbers of either byte order; past the end there are zeros.
class TiffBytes {
 public:
  TiffBytes(std::span<const std::byte> file, bool big_endian)
      : file_(file), big_endian_(big_endian) {}
  size_t size() const { return file_.size(); }
  uint32_t number(uint64_t at, size_t bytes) const {
    uint32_t value = 0;
    for (size_t i = 0; i < bytes; ++i) {
      const uint64_t from = at + (big_endian_ ? i : bytes - 1 - i);
      const auto byte = from < file_.size() ? file_[static_cast<size_t>(from)] : std::byte{0};
      value = value << 8 | static_cast<uint32_t>(byte);
    }
    return value;
  }
  // Must lie in the file.
  std::vector<std::byte> little_endian(size_t at, size_t bytes, size_t number_bytes) const {
    std::vector<std::byte> out(file_.begin() + static_cast<ptrdiff_t>(at),
                               file_.begin() + static_cast<ptrdiff_t>(at + bytes));
    if (!big_endian_) return out;
    for (auto it = out.begin(); it != out.end(); it += static_cast<ptrdiff_t>(number_bytes)) {
      std::reverse(it, it + static_cast<ptrdiff_t>(number_bytes));
    }
    return out;
  }

 private:
  std::span<const std::byte> file_;
  bool big_endian_;
};

// Nothing when it is no TIFF.
std::optional<TiffBytes> open_tiff(std::span<const std::byte> file) {
  if (file.size() < kHeaderBytes) return std::nullopt;
  const bool big_endian = std::memcmp(file.data(), "MM\0*", 4) == 0;
  if (!big_endian && std::memcmp(file.data(), "II*\0", 4) != 0) return std::nullopt;
  return TiffBytes(file, big_endian);
}

std::vector<TiffEntry> read_directory(const TiffBytes& file, uint32_t offset) {
  std::vector<TiffEntry> entries;
  const size_t count = std::min<size_t>(file.number(offset, 2), kMostEntries);
  uint64_t total = 0;
  for (size_t i = 0; i < count; ++i) {
    const uint64_t at = uint64_t{offset} + 2 + kRecordBytes * i;
    TiffEntry entry;
    entry.tag = static_cast<uint16_t>(file.number(at, 2));
    entry.type = static_cast<uint16_t>(file.number(at + 2, 2));
    entry.count = file.number(at + 4, 4);
    if (entry.type == 0 || entry.type >= std::size(kValueBytes)) continue;
    const uint64_t bytes = entry.count * uint64_t{kValueBytes[entry.type]};
    const uint64_t from = bytes <= kInlineBytes ? at + 8 : file.number(at + 8, 4);
    if (from + bytes > file.size() || total + bytes > kMostBytes) continue;
    total += bytes;
    entry.value = file.little_endian(static_cast<size_t>(from), static_cast<size_t>(bytes),
                                     kNumberBytes[entry.type]);
    entries.push_back(std::move(entry));
  }
  return entries;
}

template <typename T>
void append(std::vector<std::byte>& out, T value) {
  for (size_t i = 0; i < sizeof(T); ++i) out.push_back(static_cast<std::byte>(value >> (8 * i)));
}

// An entry as it stands in a directory.
using Record = std::array<std::byte, kRecordBytes>;

uint16_t tag_of(const Record& record) {
  return static_cast<uint16_t>(std::to_integer<int>(record[0]) | std::to_integer<int>(record[1])
                                                                     << 8);
}

// Bytes that come behind the end of a TIFF.
class Appendix {
 public:
  explicit Appendix(uint64_t file_bytes) : start_(file_bytes) {}
  uint64_t end() const { return start_ + bytes_.size(); }
  const std::vector<std::byte>& bytes() const { return bytes_; }

  Record add(const TiffEntry& entry) {
    std::vector<std::byte> out;
    append(out, entry.tag);
    append(out, entry.type);
    append(out, entry.count);
    if (entry.value.size() > kInlineBytes) {
      append(out, place());
      bytes_.insert(bytes_.end(), entry.value.begin(), entry.value.end());
    } else {
      out.insert(out.end(), entry.value.begin(), entry.value.end());
    }
    Record record{};
    std::ranges::copy(out, record.begin());
    return record;
  }

  // Returns where it begins. `next` is the place of the next picture's directory.
  uint32_t add_directory(std::vector<Record> records, uint32_t next) {
    std::ranges::sort(records, {}, tag_of);
    const uint32_t begin = place();
    append(bytes_, static_cast<uint16_t>(records.size()));
    for (const Record& record : records) {
      bytes_.insert(bytes_.end(), record.begin(), record.end());
    }
    append(bytes_, next);
    return begin;
  }

  Record add_pointer(uint16_t tag, const std::vector<TiffEntry>& entries) {
    std::vector<Record> records;
    records.reserve(entries.size());
    for (const TiffEntry& entry : entries) records.push_back(add(entry));
    TiffEntry pointer{tag, kLong, 1, {}};
    append(pointer.value, add_directory(std::move(records), 0));
    return add(pointer);
  }

 private:
  // The end, made even: where values and directories must begin.
  uint32_t place() {
    if (end() % 2 != 0) bytes_.push_back(std::byte{0});
    return static_cast<uint32_t>(end());
  }

  uint64_t start_;
  std::vector<std::byte> bytes_;
};

bool read_at(std::fstream& file, uint64_t at, std::span<std::byte> out) {
  file.seekg(static_cast<std::streamoff>(at));
  return static_cast<bool>(
      file.read(reinterpret_cast<char*>(out.data()), static_cast<std::streamsize>(out.size())));
}

bool write_at(std::fstream& file, uint64_t at, std::span<const std::byte> bytes) {
  file.seekp(static_cast<std::streamoff>(at));
  return static_cast<bool>(file.write(reinterpret_cast<const char*>(bytes.data()),
                                      static_cast<std::streamsize>(bytes.size())));
}

// The first directory of the open TIFF and the place of the next one; false when there is none.
bool read_records(std::fstream& file, std::vector<Record>& records, uint32_t& next) {
  std::array<std::byte, kHeaderBytes> header{};
  if (!read_at(file, 0, header) || std::memcmp(header.data(), "II*\0", 4) != 0) return false;
  const uint32_t offset = TiffBytes(header, false).number(4, 4);
  std::array<std::byte, 2> count{};
  if (!read_at(file, offset, count)) return false;
  records.resize(TiffBytes(count, false).number(0, 2));
  std::array<std::byte, 4> last{};
  const std::span<std::byte> bytes = std::as_writable_bytes(std::span(records));
  if (!read_at(file, offset + 2, bytes) || !read_at(file, offset + 2 + bytes.size(), last)) {
    return false;
  }
  next = TiffBytes(last, false).number(0, 4);
  return true;
}

}  // namespace

TiffTags read_tiff_tags(std::span<const std::byte> file) {
  TiffTags tags;
  const std::optional<TiffBytes> opened = open_tiff(file);
  if (!opened.has_value()) return tags;
  const TiffBytes& bytes = *opened;
  for (TiffEntry& entry : read_directory(bytes, bytes.number(4, 4))) {
    const bool pointer = entry.type == kLong && entry.count == 1;
    const uint32_t offset = pointer ? TiffBytes(entry.value, false).number(0, 4) : 0;
    if (pointer && entry.tag == kExifDirectory) tags.exif = read_directory(bytes, offset);
    if (pointer && entry.tag == kGpsDirectory) tags.gps = read_directory(bytes, offset);
    if (std::ranges::find(kMainTags, entry.tag) == std::end(kMainTags)) continue;
    tags.main.push_back(std::move(entry));
  }
  std::erase_if(tags.exif, [](const TiffEntry& entry) { return entry.tag == kInteropDirectory; });
  return tags;
}

ExifDisplay read_exif_display(std::span<const std::byte> exif) {
  constexpr uint16_t kOrientation = 274, kAcross = 282, kDown = 283, kUnit = 296;
  constexpr uint16_t kFraction = 5, kCentimetre = 3;
  ExifDisplay display;
  const std::optional<TiffBytes> bytes = open_tiff(exif);
  if (!bytes.has_value()) return display;
  double units_per_metre = 1 / 0.0254;
  for (const TiffEntry& entry : read_directory(*bytes, bytes->number(4, 4))) {
    if (entry.count != 1) continue;
    const TiffBytes value(entry.value, false);
    const uint32_t number = value.number(0, kNumberBytes[entry.type]);
    const uint32_t below = entry.type == kFraction ? value.number(4, 4) : 1;
    const double ratio = below == 0 ? 0 : static_cast<double>(number) / below;
    if (entry.tag == kOrientation && number >= 1 && number <= 8) {
      display.orientation = static_cast<int>(number);
    }
    if (entry.tag == kAcross) display.x_per_metre = ratio;
    if (entry.tag == kDown) display.y_per_metre = ratio;
    if (entry.tag == kUnit && number == kCentimetre) units_per_metre = 100;
    if (entry.tag == kUnit && number == 1) units_per_metre = 0;
  }
  display.x_per_metre *= units_per_metre;
  display.y_per_metre *= units_per_metre;
  return display;
}

Status add_tiff_tags(const TiffTags& tags, const std::string& path) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  std::vector<Record> records;
  uint32_t next = 0;
  if (!file || !read_records(file, records, next)) {
    return io_error("[tiff] tags: expected a little-endian TIFF to add them to");
  }
  file.seekg(0, std::ios::end);
  Appendix appendix(static_cast<uint64_t>(file.tellg()));
  const auto has = [&](uint16_t tag) {
    return std::ranges::find(records, tag, tag_of) != records.end();
  };
  for (const TiffEntry& entry : tags.main) {
    if (!has(entry.tag)) records.push_back(appendix.add(entry));
  }
  if (!tags.exif.empty()) records.push_back(appendix.add_pointer(kExifDirectory, tags.exif));
  if (!tags.gps.empty()) records.push_back(appendix.add_pointer(kGpsDirectory, tags.gps));
  const uint64_t old_end = appendix.end() - appendix.bytes().size();
  std::vector<std::byte> first;
  append(first, appendix.add_directory(std::move(records), next));
  if (appendix.end() > UINT32_MAX) return io_error("[tiff] tags: expected a file below 4 GB");
  if (!write_at(file, old_end, appendix.bytes()) || !write_at(file, 4, first) || !file.flush()) {
    return io_error("[tiff] tags: cannot write them");
  }
  return {};
}

}  // namespace vseal::media
