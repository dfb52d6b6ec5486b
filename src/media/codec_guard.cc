#include "media/codec_guard.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "base/atomic_file.h"

namespace vseal::media {

void CodecFailure::give_up(const char* message) {
  std::snprintf(text.data(), text.size(), "%s", message);
  std::longjmp(jump, 1);
}

void CodecFailure::give_up_without_memory() {
  out_of_memory = true;
  give_up("no memory");
}

Status CodecFailure::status(Code code) const {
  return {out_of_memory ? Code::kOutOfMemory : code, text.data()};
}

CodecFile::CodecFile(const std::string& path)
    : fd_(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666)) {
  if (fd_ < 0) status_ = io_error(std::strerror(errno));
}

CodecFile::~CodecFile() { static_cast<void>(close()); }

bool CodecFile::write(std::span<const std::byte> bytes) {
  if (status_.ok()) status_ = write_all(fd_, bytes);
  return status_.ok();
}

Status CodecFile::close() {
  const int fd = std::exchange(fd_, -1);
  if (fd >= 0 && ::close(fd) != 0 && status_.ok()) status_ = io_error(std::strerror(errno));
  return status_;
}

}  // namespace vseal::media
