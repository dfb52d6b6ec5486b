#include "payload/list_decoder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <set>
#include <string>

namespace vseal::payload {
namespace {

std::vector<float> random_soft(int count, std::mt19937_64& random) {
  std::normal_distribution<float> gaussian;
  std::vector<float> soft(count);
  for (float& x : soft) x = gaussian(random);
  return soft;
}

double metric_by_definition(const PolarCode& code, const Bits& info, std::span<const float> soft) {
  const Bits sent = code.encode(info);
  double metric = 0;
  for (size_t i = 0; i < sent.size(); ++i) {
    if ((soft[i] < 0) != (sent[i] == 1)) metric += std::fabs(soft[i]);
  }
  return metric;
}

int count_distinct(const std::vector<Candidate>& candidates) {
  std::set<std::string> words;
  for (const Candidate& c : candidates) words.emplace(c.info.begin(), c.info.end());
  return static_cast<int>(words.size());
}

TEST(ListDecoder, MetricIsTheCodewordsDisagreement) {
  std::mt19937_64 random(1);
  for (const int n : {64, 96, 100, 256}) {
    for (const int k : {1, 20, n / 2, n - 3}) {
      const PolarCode code(n, k);
      const std::vector<float> soft = random_soft(n, random);
      for (const Candidate& c : ListDecoder(code, 8).decode(soft)) {
        EXPECT_NEAR(c.metric, metric_by_definition(code, c.info, soft), 1e-3) << n << ' ' << k;
      }
    }
  }
}

TEST(ListDecoder, AListOfAllCodewordsIsMaximumLikelihood) {
  std::mt19937_64 random(2);
  for (const int n : {16, 24, 64, 100}) {
    const int k = 6;
    const PolarCode code(n, k);
    const std::vector<float> soft = random_soft(n, random);
    const std::vector<Candidate> candidates = ListDecoder(code, 1 << k).decode(soft);
    EXPECT_EQ(count_distinct(candidates), 1 << k);
    double best = 1e9;
    for (int word = 0; word < 1 << k; ++word) {
      Bits info(k);
      for (int j = 0; j < k; ++j) info[j] = word >> j & 1;
      best = std::min(best, metric_by_definition(code, info, soft));
    }
    EXPECT_NEAR(candidates.front().metric, best, 1e-4);
    EXPECT_TRUE(std::ranges::is_sorted(candidates, {}, &Candidate::metric));
  }
}

TEST(ListDecoder, CandidatesAreDistinctForAnyListSize) {
  std::mt19937_64 random(3);
  const PolarCode code(128, 62);
  const std::vector<float> soft = random_soft(128, random);
  for (const int list_size : {1, 2, 3, 24, 32, 128}) {
    const std::vector<Candidate> candidates = ListDecoder(code, list_size).decode(soft);
    EXPECT_EQ(count_distinct(candidates), list_size);
  }
}

// The statistics rest on it: what is found moves with the signs, and with nothing else.
TEST(ListDecoder, FlippingACodewordMovesEveryCandidateByIt) {
  std::mt19937_64 random(4);
  for (const int n : {96, 256}) {
    const PolarCode code(n, n / 3);
    ListDecoder decoder(code, 16);
    std::vector<float> soft = random_soft(n, random);
    const std::vector<Candidate> before = decoder.decode(soft);
    Bits shift(n / 3);
    for (uint8_t& bit : shift) bit = random() & 1;
    const Bits codeword = code.encode(shift);
    for (int i = 0; i < n; ++i) soft[i] = codeword[i] ? -soft[i] : soft[i];
    const std::vector<Candidate> after = decoder.decode(soft);
    ASSERT_EQ(before.size(), after.size());
    for (size_t c = 0; c < before.size(); ++c) {
      Bits moved = before[c].info;
      for (size_t j = 0; j < moved.size(); ++j) moved[j] ^= shift[j];
      EXPECT_EQ(after[c].info, moved);
      EXPECT_EQ(after[c].metric, before[c].metric);
    }
  }
}

TEST(ListDecoder, DecoderCanBeUsedAgain) {
  std::mt19937_64 random(5);
  const PolarCode code(96, 45);
  ListDecoder decoder(code, 8);
  const std::vector<float> soft = random_soft(96, random);
  const std::vector<Candidate> first = decoder.decode(soft);
  decoder.decode(random_soft(96, random));
  const std::vector<Candidate> again = decoder.decode(soft);
  for (size_t c = 0; c < first.size(); ++c) EXPECT_EQ(first[c].info, again[c].info);
}

}  // namespace
}  // namespace vseal::payload
