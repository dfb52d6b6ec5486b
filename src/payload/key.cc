#include "payload/key.h"

#include <fmt/format.h>
#include <sodium.h>

#include <string_view>

namespace vseal::payload {
namespace {

constexpr size_t kLeastKeyBytes = 16;
constexpr std::string_view kDomain = "vseal payload key v1";

}  // namespace

Key::Key(std::span<const uint8_t> bytes) {
  crypto_generichash(derived_, sizeof(derived_), bytes.data(), bytes.size(),
                     reinterpret_cast<const uint8_t*>(kDomain.data()), kDomain.size());
}

Result<Key> Key::from_bytes(std::span<const uint8_t> bytes) {
  if (bytes.size() < kLeastKeyBytes) {
    return invalid_argument(fmt::format("[payload] key: expected at least {} bytes, got {}",
                                        kLeastKeyBytes, bytes.size()));
  }
  if (sodium_init() < 0) return internal_error("[payload] libsodium: cannot be initialised");
  return Key(bytes);
}

Key Key::open() { return Key(std::span<const uint8_t>()); }

Key::~Key() { sodium_memzero(derived_, sizeof(derived_)); }

}  // namespace vseal::payload
