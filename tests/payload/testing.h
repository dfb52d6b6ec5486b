// What the tests of the payload room share: keys, random IDs, noisy logits.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <optional>
#include <random>
#include <string_view>
#include <vector>

#include "payload/codec.h"

namespace vseal::payload {

using Random = std::mt19937_64;

inline Key test_key(uint8_t fill) {
  std::array<uint8_t, 32> bytes;
  bytes.fill(fill);
  return Key::from_bytes(bytes).value();
}

inline Codec make_codec(int bits, std::optional<Key> key = std::nullopt, int check_bits = 0) {
  return Codec::create({.bits = bits, .key = std::move(key), .check_bits = check_bits}).value();
}

// A valid payload of exactly `size` bytes (16 when it is a UUID).
inline Payload random_payload(Type type, int size, Random& random) {
  static constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz0123456789 -_./";
  Payload payload{type, std::vector<uint8_t>(type == Type::kUuid ? 16 : size)};
  for (uint8_t& byte : payload.bytes) {
    const uint64_t r = random() >> 20;
    byte = static_cast<uint8_t>(type == Type::kText ? kLetters[r % kLetters.size()] : r);
  }
  if (type == Type::kInteger && payload.bytes[0] == 0) payload.bytes[0] = 1;
  return payload;
}

// The message as a detector gives it back: scale * (message + sigma * Gaussian).
inline std::vector<float> noisy(std::vector<float> message, float sigma, Random& random,
                                float scale = 1) {
  std::normal_distribution<float> gaussian;
  for (float& x : message) x = scale * (x + sigma * gaussian(random));
  return message;
}

inline std::vector<float> noise(int bits, Random& random) {
  return noisy(std::vector<float>(bits, 0.0F), 1, random);
}

// Standard deviations of the noise that turns this share of the bits over: Q(1 / sigma).
inline constexpr float kSigmaFor5Percent = 0.6080F;
inline constexpr float kSigmaFor12Percent = 0.8511F;

}  // namespace vseal::payload
