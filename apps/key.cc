#include "apps/key.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>

namespace vseal::cli {
namespace {

constexpr size_t kMinKeyBytes = 16;
constexpr size_t kMaxKeyBytes = 4096;

Error too_short(const std::string& source, size_t size) {
  return {VSEAL_INVALID_ARGUMENT, source + ": a key has at least " + std::to_string(kMinKeyBytes) +
                                      " bytes, this one " + std::to_string(size)};
}

Expected<std::vector<uint8_t>> read_key_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return Error{VSEAL_NOT_FOUND, path + ": " + std::strerror(errno)};
  std::vector<uint8_t> key(kMaxKeyBytes + 1);
  in.read(reinterpret_cast<char*>(key.data()), static_cast<std::streamsize>(key.size()));
  key.resize(static_cast<size_t>(in.gcount()));
  if (key.size() > kMaxKeyBytes) {
    return Error{VSEAL_INVALID_ARGUMENT,
                 path + ": a key has at most " + std::to_string(kMaxKeyBytes) + " bytes"};
  }
  if (!key.empty() && key.back() == '\n') key.pop_back();
  if (key.size() < kMinKeyBytes) return too_short(path, key.size());
  return key;
}

}  // namespace

Expected<std::vector<uint8_t>> find_key(const std::string& key_file) {
  if (!key_file.empty()) return read_key_file(key_file);
  if (const char* text = std::getenv("VSEAL_KEY"); text != nullptr && *text != '\0') {
    std::vector<uint8_t> key(text, text + std::strlen(text));
    if (key.size() < kMinKeyBytes) return too_short("VSEAL_KEY", key.size());
    return key;
  }
  if (const char* path = std::getenv("VSEAL_KEY_FILE"); path != nullptr && *path != '\0') {
    return read_key_file(path);
  }
  return std::vector<uint8_t>{};
}

}  // namespace vseal::cli
