// Codecs in C that end a failed call with a long jump, and the files that they write.
#pragma once

#include <array>
#include <csetjmp>
#include <cstddef>
#include <span>
#include <string>

#include "base/status.h"

namespace vseal::media {

// Where a codec jumps to when it gives up, and what it said.
struct CodecFailure {
  std::jmp_buf jump = {};
  std::array<char, 256> text = {};
  bool out_of_memory = false;

  // For a codec's handler of errors: keeps `message` and jumps.
  [[noreturn]] void give_up(const char* message);
  [[noreturn]] void give_up_without_memory();

  // kOutOfMemory, or `code` with the text.
  Status status(Code code) const;
};

// Runs body(), in which a codec may jump; false when it did. A jump runs no destructors: neither
// body nor what it calls may hold anything that has one. Not inlined, so that the caller's
// variables are in memory when a jump comes.
template <typename Body>
[[gnu::noinline]] bool guarded(CodecFailure& failure, const Body& body) {
  if (setjmp(failure.jump) != 0) return false;
  body();
  return true;
}

// A file that a codec writes into: opened and truncated. The first error stays.
class CodecFile {
 public:
  explicit CodecFile(const std::string& path);
  ~CodecFile();
  CodecFile(const CodecFile&) = delete;
  CodecFile& operator=(const CodecFile&) = delete;

  // False after an error.
  bool write(std::span<const std::byte> bytes);
  // kIo where opening, writing or closing failed.
  Status close();
  const Status& status() const { return status_; }

 private:
  int fd_ = -1;
  Status status_;
};

}  // namespace vseal::media
