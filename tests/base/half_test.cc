// Floats of 16 bits: every one of the 65536, and the roundings where they are hard.
#include "base/half.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace vseal {
namespace {

// The definition, by arithmetic instead of bits.
double value_of(uint16_t half) {
  const double sign = (half & 0x8000) != 0 ? -1.0 : 1.0;
  const int exponent = (half >> 10) & 31;
  const double fraction = (half & 1023) / 1024.0;
  if (exponent == 0) return sign * std::ldexp(fraction, -14);
  return sign * std::ldexp(1.0 + fraction, exponent - 15);
}

TEST(Half, EveryFiniteValueIsExactAndComesBack) {
  for (uint32_t i = 0; i < 0x10000; ++i) {
    const uint16_t half = static_cast<uint16_t>(i);
    if ((half & 0x7c00) == 0x7c00) continue;
    const float value = half_to_float(half);
    ASSERT_EQ(value, value_of(half)) << i;
    ASSERT_EQ(std::signbit(value), (half & 0x8000) != 0) << i;
    ASSERT_EQ(float_to_half(value), half) << i;
  }
}

TEST(Half, RoundsBetweenNeighboursToNearestEven) {
  for (uint16_t half = 0; half < 0x7bff; ++half) {
    const float low = half_to_float(half);
    const float high = half_to_float(static_cast<uint16_t>(half + 1));
    const float middle = 0.5f * (low + high);  // exact: a half has 13 bits fewer than a float
    const uint16_t even = static_cast<uint16_t>(half + (half & 1));
    ASSERT_EQ(float_to_half(middle), even) << half;
    ASSERT_EQ(float_to_half(std::nextafter(middle, 0.0f)), half) << half;
    ASSERT_EQ(float_to_half(std::nextafter(middle, 1e9f)), half + 1) << half;
  }
}

TEST(Half, InfinitiesAndNaNs) {
  const float infinity = std::numeric_limits<float>::infinity();
  EXPECT_EQ(half_to_float(0x7c00), infinity);
  EXPECT_EQ(half_to_float(0xfc00), -infinity);
  EXPECT_TRUE(std::isnan(half_to_float(0x7c01)));
  EXPECT_EQ(float_to_half(infinity), 0x7c00);
  EXPECT_EQ(float_to_half(65519.0f), 0x7bff);
  EXPECT_EQ(float_to_half(65520.0f), 0x7c00);
  EXPECT_EQ(float_to_half(-1e30f), 0xfc00);
  EXPECT_TRUE(std::isnan(half_to_float(float_to_half(std::nanf("")))));
  // A NaN whose payload lies in the bits that are cut must not turn into an infinity.
  EXPECT_TRUE(std::isnan(half_to_float(float_to_half(std::bit_cast<float>(0x7f800001u)))));
}

TEST(Half, TinyFloatsBecomeSignedZero) {
  EXPECT_EQ(float_to_half(0x1p-25f), 0);  // a tie between 0 and 2^-24
  EXPECT_EQ(float_to_half(0x1.8p-25f), 1);
  EXPECT_EQ(float_to_half(-1e-30f), 0x8000);
}

TEST(Bfloat, EveryValueComesBackAndNumbersBetweenGoToTheNearest) {
  for (uint32_t i = 0; i < 0x10000; ++i) {
    const auto bfloat = static_cast<uint16_t>(i);
    const float value = bfloat_to_float(bfloat);
    if (std::isnan(value)) {
      ASSERT_TRUE(std::isnan(bfloat_to_float(float_to_bfloat(value)))) << i;
      continue;
    }
    ASSERT_EQ(float_to_bfloat(value), bfloat) << i;
    if (!std::isfinite(value) || (i & 0x7fff) >= 0x7f7f) continue;
    const float next = bfloat_to_float(static_cast<uint16_t>(bfloat + 1));
    const float middle = static_cast<float>(0.5 * (double{value} + next));  // exact
    const auto even = static_cast<uint16_t>(bfloat + (bfloat & 1));
    ASSERT_EQ(float_to_bfloat(middle), even) << i;
    ASSERT_EQ(float_to_bfloat(std::nextafter(middle, value)), bfloat) << i;
    ASSERT_EQ(float_to_bfloat(std::nextafter(middle, next)), bfloat + 1) << i;
  }
}

TEST(Bfloat, HugeNumbersBecomeInfinityAndNaNsStay) {
  EXPECT_EQ(bfloat_to_float(0x3f80), 1.0f);
  EXPECT_EQ(bfloat_to_float(0xc0a0), -5.0f);
  EXPECT_EQ(float_to_bfloat(std::numeric_limits<float>::max()), 0x7f80);
  EXPECT_EQ(float_to_bfloat(-std::numeric_limits<float>::infinity()), 0xff80);
  // A NaN whose payload lies in the bits that are cut must not turn into an infinity.
  EXPECT_TRUE(std::isnan(bfloat_to_float(float_to_bfloat(std::bit_cast<float>(0x7f800001u)))));
}

}  // namespace
}  // namespace vseal
