// The zip container as PyTorch writes it: what matters is stored, and read in place.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace vseal::formats {

// One entry. Views of the file.
struct ZipEntry {
  std::string_view name;
  std::span<const std::byte> data;  // as it lies in the file
  uint32_t crc32 = 0;               // as stated; check_crc() says whether it is true
  uint16_t method = 0;              // 0: stored; else the data is compressed
};

// A read archive. Believes the central directory alone and trusts nothing: every entry has one name
// and one place, its local header says the same of it, none is encrypted, and no two entries
// overlap. Compressed ones (TorchScript's code) are listed and cannot be read. zip64 is understood.
// Immutable; the views live as long as the file's bytes.
class ZipArchive {
 public:
  // Whether the file begins like an archive.
  static bool sniff(std::span<const std::byte> file);

  // kCorruptInput "[zip] what: expected ..., got ..." naming the entry, kUnsupported for what zip
  // allows and PyTorch does not write.
  static Result<ZipArchive> parse(std::span<const std::byte> file);

  const std::vector<ZipEntry>& entries() const { return entries_; }  // sorted by name
  const ZipEntry* find(std::string_view name) const;                 // null when missing
  // The stored entry of that name: kCorruptInput when there is none, kUnsupported when it is
  // compressed.
  Result<const ZipEntry*> stored(std::string_view name) const;

 private:
  std::vector<ZipEntry> entries_;
};

// Reads the whole entry. kCorruptInput when its checksum is not the stated one.
Status check_crc(const ZipEntry& entry);

}  // namespace vseal::formats
