// The bits that carry an ID: version, type, length, data, check.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "payload/payload.h"
#include "payload/seal.h"

namespace vseal::payload {

// The frame of one rate, in this order, most significant bit first:
//   version 2 bits (1) | type 2 bits | length - 1 in ceil(log2(capacity)) bits
//   | data, capacity bytes, zero-padded behind | check (Seal::check of everything before it).
// An ID travels at the smallest rate that holds it: a frame with fewer than min_bytes is invalid.
struct FrameLayout {
  RateId rate;
  int min_bytes = 1;

  int length_bits() const;
  int body_bits() const;  // all but the check
  int frame_bits() const { return body_bits() + rate.check_bits; }
};

// The rates of a model of n bits, smallest first; empty when n is outside 64 to kMaxCodeBits.
std::vector<FrameLayout> frame_layouts(int bits, int check_bits);

// The frame of a valid payload of min_bytes to capacity bytes.
Bits write_frame(const FrameLayout& layout, const Seal& seal, const Payload& payload);

// The payload of a frame, or nothing when a field is not what write_frame() writes.
std::optional<Payload> read_frame(const FrameLayout& layout, const Seal& seal,
                                  std::span<const uint8_t> frame);

// An upper bound on the share of the 2^frame_bits words that read_frame() takes for a frame: the
// chance that a random word passes.
double accepted_share(const FrameLayout& layout);

}  // namespace vseal::payload
