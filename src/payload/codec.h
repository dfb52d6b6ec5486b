// From an ID to the n bits of a model and back, with a verdict whose false-alarm rate is stated.
// docs/payload.md describes the format bit by bit and derives the statistics.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/status.h"
#include "payload/key.h"
#include "payload/payload.h"

namespace vseal::payload {

struct CodecOptions {
  int bits = 256;  // n of the model, 64 to 4096
  std::optional<Key> key =
      std::nullopt;  // without one, mask and check are what everybody can compute
  // 8 to 32, fewer than 24 only in experiments; 0: 24 below 256 bits, else 32. Part of the format:
  // a mark is read only with as many as it was made with.
  int check_bits = 0;
};

enum class Verdict { kPresent, kAbsent, kUncertain };

struct Reading {
  Verdict verdict = Verdict::kAbsent;
  std::optional<Payload> payload;  // set when present
  // kPresent: an upper bound on the chance that an unmarked picture, under a random key, gives
  // kPresent with a p-value as low as this after as many looks and hypotheses as this reading took:
  // what the check lets through, or, when lower, the chance that logits agree so well with any word
  // that a writer can have written. kUncertain: the same for soft evidence as strong as this. 1
  // when nothing was found.
  double p_value = 1.0;
  int bits_corrected = 0;  // when present: hard decisions of the logits that differ from the mark's
  int rate = 0;            // which of the codec's rates carried it, 0 = shortest payload
};

// The chance, over all trials, that unmarked logits under a random key give kUncertain is below.
inline constexpr double kUncertainRate = 1e-4;

// Turns payloads into codewords of n bits and logits into readings. Immutable, thread-safe.
class Codec {
 public:
  // kInvalidArgument for options out of range.
  static Result<Codec> create(const CodecOptions& options);
  ~Codec();
  Codec(Codec&&) noexcept;
  Codec& operator=(Codec&&) noexcept;

  int bits() const;

  // An upper bound on the chance that one trial of unmarked logits, under a random key, gives
  // kPresent, whatever its p-value.
  double chance_of_present() const;

  // The message of `payload`: n values of +1 or -1. kInvalidArgument says how long an ID may be.
  Result<std::vector<float>> encode(const Payload& payload) const;

  // Reads n logits (positive means bit 1, larger means surer; any scale). `trials` is how many
  // looks times geometries, this one included, the caller will have tried in all: it enters the
  // p-value. kUncertain: no check passed, but the soft evidence is above what chance gives.
  // Logits that are not n finite numbers, or are all zero, are kAbsent.
  Reading decode(std::span<const float> logits, int64_t trials = 1) const;

  // The exact one-sided binomial p-value of the hard decisions' agreement with a known payload's
  // codeword. kInvalidArgument for a payload that does not fit or logits that are not n finite
  // numbers.
  Result<double> match(std::span<const float> logits, const Payload& known) const;

  // Data bits of each rate, ascending, and the longest ID of a type that fits, in bytes (0 when
  // none does).
  std::vector<int> rate_data_bits() const;
  int max_bytes(Type type) const;

 private:
  struct State;
  explicit Codec(std::unique_ptr<const State> state);
  std::unique_ptr<const State> state_;
};

}  // namespace vseal::payload
