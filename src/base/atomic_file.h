// An output file that appears whole or not at all.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "base/status.h"

namespace vseal {

enum class IfExists { kFail, kOverwrite };

// Writes under a temporary name in the target's directory; commit() syncs and renames it. A file
// that is not committed is removed by the destructor. Where the file system has unnamed files
// (O_TMPFILE) nothing is left behind even on kill -9. Movable, not copyable. Thread-compatible.
class AtomicFile {
 public:
  AtomicFile() = default;
  AtomicFile(AtomicFile&& other) noexcept;
  AtomicFile& operator=(AtomicFile&& other) noexcept;
  ~AtomicFile();

  // Opens a temporary for `path`. kCannotCreate when the directory is missing or not writable, or
  // when `path` exists and `if_exists` is kFail.
  static Result<AtomicFile> create(const std::string& path, IfExists if_exists);

  // Descriptor to write to, read-write, positioned anywhere the caller likes. Owned by this object.
  int fd() const { return fd_; }

  // A path that other libraries can open for reading and writing while this object lives
  // (/proc/self/fd/N for an unnamed file).
  std::string writable_path() const;

  // Appends all of `bytes` at the descriptor's position. kIo with the system's text.
  Status write(std::span<const std::byte> bytes);

  // Syncs the data, gives the file its name (replacing an older one only under kOverwrite) and
  // syncs the directory. After an error the target is what it was before.
  Status commit();

 private:
  Status link_unnamed();

  std::string target_;
  std::string temporary_;  // empty for an unnamed file
  IfExists if_exists_ = IfExists::kFail;
  int fd_ = -1;
};

// Writes all of `bytes` to a descriptor, retrying short writes. kIo on failure.
Status write_all(int fd, std::span<const std::byte> bytes);

// A whole AtomicFile: created, written and committed. Errors name the path.
Status write_file(const std::string& path, std::span<const std::byte> bytes, IfExists if_exists);

}  // namespace vseal
