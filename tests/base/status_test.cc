#include "base/status.h"

#include <gtest/gtest.h>

#include <memory>

namespace vseal {
namespace {

Result<std::unique_ptr<int>> positive(int x) {
  if (x <= 0) return invalid_argument("expected a positive number, got " + std::to_string(x));
  return std::make_unique<int>(x);
}

Result<int> twice(int x) {
  VSEAL_ASSIGN_OR_RETURN(std::unique_ptr<int> p, positive(x));
  return 2 * *p;
}

TEST(Status, ResultCarriesAMoveOnlyValue) {
  auto r = twice(21);
  ASSERT_TRUE(r.ok());
  EXPECT_EQ(*r, 42);
  EXPECT_TRUE(r.status().ok());
}

TEST(Status, ErrorTravelsWithItsText) {
  auto r = twice(-1);
  ASSERT_FALSE(r.ok());
  EXPECT_EQ(r.status().code(), Code::kInvalidArgument);
  EXPECT_EQ(r.status().with_context("here").message(), "here: expected a positive number, got -1");
}

TEST(Status, ContextLeavesSuccessAlone) { EXPECT_TRUE(Status().with_context("here").ok()); }

}  // namespace
}  // namespace vseal
