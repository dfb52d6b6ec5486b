// The secret that only who marks and who reads share.
#pragma once

#include <cstdint>
#include <span>

#include "base/status.h"

namespace vseal::payload {

// 32 bytes derived from what the user gave: BLAKE2b-256(key = "vseal payload key v1", bytes).
// Every copy is wiped when destroyed.
class Key {
 public:
  // Any bytes, at least 16 of them; 32 random bytes are best. kInvalidArgument when fewer.
  static Result<Key> from_bytes(std::span<const uint8_t> bytes);

  // The key of no bytes, which everybody has: what a codec without a key uses. from_bytes() never
  // gives it.
  static Key open();

  ~Key();
  Key(const Key&) = default;
  Key& operator=(const Key&) = default;

  std::span<const uint8_t, 32> derived() const { return derived_; }

 private:
  explicit Key(std::span<const uint8_t> bytes);
  uint8_t derived_[32];
};

}  // namespace vseal::payload
