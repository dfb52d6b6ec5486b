// Where the search for a strength ends, on laws of which the answer is known.
#include "watermark/strength_search.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace vseal::watermark {
namespace {

// A mark of `at_one` dB at factor 1 that neither rounds nor clamps.
MeasurePsnr ideal(double at_one, int* tries = nullptr) {
  return [=](double factor) -> Result<double> {
    if (tries != nullptr) ++*tries;
    return at_one - 20 * std::log10(factor);
  };
}

TEST(StrengthSearch, FollowsTheLawInTwoTries) {
  for (const double target : {30.0, 38.0, 44.0, 55.0}) {
    int tries = 0;
    const auto found = find_strength({.target_db = target}, 1.0, ideal(43.0, &tries));
    ASSERT_TRUE(found.ok());
    EXPECT_NEAR(found->psnr_db, target, 1e-9);
    EXPECT_NEAR(found->factor, std::pow(10.0, (43.0 - target) / 20), 1e-9);
    EXPECT_EQ(tries, 2);
  }
}

TEST(StrengthSearch, OneTryWhereTheStartIsRight) {
  int tries = 0;
  ASSERT_TRUE(find_strength({.target_db = 43.01}, 1.0, ideal(43.0, &tries)).ok());
  EXPECT_EQ(tries, 1);
}

// Marks that saturate fall slowly, those that round fall fast: neither obeys the law.
TEST(StrengthSearch, FindsItsWayOffTheLaw) {
  for (const double slope : {8.0, 14.0, 30.0, 45.0}) {
    for (const double target : {36.0, 44.0, 50.0}) {
      const auto measure = [&](double factor) -> Result<double> {
        return 43.0 - slope * std::log10(factor);
      };
      const auto found = find_strength({.target_db = target}, 1.0, measure);
      ASSERT_TRUE(found.ok());
      EXPECT_NEAR(found->psnr_db, target, 0.05) << slope << " dB a decade";
    }
  }
}

// Below some strength every sample rounds to what it was.
TEST(StrengthSearch, ComesBackFromWhereNothingIsLeft) {
  const auto measure = [](double factor) -> Result<double> {
    return factor < 0.5 ? 100.0 : 48.0 - 20 * std::log10(factor / 0.5);
  };
  const auto found = find_strength({.target_db = 44.0}, 0.1, measure);
  ASSERT_TRUE(found.ok());
  EXPECT_NEAR(found->psnr_db, 44.0, 0.02);
}

TEST(StrengthSearch, WhatCannotBeReachedIsApproached) {
  const auto deaf = [](double factor) -> Result<double> { return 60.0 - 0.1 * std::log10(factor); };
  const auto found = find_strength({.target_db = 44.0, .most = 8}, 1.0, deaf);
  ASSERT_TRUE(found.ok());
  EXPECT_NEAR(found->factor, 8.0, 1e-9);
  const auto identical =
      find_strength({.target_db = 44.0}, 1.0, [](double) -> Result<double> { return 100.0; });
  ASSERT_TRUE(identical.ok());
  EXPECT_EQ(identical->psnr_db, 100.0);
}

TEST(StrengthSearch, ErrorsOfMeasuringAreHandedOn) {
  const auto broken = [](double) -> Result<double> { return Status(Code::kOutOfMemory, "none"); };
  EXPECT_EQ(find_strength({}, 1.0, broken).status().code(), Code::kOutOfMemory);
}

}  // namespace
}  // namespace vseal::watermark
