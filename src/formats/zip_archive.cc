// Names of fields are those of APPNOTE.TXT, the zip format's specification.
#include "formats/zip_archive.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>

#include "formats/byte_reader.h"
#include "formats/safetensors.h"

namespace vseal::formats {
namespace {

using Bytes = std::span<const std::byte>;

constexpr uint32_t kLocalSignature = 0x04034b50;
constexpr uint32_t kCentralSignature = 0x02014b50;
constexpr uint32_t kEndSignature = 0x06054b50;
constexpr uint32_t kEnd64Signature = 0x06064b50;
constexpr uint32_t kLocator64Signature = 0x07064b50;
constexpr size_t kEndBytes = 22;
constexpr size_t kLocator64Bytes = 20;
constexpr size_t kMaxCommentBytes = 0xFFFF;
constexpr uint64_t kMaxEntries = 100'000;
constexpr uint32_t kIn64 = 0xFFFFFFFF;
constexpr uint16_t kExtra64 = 0x0001;
constexpr uint16_t kEncrypted = 0x0001;
constexpr uint16_t kHasDescriptor = 0x0008;  // sizes follow the data; local header may hold zeros

Status fault(const std::string& what, const std::string& expected, const std::string& got) {
  return corrupt_input(fmt::format("[zip] {}: expected {}, got {}", what, expected, got));
}
Status entry_fault(std::string_view entry, const std::string& expected, const std::string& got) {
  return fault(quote(std::string(entry)), expected, got);
}

// What the end of the file says of the central directory.
struct Directory {
  uint64_t offset = 0;
  uint64_t bytes = 0;
  uint64_t entries = 0;
  uint64_t end = 0;  // offset of the record that says so
};

// What the central directory says of an entry.
struct CentralEntry {
  std::string_view name;
  uint16_t flags = 0;
  uint16_t method = 0;
  uint32_t crc = 0;
  uint64_t packed_bytes = 0;
  uint64_t bytes = 0;
  uint64_t local_offset = 0;
};

// The offset of the end record: the last signature whose comment fills the rest of the file.
Result<size_t> find_end(Bytes file) {
  if (file.size() < kEndBytes) {
    return fault("file", fmt::format("at least {} bytes", kEndBytes), fmt::to_string(file.size()));
  }
  const size_t last = file.size() - kEndBytes;
  const size_t first = last > kMaxCommentBytes ? last - kMaxCommentBytes : 0;
  for (size_t at = last + 1; at-- > first;) {
    ByteReader reader(file, at);
    if (reader.u32() != kEndSignature) continue;
    reader.take(16);
    if (at + kEndBytes + reader.u16() == file.size()) return at;
  }
  return fault("end of central directory", "a record at the end of the file",
               "none (is the file cut off?)");
}

Status read_end64(Bytes file, size_t end, Directory& directory) {
  if (end < kLocator64Bytes) return fault("zip64 locator", "one", "none");
  ByteReader locator(file, end - kLocator64Bytes);
  if (locator.u32() != kLocator64Signature) return fault("zip64 locator", "one", "none");
  locator.u32();  // disk
  const uint64_t offset = locator.u64();
  ByteReader reader(file, static_cast<size_t>(std::min<uint64_t>(offset, file.size())));
  if (reader.u32() != kEnd64Signature) return fault("zip64 end record", "one", "none");
  reader.take(8 + 2 + 2);  // its size, versions
  const uint32_t disk = reader.u32(), directory_disk = reader.u32();
  const uint64_t here = reader.u64();
  directory.entries = reader.u64();
  directory.bytes = reader.u64();
  directory.offset = reader.u64();
  directory.end = offset;
  if (reader.failed()) return fault("zip64 end record", "56 bytes", "less");
  if (disk != 0 || directory_disk != 0 || here != directory.entries) {
    return fault("zip64 end record", "one disk", "several");
  }
  return {};
}

Result<Directory> read_end(Bytes file) {
  VSEAL_ASSIGN_OR_RETURN(const size_t end, find_end(file));
  ByteReader reader(file, end + 4);
  const uint16_t disk = reader.u16(), directory_disk = reader.u16(), here = reader.u16();
  Directory directory;
  directory.entries = reader.u16();
  directory.bytes = reader.u32();
  directory.offset = reader.u32();
  directory.end = end;
  const bool is64 =
      directory.entries == 0xFFFF || directory.bytes == kIn64 || directory.offset == kIn64;
  if (is64) {
    VSEAL_RETURN_IF_ERROR(read_end64(file, end, directory));
  } else if (disk != 0 || directory_disk != 0 || here != directory.entries) {
    return fault("end record", "one disk", "several");
  }
  if (directory.entries > kMaxEntries) {
    return fault("entries", fmt::format("at most {}", kMaxEntries),
                 fmt::to_string(directory.entries));
  }
  if (directory.offset > directory.end || directory.bytes > directory.end - directory.offset) {
    return fault("central directory", fmt::format("one before byte {}", directory.end),
                 fmt::format("{} bytes at {}", directory.bytes, directory.offset));
  }
  return directory;
}

// The 64-bit values of an extra field, for those of the 32-bit ones that ask for them.
Status read_extra64(Bytes extra, std::initializer_list<uint64_t*> fields, std::string_view name) {
  ByteReader reader(extra);
  while (reader.left() >= 4) {
    const uint16_t kind = reader.u16();
    const Bytes body = reader.take(reader.u16());
    if (reader.failed()) return entry_fault(name, "whole extra fields", "a cut one");
    if (kind != kExtra64) continue;
    ByteReader values(body);
    for (uint64_t* field : fields) {
      if (*field == kIn64) *field = values.u64();
    }
    if (values.failed()) return entry_fault(name, "64-bit sizes in its extra field", "fewer");
    return {};
  }
  for (const uint64_t* field : fields) {
    if (*field == kIn64) return entry_fault(name, "a zip64 extra field", "none");
  }
  return {};
}

Result<CentralEntry> read_central(ByteReader& reader) {
  CentralEntry entry;
  const uint32_t signature = reader.u32();
  reader.take(4);  // versions
  entry.flags = reader.u16();
  entry.method = reader.u16();
  reader.take(4);  // time, date
  entry.crc = reader.u32();
  entry.packed_bytes = reader.u32();
  entry.bytes = reader.u32();
  const uint16_t name_bytes = reader.u16(), extra_bytes = reader.u16(),
                 comment_bytes = reader.u16();
  const uint16_t disk = reader.u16();
  reader.take(6);  // attributes
  entry.local_offset = reader.u32();
  entry.name = reader.text(name_bytes);
  const Bytes extra = reader.take(extra_bytes);
  reader.take(comment_bytes);
  if (signature != kCentralSignature) {
    return fault("central directory", "an entry", "other bytes or their end");
  }
  if (reader.failed()) return fault("central directory", "whole entries", "a cut one");
  if (disk != 0) return entry_fault(entry.name, "one disk", "several");
  if (entry.name.empty()) return fault("central directory", "entries with names", "an empty one");
  VSEAL_RETURN_IF_ERROR(
      read_extra64(extra, {&entry.bytes, &entry.packed_bytes, &entry.local_offset}, entry.name));
  return entry;
}

Status check_kind(const CentralEntry& entry) {
  if ((entry.flags & kEncrypted) != 0) {
    return unsupported("[zip] " + quote(std::string(entry.name)) + ": is encrypted");
  }
  if (entry.method != 0) return {};
  if (entry.packed_bytes == entry.bytes) return {};
  return entry_fault(entry.name, fmt::format("{} stored bytes", entry.bytes),
                     fmt::to_string(entry.packed_bytes));
}

// The entry's data, which end before `limit`, after its local header has said the same.
Result<Bytes> locate(Bytes file, uint64_t limit, const CentralEntry& entry) {
  if (entry.local_offset >= limit) {
    return entry_fault(entry.name, fmt::format("a place before byte {}", limit),
                       fmt::to_string(entry.local_offset));
  }
  ByteReader reader(file.first(static_cast<size_t>(limit)),
                    static_cast<size_t>(entry.local_offset));
  const uint32_t signature = reader.u32();
  reader.take(2);  // version
  const uint16_t flags = reader.u16(), method = reader.u16();
  reader.take(4);  // time, date
  const uint32_t crc = reader.u32();
  uint64_t packed_bytes = reader.u32(), bytes = reader.u32();
  const uint16_t name_bytes = reader.u16(), extra_bytes = reader.u16();
  const std::string_view name = reader.text(name_bytes);
  const Bytes extra = reader.take(extra_bytes);
  if (reader.failed() || signature != kLocalSignature) {
    return entry_fault(entry.name, "a local header", reader.failed() ? "a cut one" : "other bytes");
  }
  if (name != entry.name) return entry_fault(entry.name, "its name", quote(std::string(name)));
  if (method != entry.method || (flags & kEncrypted) != 0) {
    return entry_fault(entry.name, "one method", "another in its local header");
  }
  VSEAL_RETURN_IF_ERROR(read_extra64(extra, {&bytes, &packed_bytes}, entry.name));
  const bool later = (flags & kHasDescriptor) != 0 && crc == 0 && packed_bytes == 0 && bytes == 0;
  if (!later && (crc != entry.crc || packed_bytes != entry.packed_bytes || bytes != entry.bytes)) {
    return entry_fault(entry.name, fmt::format("{} bytes", entry.bytes),
                       fmt::format("{} in its local header, or another checksum", bytes));
  }
  const Bytes data = reader.take(entry.packed_bytes);
  if (!reader.failed()) return data;
  return entry_fault(entry.name, fmt::format("{} bytes before byte {}", entry.bytes, limit),
                     "less");
}

// Extents of an entry in the file, local header included.
struct Extent {
  uint64_t begin;
  uint64_t end;
  std::string_view name;
};

Status check_disjoint(std::vector<Extent> extents) {
  std::sort(extents.begin(), extents.end(),
            [](const Extent& a, const Extent& b) { return a.begin < b.begin; });
  for (size_t i = 1; i < extents.size(); ++i) {
    if (extents[i].begin >= extents[i - 1].end) continue;
    return entry_fault(extents[i].name, "a place of its own",
                       "one that overlaps " + quote(std::string(extents[i - 1].name)));
  }
  return {};
}

}  // namespace

bool ZipArchive::sniff(Bytes file) { return ByteReader(file).u32() == kLocalSignature; }

Result<ZipArchive> ZipArchive::parse(Bytes file) {
  VSEAL_ASSIGN_OR_RETURN(const Directory directory, read_end(file));
  ByteReader reader(
      file.subspan(static_cast<size_t>(directory.offset), static_cast<size_t>(directory.bytes)));
  ZipArchive archive;
  std::vector<Extent> extents;
  for (uint64_t i = 0; i < directory.entries; ++i) {
    VSEAL_ASSIGN_OR_RETURN(const CentralEntry entry, read_central(reader));
    VSEAL_RETURN_IF_ERROR(check_kind(entry));
    VSEAL_ASSIGN_OR_RETURN(const Bytes data, locate(file, directory.offset, entry));
    const auto end = static_cast<uint64_t>(data.data() + data.size() - file.data());
    extents.push_back({entry.local_offset, end, entry.name});
    archive.entries_.push_back({entry.name, data, entry.crc, entry.method});
  }
  if (reader.left() != 0) {
    return fault("central directory", fmt::format("{} entries", directory.entries), "more bytes");
  }
  VSEAL_RETURN_IF_ERROR(check_disjoint(std::move(extents)));
  auto& entries = archive.entries_;
  std::sort(entries.begin(), entries.end(),
            [](const ZipEntry& a, const ZipEntry& b) { return a.name < b.name; });
  const auto twice =
      std::adjacent_find(entries.begin(), entries.end(),
                         [](const ZipEntry& a, const ZipEntry& b) { return a.name == b.name; });
  if (twice != entries.end()) return entry_fault(twice->name, "one entry of that name", "two");
  return archive;
}

const ZipEntry* ZipArchive::find(std::string_view name) const {
  const auto found = std::lower_bound(
      entries_.begin(), entries_.end(), name,
      [](const ZipEntry& entry, std::string_view wanted) { return entry.name < wanted; });
  return found != entries_.end() && found->name == name ? &*found : nullptr;
}

Result<const ZipEntry*> ZipArchive::stored(std::string_view name) const {
  const ZipEntry* entry = find(name);
  if (entry == nullptr) return entry_fault(name, "an entry", "none");
  if (entry->method == 0) return entry;
  return unsupported(fmt::format("[zip] {}: expected a stored entry, got method {}",
                                 quote(std::string(name)), entry->method));
}

Status check_crc(const ZipEntry& entry) {
  const uLong crc =
      ::crc32_z(0, reinterpret_cast<const Bytef*>(entry.data.data()), entry.data.size());
  if (crc == entry.crc32) return {};
  return entry_fault(entry.name, fmt::format("checksum {:08x}", entry.crc32),
                     fmt::format("{:08x}", crc));
}

}  // namespace vseal::formats
