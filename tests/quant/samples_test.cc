// Samples that stand for a whole list.
#include "quant/samples.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace vseal::quant {
namespace {

SampleSource numbered(int count) {
  return {count, [](int i) -> Result<Sample> { return Sample{{static_cast<float>(i)}}; }};
}

std::set<int> numbers(const SampleSource& samples) {
  std::set<int> found;
  for (int i = 0; i < samples.count; ++i) {
    found.insert(static_cast<int>((*samples.take(i))[0][0]));
  }
  return found;
}

// Sorted lists have their kinds in turn, calibration leaves every fourth picture unmarked: a run of
// samples needs all of both.
TEST(Samples, SpreadsARunOverTheWholeListWhateverItsPeriod) {
  for (const int count : {48, 64, 200, 1000}) {
    for (const int begin : {0, count - 16}) {
      const std::set<int> chosen = numbers(spread(numbered(count), begin, 16));
      ASSERT_EQ(chosen.size(), 16u);
      for (int quarter = 0; quarter < 4; ++quarter) {
        const auto from = [&](int q) { return chosen.lower_bound(q * count / 4); };
        EXPECT_NEAR(std::distance(from(quarter), from(quarter + 1)), 4, 1) << count;
        const auto of_phase = [&](int i) { return i % 4 == quarter; };
        EXPECT_NEAR(std::ranges::count_if(chosen, of_phase), 4, 2) << count;
      }
    }
  }
}

TEST(Samples, RunsThatDoNotMeetShareNoSample) {
  std::set<int> all = numbers(spread(numbered(48), 0, 32));
  all.merge(numbers(spread(numbered(48), 32, 16)));
  EXPECT_EQ(all.size(), 48u);
  EXPECT_EQ(*all.rbegin(), 47);
}

}  // namespace
}  // namespace vseal::quant
