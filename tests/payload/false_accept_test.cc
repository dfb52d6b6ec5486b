// Counts wrong IDs where they do occur, with checks of few bits, against the bound that a reading
// states. The bound is over keys, so each trial draws one.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "payload/codec.h"
#include "payload/testing.h"

namespace vseal::payload {
namespace {

// Decodes `logits()` under a fresh key each time; a wrong ID is one that is accepted at all.
struct Count {
  int accepted = 0;
  double expected_at_most = 0;
};
Count count_accepted(int bits, int check_bits, int trials, Random& random,
                     const std::function<std::vector<float>()>& logits) {
  Count count;
  for (int t = 0; t < trials; ++t) {
    std::array<uint64_t, 4> secret = {random(), random(), random(), random()};
    const Key key =
        Key::from_bytes({reinterpret_cast<const uint8_t*>(secret.data()), sizeof(secret)}).value();
    const Codec codec = make_codec(bits, key, check_bits);
    count.accepted += codec.decode(logits()).verdict == Verdict::kPresent;
    if (t == 0) {
      count.expected_at_most = trials * codec.chance_of_present();
    }
  }
  return count;
}

void expect_within_bound(const Count& count) {
  // Five standard deviations of a Poisson count above, and no bound so loose that it says nothing.
  EXPECT_LE(count.accepted, count.expected_at_most + 5 * std::sqrt(count.expected_at_most));
  EXPECT_GE(count.accepted, count.expected_at_most / 4);
}

TEST(FalseAccept, RandomLogitsUnder8CheckBits) {
  Random random(1);
  const Count count = count_accepted(96, 8, 2500, random, [&] { return noise(96, random); });
  ASSERT_GT(count.expected_at_most, 20);
  expect_within_bound(count);
}

// A p-value promises to be p or less in no more than a share p of the readings.
TEST(FalseAccept, PValuesAreNoSmallerThanChanceMakesThem) {
  Random random(7);
  constexpr int kTrials = 4000;
  constexpr std::array<double, 3> kLevels = {0.02, 0.005, 0.001};
  std::array<int, 3> seen{};
  for (int t = 0; t < kTrials; ++t) {
    std::array<uint64_t, 4> secret = {random(), random(), random(), random()};
    const Key key =
        Key::from_bytes({reinterpret_cast<const uint8_t*>(secret.data()), sizeof(secret)}).value();
    const Reading reading = make_codec(64, key, 8).decode(noise(64, random));
    if (reading.verdict != Verdict::kPresent) continue;
    for (size_t l = 0; l < kLevels.size(); ++l) seen[l] += reading.p_value <= kLevels[l];
  }
  for (size_t l = 0; l < kLevels.size(); ++l) {
    const double most = kTrials * kLevels[l];
    EXPECT_LE(seen[l], most + 5 * std::sqrt(most)) << kLevels[l];
  }
  EXPECT_GE(seen[0], 5);
}

TEST(FalseAccept, RandomLogitsUnder12CheckBits) {
  Random random(2);
  const Count count = count_accepted(64, 12, 8000, random, [&] { return noise(64, random); });
  ASSERT_GT(count.expected_at_most, 5);
  EXPECT_LE(count.accepted, count.expected_at_most + 5 * std::sqrt(count.expected_at_most));
}

// What a detector may say of one clean picture: the same bits each time, most of them alike, of few
// different strengths and some of none. Only the key changes.
TEST(FalseAccept, OneBiasedPictureUnder8CheckBits) {
  Random random(3);
  std::vector<float> logits(96, 1.0F);
  for (int i = 0; i < 96; i += 5) logits[i] = -2.0F;
  for (int i = 0; i < 96; i += 7) logits[i] = 0.0F;
  const Count count = count_accepted(96, 8, 2500, random, [&] { return logits; });
  ASSERT_GT(count.expected_at_most, 20);
  expect_within_bound(count);
}

// A mark of another key is noise to a reader.
TEST(FalseAccept, MarksOfOtherKeysUnder8CheckBits) {
  Random random(4);
  const Codec writer = make_codec(96, test_key(9), 8);
  const Count count = count_accepted(96, 8, 2500, random, [&] {
    return writer.encode(random_payload(Type::kHex, 2, random)).value();
  });
  expect_within_bound(count);
}

TEST(FalseAccept, UncertainIsRarerThanStated) {
  Random random(5);
  const Codec codec = make_codec(96);
  int uncertain = 0;
  for (int t = 0; t < 3000; ++t) {
    uncertain += codec.decode(noise(96, random)).verdict == Verdict::kUncertain;
  }
  EXPECT_LE(uncertain, 3) << "3000 trials at a rate below 1e-4";
}

}  // namespace
}  // namespace vseal::payload
