#include "payload/codec.h"

#include <fmt/format.h>
#include <sodium.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "payload/frame.h"
#include "payload/list_decoder.h"
#include "payload/polar.h"
#include "payload/seal.h"
#include "payload/verdict.h"

namespace vseal::payload {
namespace {

// From 16 to 32 gains about half a per cent of raw bit errors, for twice the time and p-value.
constexpr int kListSize = 32;

constexpr int kLeastCheckBits = 8;
constexpr int kUuidBytes = 16;
constexpr int kLongestIntegerBytes = 8;

struct Rate {
  FrameLayout layout;
  Seal seal;
  PolarCode code;

  Rate(const FrameLayout& frame, const Key& key)
      : layout(frame), seal(key, frame.rate), code(frame.rate.bits, frame.frame_bits()) {}

  // The bits that the model is given.
  Bits message(std::span<const uint8_t> frame) const {
    Bits bits = code.encode(frame);
    for (size_t i = 0; i < bits.size(); ++i) bits[i] ^= seal.mask()[i];
    return bits;
  }
};

bool is_usable(std::span<const float> logits, int bits) {
  return static_cast<int>(logits.size()) == bits &&
         std::ranges::all_of(logits, [](float x) { return std::isfinite(x); });
}

// How much each logit counts, in units of the median magnitude; empty when all logits are zero.
// A detector that is very sure of a few bits must not outvote the rest, so weights end at 4. No two
// weights are equal and none is zero, so the decoder has no ties to break: which of the possible
// messages it finds then depends on the mask alone (docs/payload.md, "Chance").
std::vector<float> weigh(std::span<const float> logits) {
  constexpr float kMost = 4.0F;
  constexpr float kLeast = 1.0F / 4096;
  constexpr float kSpread = 1.0F / 1024;
  std::vector<float> magnitudes;
  for (const float x : logits) {
    if (x != 0) magnitudes.push_back(std::fabs(x));
  }
  if (magnitudes.empty()) return {};
  const auto middle = magnitudes.begin() + static_cast<ptrdiff_t>(magnitudes.size() / 2);
  std::nth_element(magnitudes.begin(), middle, magnitudes.end());
  const float unit = *middle;
  std::vector<float> weights(logits.size());
  for (size_t i = 0; i < logits.size(); ++i) {
    // Fractions of multiples of the golden ratio: all different, evenly spread over [0, 1).
    const uint32_t golden = static_cast<uint32_t>(i) * 2654435769U;
    const float fraction = static_cast<float>(golden >> 8) / static_cast<float>(1U << 24);
    weights[i] = std::clamp(std::fabs(logits[i]) / unit, kLeast, kMost) * (1 + kSpread * fraction);
  }
  return weights;
}

int count_differing(std::span<const float> logits, std::span<const uint8_t> message) {
  int count = 0;
  for (size_t i = 0; i < logits.size(); ++i) count += (logits[i] > 0) != (message[i] != 0);
  return count;
}

// What one rate makes of the logits.
struct Attempt {
  std::optional<Payload> payload;
  Bits frame;  // of the payload
  // That random signs agree as well with any of the rate's codewords; of those whose frame is
  // valid, when there is a payload.
  double log2_chance = 0;
};

Attempt try_rate(const Rate& rate, std::span<const float> logits, std::span<const float> weights) {
  std::vector<float> soft(logits.size());
  double total = 0;
  for (size_t i = 0; i < soft.size(); ++i) {
    const bool differs = (logits[i] > 0) != (rate.seal.mask()[i] != 0);
    soft[i] = differs ? -weights[i] : weights[i];
    total += weights[i];
  }
  const std::vector<Candidate> candidates = ListDecoder(rate.code, kListSize).decode(soft);
  Attempt attempt;
  // A candidate's sum of sign * weight; any of `words` codewords might have had it.
  const auto log2_chance = [&](const Candidate& candidate, double log2_words) {
    const double correlation = total - 2.0 * candidate.metric;
    return log2_chance_of_correlation(weights, correlation) + log2_words;
  };
  const double log2_codewords = rate.code.info_bits();
  for (const Candidate& candidate : candidates) {
    attempt.payload = read_frame(rate.layout, rate.seal, candidate.info);
    if (attempt.payload) {
      attempt.frame = candidate.info;
      attempt.log2_chance =
          log2_chance(candidate, log2_codewords + std::log2(accepted_share(rate.layout)));
      return attempt;
    }
  }
  attempt.log2_chance = log2_chance(candidates.front(), log2_codewords);
  return attempt;
}

Status does_not_fit(const Payload& payload, int bits, int most_bytes) {
  const std::string unit = payload.type == Type::kText ? "bytes of UTF-8" : "bytes";
  return invalid_argument(fmt::format(
      "[payload] {} ID: expected at most {} {} for a model of {} bits, got {}; put what is longer "
      "into a record and mark the ID of that record",
      type_name(payload.type), most_bytes, unit, bits, payload.bytes.size()));
}

}  // namespace

struct Codec::State {
  int bits = 0;
  std::vector<Rate> rates;
  double chance_of_present = 0;  // that random bits give kPresent in one trial, at most

  // The smallest rate that holds the payload.
  Result<const Rate*> rate_for(const Payload& payload) const {
    VSEAL_RETURN_IF_ERROR(validate(payload));
    const int size = static_cast<int>(payload.bytes.size());
    for (const Rate& rate : rates) {
      if (size <= rate.layout.rate.capacity_bytes) return &rate;
    }
    return does_not_fit(payload, bits, rates.back().layout.rate.capacity_bytes);
  }
};

Codec::Codec(std::unique_ptr<const State> state) : state_(std::move(state)) {}
Codec::~Codec() = default;
Codec::Codec(Codec&&) noexcept = default;
Codec& Codec::operator=(Codec&&) noexcept = default;

Result<Codec> Codec::create(const CodecOptions& options) {
  const int check_bits =
      options.check_bits != 0 ? options.check_bits : (options.bits < 256 ? 24 : 32);
  if (check_bits < kLeastCheckBits || check_bits > Seal::kMostCheckBits) {
    return invalid_argument(fmt::format("[payload] check_bits: expected {} to {}, got {}",
                                        kLeastCheckBits, Seal::kMostCheckBits, check_bits));
  }
  const std::vector<FrameLayout> layouts = frame_layouts(options.bits, check_bits);
  if (layouts.empty()) {
    return invalid_argument(
        fmt::format("[payload] bits: expected a model of 64 to 4096 bits, got {}", options.bits));
  }
  if (sodium_init() < 0) return internal_error("[payload] libsodium: cannot be initialised");
  auto state = std::make_unique<State>();
  state->bits = options.bits;
  const Key key = options.key ? *options.key : Key::open();
  state->rates.reserve(layouts.size());
  for (const FrameLayout& layout : layouts) {
    state->rates.emplace_back(layout, key);
    state->chance_of_present += kListSize * accepted_share(layout);
  }
  return Codec(std::move(state));
}

int Codec::bits() const { return state_->bits; }

double Codec::chance_of_present() const { return state_->chance_of_present; }

Result<std::vector<float>> Codec::encode(const Payload& payload) const {
  VSEAL_ASSIGN_OR_RETURN(const Rate* rate, state_->rate_for(payload));
  const Bits bits = rate->message(write_frame(rate->layout, rate->seal, payload));
  std::vector<float> message(bits.size());
  std::ranges::transform(bits, message.begin(), [](uint8_t bit) { return bit ? 1.0F : -1.0F; });
  return message;
}

Reading Codec::decode(std::span<const float> logits, int64_t trials) const {
  Reading reading;
  if (!is_usable(logits, state_->bits)) return reading;
  const std::vector<float> weights = weigh(logits);
  if (weights.empty()) return reading;

  const double looks = static_cast<double>(std::max<int64_t>(trials, 1));
  const double rates = static_cast<double>(state_->rates.size());
  double best_log2_chance = 0;
  for (size_t r = 0; r < state_->rates.size(); ++r) {
    const Rate& rate = state_->rates[r];
    Attempt attempt = try_rate(rate, logits, weights);
    if (attempt.payload) {
      reading.verdict = Verdict::kPresent;
      reading.payload = std::move(attempt.payload);
      reading.p_value = std::min(
          {1.0, looks * state_->chance_of_present, looks * rates * std::exp2(attempt.log2_chance)});
      reading.bits_corrected = count_differing(logits, rate.message(attempt.frame));
      reading.rate = static_cast<int>(r);
      return reading;
    }
    if (attempt.log2_chance < best_log2_chance) {
      best_log2_chance = attempt.log2_chance;
      reading.rate = static_cast<int>(r);
    }
  }
  const double chance = looks * rates * std::exp2(best_log2_chance);
  if (chance <= kUncertainRate) {
    reading.verdict = Verdict::kUncertain;
    reading.p_value = chance;
  } else {
    reading.rate = 0;
  }
  return reading;
}

Result<double> Codec::match(std::span<const float> logits, const Payload& known) const {
  if (!is_usable(logits, state_->bits)) {
    return invalid_argument(fmt::format("[payload] logits: expected {} finite numbers, got {}",
                                        state_->bits, logits.size()));
  }
  VSEAL_ASSIGN_OR_RETURN(const Rate* rate, state_->rate_for(known));
  const Bits message = rate->message(write_frame(rate->layout, rate->seal, known));
  return binomial_tail(state_->bits - count_differing(logits, message), state_->bits);
}

std::vector<int> Codec::rate_data_bits() const {
  std::vector<int> data_bits;
  for (const Rate& rate : state_->rates) data_bits.push_back(8 * rate.layout.rate.capacity_bytes);
  return data_bits;
}

int Codec::max_bytes(Type type) const {
  const int capacity = state_->rates.back().layout.rate.capacity_bytes;
  if (type == Type::kInteger) return std::min(capacity, kLongestIntegerBytes);
  if (type == Type::kUuid) return capacity >= kUuidBytes ? kUuidBytes : 0;
  return capacity;
}

}  // namespace vseal::payload
