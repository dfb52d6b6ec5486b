// clang-format off: foreach_target.h re-includes this file and must come before highway.h.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/isa_test.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace vseal::kernels {
namespace HWY_NAMESPACE {
int target_in_use() { return HWY_MIN(HWY_LANES(float), 16); }
}  // namespace HWY_NAMESPACE
}  // namespace vseal::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include <gmock/gmock.h>

#include <cstdlib>
#include <map>

#include "base/log.h"
#include "kernels/isa.h"

namespace vseal::kernels {
HWY_EXPORT(target_in_use);
namespace {

const std::map<std::string, int> kFloatLanes = {{"amx", 16},  {"avx512", 16}, {"avx2", 8},
                                                {"sse4", 4},  {"neon", 4},    {"emu128", 4},
                                                {"scalar", 1}};

TEST(Isa, FallbackIsAlwaysThereAndLast) {
  EXPECT_THAT(available_isas().back(), testing::AnyOf("scalar", "emu128", "neon"));
}

TEST(Isa, ForcingOneChangesTheNameAndTheCodeThatRuns) {
  for (const std::string& name : available_isas()) {
    ASSERT_TRUE(force_isa(name).ok()) << name;
    EXPECT_EQ(active_isa(), name);
    EXPECT_EQ(VSEAL_DISPATCH(target_in_use)(), kFloatLanes.at(name)) << name;
  }
  ASSERT_TRUE(force_isa("auto").ok());
  EXPECT_EQ(active_isa(), available_isas().front());
  EXPECT_EQ(VSEAL_DISPATCH(target_in_use)(), kFloatLanes.at(available_isas().front()));
}

TEST(Isa, UnknownNameIsAnErrorAndKeepsTheChoice) {
  const std::string lowest = available_isas().back();
  ASSERT_TRUE(force_isa(lowest).ok());
  const Status status = force_isa("mmx");
  EXPECT_EQ(status.code(), Code::kInvalidArgument);
  EXPECT_THAT(status.message(), testing::HasSubstr("got \"mmx\""));
  EXPECT_THAT(status.message(), testing::HasSubstr(lowest));
  EXPECT_EQ(active_isa(), lowest);
  ASSERT_TRUE(force_isa("auto").ok());
}

// The variable is read once, so each of these runs in a fresh process.
class IsaDeathTest : public testing::Test {
 protected:
  void SetUp() override { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

void exit_with(bool success) { std::exit(success ? 0 : 1); }

TEST_F(IsaDeathTest, EnvironmentVariableChooses) {
  const auto choose_lowest = [] {
    const std::string lowest = available_isas().back();
    ::setenv("VSEAL_ISA", lowest.c_str(), 1);
    exit_with(active_isa() == lowest && VSEAL_DISPATCH(target_in_use)() == kFloatLanes.at(lowest));
  };
  EXPECT_EXIT(choose_lowest(), testing::ExitedWithCode(0), "");
}

TEST_F(IsaDeathTest, KernelsReadTheVariableThemselves) {
  const auto dispatch_first = [] {
    const std::string lowest = available_isas().back();
    ::setenv("VSEAL_ISA", lowest.c_str(), 1);
    exit_with(VSEAL_DISPATCH(target_in_use)() == kFloatLanes.at(lowest));
  };
  EXPECT_EXIT(dispatch_first(), testing::ExitedWithCode(0), "");
}

TEST_F(IsaDeathTest, UnknownVariableIsLoggedAndIgnored) {
  const auto choose_nonsense = [] {
    ::setenv("VSEAL_ISA", "mmx", 1);
    std::string logged;
    set_log_sink([&](LogLevel, std::string_view message) { logged = message; });
    const bool best = active_isa() == available_isas().front();
    exit_with(best && logged.find("VSEAL_ISA ignored") == 0 &&
              logged.find("got \"mmx\"") != std::string::npos);
  };
  EXPECT_EXIT(choose_nonsense(), testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace vseal::kernels
#endif  // HWY_ONCE
