#include "random_codec.h"

#include <span>

namespace vseal::bench {

std::vector<Secret> random_secrets(int count, std::mt19937_64& random) {
  std::vector<Secret> secrets(static_cast<size_t>(count));
  for (Secret& secret : secrets) {
    for (uint64_t& word : secret) word = random();
  }
  return secrets;
}

payload::Codec codec_of(const Secret& secret, int bits, int check_bits) {
  const std::span bytes(reinterpret_cast<const uint8_t*>(secret.data()), sizeof(secret));
  return payload::Codec::create({.bits = bits,
                                 .key = payload::Key::from_bytes(bytes).value(),
                                 .check_bits = check_bits})
      .value();
}

}  // namespace vseal::bench
