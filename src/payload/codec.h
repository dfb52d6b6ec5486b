// From an ID to the n bits of a model and back, with a verdict whose false-alarm rate is stated.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/status.h"
#include "payload/payload.h"

namespace vseal::payload {

// A secret that only who marks and who reads share. Wiped when destroyed.
class Key {
 public:
  // Any bytes, at least 16 of them; 32 random bytes are best.
  static Result<Key> from_bytes(std::span<const uint8_t> bytes);
  ~Key();
  Key(const Key&);
  Key& operator=(const Key&);

  std::span<const uint8_t> derived() const { return {derived_, sizeof(derived_)}; }

 private:
  Key() = default;
  uint8_t derived_[32];  // BLAKE2b of the given bytes
};

struct CodecOptions {
  int bits = 256;          // n of the model
  std::optional<Key> key;  // without one, the mask is public and the check an unkeyed hash
  int check_bits = 32;     // 8..32; fewer than 24 only in experiments
};

enum class Verdict { kPresent, kAbsent, kUncertain };

struct Reading {
  Verdict verdict = Verdict::kAbsent;
  std::optional<Payload> payload;  // set when present
  // An upper bound on the chance that an unmarked picture, under a random key, gives kPresent after
  // as many looks and hypotheses as this reading took. 1 when nothing was found.
  double p_value = 1.0;
  int bits_corrected = 0;  // hard decisions of the logits that differ from the codeword
  int rate = 0;            // which of the codec's rates carried it, 0 = shortest payload
};

// Turns payloads into codewords of n bits and logits into readings. Immutable, thread-safe.
class Codec {
 public:
  static Result<Codec> create(const CodecOptions& options);
  ~Codec();
  Codec(Codec&&) noexcept;
  Codec& operator=(Codec&&) noexcept;

  // The message of `payload`: n values of +1 or -1. kInvalidArgument says how long an ID may be.
  Result<std::vector<float>> encode(const Payload& payload) const;

  // Reads n logits (positive means bit 1, larger means surer; any scale). `trials` is how many
  // looks times geometries, this one included, the caller will have tried in all: it enters the
  // p-value. kUncertain: no check passed, but the soft evidence is above what chance gives.
  Reading decode(std::span<const float> logits, int64_t trials = 1) const;

  // The exact one-sided binomial p-value that `logits` agree with a known payload's codeword.
  Result<double> match(std::span<const float> logits, const Payload& known) const;

  // Data bits of each rate, ascending, and the longest ID of a type that fits, in bytes.
  std::vector<int> rate_data_bits() const;
  int max_bytes(Type type) const;

 private:
  Codec();
  struct State;
  std::unique_ptr<const State> state_;
};

}  // namespace vseal::payload
