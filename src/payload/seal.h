// What the key does to one rate of a codec: the check of its frames and the mask of its codewords.
#pragma once

#include <cstdint>
#include <span>

#include "payload/key.h"
#include "payload/polar.h"

namespace vseal::payload {

// What tells one kind of frame from all others; every derivation from the key takes it in.
struct RateId {
  int bits = 0;            // n of the model
  int capacity_bytes = 0;  // of an ID at this rate
  int check_bits = 0;
};

// Immutable, thread-safe. Wipes what it derived when destroyed.
class Seal {
 public:
  static constexpr int kMostCheckBits = 32;

  Seal(const Key& key, const RateId& rate);
  ~Seal();
  Seal(const Seal&) = default;
  Seal& operator=(const Seal&) = default;

  // n bits to XOR with the codeword: the ChaCha20 keystream (RFC 8439, nonce 0, counter 0), most
  // significant bit of each byte first, under the key BLAKE2b-256(key, "vseal mask v1" || context).
  std::span<const uint8_t> mask() const { return mask_; }

  // The first check_bits bits, most significant bit of each byte first, of
  // BLAKE2b-256(key, "vseal check v1" || context || body), where the bits of `body` are packed the
  // same way and padded with zero bits. Context: n as two bytes, little-endian; capacity;
  // check_bits.
  Bits check(std::span<const uint8_t> body) const;

  // Whether `claimed` is the check of `body`; takes the same time wherever they differ.
  bool verify(std::span<const uint8_t> body, std::span<const uint8_t> claimed) const;

 private:
  Key key_;
  RateId rate_;
  Bits mask_;
};

}  // namespace vseal::payload
