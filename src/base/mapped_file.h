// A file read through the page cache, without a copy of it in memory.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "base/status.h"

namespace vseal {

// A read-only mapping of a whole regular file. Movable; the bytes stay valid while it lives.
// The caller must not let another process shrink the file meanwhile. Thread-compatible.
class MappedFile {
 public:
  MappedFile() = default;
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  ~MappedFile();

  // Maps `path`. kNotFound when it cannot be opened, kInvalidArgument when it is no regular file.
  // An empty file maps to an empty span.
  static Result<MappedFile> open(const std::string& path);

  std::span<const std::byte> bytes() const { return {data_, size_}; }

  // Gives the pages that have been read back to the system, which may read them again when they are
  // touched. For files of which every part is read once. Thread-safe.
  void drop_pages() const;

 private:
  const std::byte* data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace vseal
