#include "base/atomic_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <utility>

namespace vseal {
namespace {

std::string directory_of(const std::string& path) {
  const std::filesystem::path parent = std::filesystem::path(path).parent_path();
  return parent.empty() ? "." : parent.string();
}

// A sibling name of `target` that no other process or thread picks: ".NAME.PID-N.vseal-tmp".
std::string sibling_name(const std::string& target) {
  static std::atomic<unsigned> counter{0};
  const std::filesystem::path path(target);
  const std::string name = "." + path.filename().string() + "." + std::to_string(::getpid()) + "-" +
                           std::to_string(counter.fetch_add(1)) + ".vseal-tmp";
  return (std::filesystem::path(directory_of(target)) / name).string();
}

// Permissions a plain open(O_CREAT) would give, or those of the file that is replaced.
mode_t mode_for(const std::string& target) {
  struct stat info {};
  if (::stat(target.c_str(), &info) == 0) return info.st_mode & 0777;
  const mode_t mask = ::umask(0);
  ::umask(mask);
  return 0666 & ~mask;
}

std::string system_text(const std::string& path) { return path + ": " + std::strerror(errno); }

Status sync_directory(const std::string& path) {
  const int fd = ::open(directory_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return io_error(system_text(directory_of(path)));
  const bool synced = ::fsync(fd) == 0 || errno == EINVAL;
  ::close(fd);
  return synced ? Status() : io_error(system_text(directory_of(path)));
}

}  // namespace

AtomicFile::AtomicFile(AtomicFile&& other) noexcept { *this = std::move(other); }

AtomicFile& AtomicFile::operator=(AtomicFile&& other) noexcept {
  std::swap(target_, other.target_);
  std::swap(temporary_, other.temporary_);
  std::swap(if_exists_, other.if_exists_);
  std::swap(fd_, other.fd_);
  return *this;
}

AtomicFile::~AtomicFile() {
  if (fd_ >= 0) ::close(fd_);
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

Result<AtomicFile> AtomicFile::create(const std::string& path, IfExists if_exists) {
  struct stat info {};
  if (::stat(path.c_str(), &info) == 0) {
    if (S_ISDIR(info.st_mode)) return cannot_create(path + ": is a directory");
    if (if_exists == IfExists::kFail) {
      return cannot_create(path + ": exists already (use --overwrite to replace it)");
    }
  }
  const std::string directory = directory_of(path);
  if (::stat(directory.c_str(), &info) != 0) {
    return cannot_create(path + ": the directory " + directory + " does not exist");
  }
  AtomicFile file;
  file.target_ = path;
  file.if_exists_ = if_exists;
  const mode_t mode = mode_for(path);
  file.fd_ = ::open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, mode);
  if (file.fd_ < 0) {
    const std::string name = sibling_name(path);
    file.fd_ = ::open(name.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, mode);
    if (file.fd_ < 0) return cannot_create(system_text(path));
    file.temporary_ = name;
  }
  // A replaced file keeps its permissions whatever the umask says.
  if (::fchmod(file.fd_, mode) != 0) return cannot_create(system_text(path));
  return file;
}

std::string AtomicFile::writable_path() const {
  return temporary_.empty() ? "/proc/self/fd/" + std::to_string(fd_) : temporary_;
}

Status AtomicFile::write(std::span<const std::byte> bytes) {
  return write_all(fd_, bytes).with_context(target_);
}

Status AtomicFile::link_unnamed() {
  const std::string self = "/proc/self/fd/" + std::to_string(fd_);
  const std::string name = sibling_name(target_);
  if (::linkat(AT_FDCWD, self.c_str(), AT_FDCWD, name.c_str(), AT_SYMLINK_FOLLOW) != 0) {
    return cannot_create(system_text(name));
  }
  temporary_ = name;
  return {};
}

Status AtomicFile::commit() {
  if (fd_ < 0) return internal_error("[atomic_file] commit without an open file");
  if (::fsync(fd_) != 0) return io_error(system_text(target_));
  if (temporary_.empty()) VSEAL_RETURN_IF_ERROR(link_unnamed());
  const int fd = std::exchange(fd_, -1);
  if (::close(fd) != 0) return io_error(system_text(target_));
  if (if_exists_ == IfExists::kFail) {
    // link() refuses an existing name, which rename() would silently replace.
    if (::link(temporary_.c_str(), target_.c_str()) != 0)
      return cannot_create(system_text(target_));
  } else if (::rename(temporary_.c_str(), target_.c_str()) != 0) {
    return cannot_create(system_text(target_));
  }
  ::unlink(temporary_.c_str());
  temporary_.clear();
  return sync_directory(target_);
}

Status write_all(int fd, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return io_error(std::strerror(errno));
    bytes = bytes.subspan(static_cast<size_t>(n));
  }
  return {};
}

Status write_file(const std::string& path, std::span<const std::byte> bytes, IfExists if_exists) {
  VSEAL_ASSIGN_OR_RETURN(AtomicFile file, AtomicFile::create(path, if_exists));
  VSEAL_RETURN_IF_ERROR(file.write(bytes).with_context(path));
  return file.commit();
}

}  // namespace vseal
