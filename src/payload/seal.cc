#include "payload/seal.h"

#include <sodium.h>

#include <array>
#include <string_view>

namespace vseal::payload {
namespace {

constexpr std::string_view kMaskDomain = "vseal mask v1";
constexpr std::string_view kCheckDomain = "vseal check v1";

using Digest = std::array<uint8_t, 32>;

std::vector<uint8_t> pack(std::span<const uint8_t> bits) {
  std::vector<uint8_t> bytes((bits.size() + 7) / 8, 0);
  for (size_t i = 0; i < bits.size(); ++i) bytes[i / 8] |= bits[i] << (7 - i % 8);
  return bytes;
}

Bits unpack(std::span<const uint8_t> bytes, size_t count) {
  Bits bits(count);
  for (size_t i = 0; i < count; ++i) bits[i] = bytes[i / 8] >> (7 - i % 8) & 1;
  return bits;
}

Digest derive(const Key& key, std::string_view domain, const RateId& rate,
              std::span<const uint8_t> data) {
  const std::array<uint8_t, 4> context = {
      static_cast<uint8_t>(rate.bits & 0xFF), static_cast<uint8_t>(rate.bits >> 8),
      static_cast<uint8_t>(rate.capacity_bytes), static_cast<uint8_t>(rate.check_bits)};
  crypto_generichash_state state;
  crypto_generichash_init(&state, key.derived().data(), key.derived().size(), sizeof(Digest));
  crypto_generichash_update(&state, reinterpret_cast<const uint8_t*>(domain.data()), domain.size());
  crypto_generichash_update(&state, context.data(), context.size());
  crypto_generichash_update(&state, data.data(), data.size());
  Digest digest;
  crypto_generichash_final(&state, digest.data(), digest.size());
  sodium_memzero(&state, sizeof(state));
  return digest;
}

}  // namespace

Seal::Seal(const Key& key, const RateId& rate) : key_(key), rate_(rate) {
  Digest seed = derive(key, kMaskDomain, rate, {});
  std::vector<uint8_t> stream((rate.bits + 7) / 8);
  const std::array<uint8_t, crypto_stream_chacha20_ietf_NONCEBYTES> nonce{};
  static_assert(crypto_stream_chacha20_ietf_KEYBYTES == sizeof(Digest));
  crypto_stream_chacha20_ietf(stream.data(), stream.size(), nonce.data(), seed.data());
  mask_ = unpack(stream, rate.bits);
  sodium_memzero(seed.data(), seed.size());
  sodium_memzero(stream.data(), stream.size());
}

Seal::~Seal() { sodium_memzero(mask_.data(), mask_.size()); }

Bits Seal::check(std::span<const uint8_t> body) const {
  return unpack(derive(key_, kCheckDomain, rate_, pack(body)), rate_.check_bits);
}

bool Seal::verify(std::span<const uint8_t> body, std::span<const uint8_t> claimed) const {
  const Bits expected = check(body);
  return claimed.size() == expected.size() &&
         sodium_memcmp(expected.data(), claimed.data(), expected.size()) == 0;
}

}  // namespace vseal::payload
