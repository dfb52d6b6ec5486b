#include "workbench/digest.h"

#include <sodium.h>

#include <algorithm>
#include <array>

namespace vseal::workbench {

std::string sha256_hex(const MappedFile& file) {
  constexpr size_t kChunk = size_t{64} << 20;
  crypto_hash_sha256_state state;
  crypto_hash_sha256_init(&state);
  for (std::span<const std::byte> left = file.bytes(); !left.empty();) {
    const auto chunk = left.first(std::min(kChunk, left.size()));
    crypto_hash_sha256_update(&state, reinterpret_cast<const unsigned char*>(chunk.data()),
                              chunk.size());
    file.drop_pages();
    left = left.subspan(chunk.size());
  }
  std::array<unsigned char, crypto_hash_sha256_BYTES> digest{};
  crypto_hash_sha256_final(&state, digest.data());
  std::array<char, 2 * crypto_hash_sha256_BYTES + 1> hex{};
  sodium_bin2hex(hex.data(), hex.size(), digest.data(), digest.size());
  return hex.data();
}

Result<std::string> sha256_of_file(const std::string& path) {
  VSEAL_ASSIGN_OR_RETURN(const MappedFile file, MappedFile::open(path));
  return sha256_hex(file);
}

}  // namespace vseal::workbench
