#include "payload/polar.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace vseal::payload {
namespace {

using testing::Each;
using testing::ElementsAre;

Bits random_bits(int count, std::mt19937_64& random) {
  Bits bits(count);
  for (uint8_t& bit : bits) bit = random() & 1;
  return bits;
}

// x_j = sum of the u_i whose index covers j, by definition of F^(x)m.
Bits transform_by_definition(const Bits& u) {
  Bits x(u.size(), 0);
  for (size_t j = 0; j < u.size(); ++j) {
    for (size_t i = 0; i < u.size(); ++i) x[j] ^= (i & j) == j ? u[i] : 0;
  }
  return x;
}

TEST(PolarCode, SmallCodeIsTheOneOfTheDefinition) {
  // Weights grow 0 < 1 < 2 < 4 < 3 < 5 < 6 < 7: 2^(2/4) < 1 + 2^(1/4), 1 + 2^(2/4) < ...
  EXPECT_THAT(PolarCode(8, 4).info(), ElementsAre(3, 5, 6, 7));
  EXPECT_THAT(PolarCode(8, 5).info(), ElementsAre(3, 4, 5, 6, 7));
  EXPECT_THAT(PolarCode(8, 4).encode(Bits{1, 0, 0, 0}), ElementsAre(1, 1, 1, 1, 0, 0, 0, 0));
  EXPECT_THAT(PolarCode(8, 4).encode(Bits{0, 0, 0, 1}), Each(1));
}

TEST(PolarCode, ShortenedBitsAreZeroAndNotSent) {
  std::mt19937_64 random(1);
  for (const int n : {65, 96, 100, 127, 200, 1000}) {
    const PolarCode code(n, n / 2);
    ASSERT_EQ(static_cast<int>(code.sent().size()), n);
    const Bits info = random_bits(n / 2, random);
    Bits u(code.mother_bits(), 0);
    for (size_t j = 0; j < info.size(); ++j) u[code.info()[j]] = info[j];
    Bits x = transform_by_definition(u);
    Bits sent;
    for (const int i : code.sent()) {
      sent.push_back(x[i]);
      x[i] = 0;
    }
    EXPECT_THAT(x, Each(0)) << "a bit that is not sent is not known to be zero, n = " << n;
    EXPECT_EQ(code.encode(info), sent);
  }
}

TEST(PolarCode, InfoComesBackFromTheMotherCodeword) {
  std::mt19937_64 random(2);
  const PolarCode code(96, 62);
  const Bits info = random_bits(62, random);
  Bits mother(code.mother_bits(), 0);
  const Bits sent = code.encode(info);
  for (size_t j = 0; j < sent.size(); ++j) mother[code.sent()[j]] = sent[j];
  EXPECT_EQ(code.info_of(mother), info);
}

TEST(PolarCode, EveryLengthAndSizeIsACode) {
  for (const int n : {1, 2, 3, 64, 97, kMaxCodeBits}) {
    for (const int k : {1, (n + 1) / 2, n}) {
      const PolarCode code(n, k);
      EXPECT_EQ(code.code_bits(), n);
      EXPECT_EQ(code.info_bits(), k);
      EXPECT_EQ(code.encode(Bits(k, 0)), Bits(n, 0));
    }
  }
}

}  // namespace
}  // namespace vseal::payload
