// Every job is handed out once, in an order that holds few files.
#include <gtest/gtest.h>

#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "workbench/eval/schedule.h"

namespace vseal::workbench {
namespace {

class NoSubject : public Subject {
 public:
  Status attack(const attacks::Attack&, ThreadPool*, const FrameSink&) const override { return {}; }
  Result<CasePictures> show(const attacks::Attack&, ThreadPool*) const override {
    return CasePictures{};
  }
};

std::shared_ptr<const Subject> subject() { return std::make_shared<NoSubject>(); }

TEST(EvalSchedule, MarksAFileThenHandsOutItsAttacks) {
  Schedule schedule({{0, 2}, {1}}, 1);
  EXPECT_EQ(schedule.jobs(), 3);
  auto job = schedule.next();
  ASSERT_TRUE(job.has_value());
  EXPECT_EQ(job->file, 0U);
  EXPECT_FALSE(job->attack.has_value());
  EXPECT_EQ(schedule.marked(0, subject()), 0U);
  EXPECT_EQ(schedule.next()->attack, 0U);
  EXPECT_EQ(schedule.next()->attack, 2U);
  schedule.attacked(0);
  schedule.attacked(0);  // the only file that may be held is free again
  job = schedule.next();
  EXPECT_EQ(job->file, 1U);
  EXPECT_FALSE(job->attack.has_value());
  EXPECT_EQ(schedule.marked(1, nullptr), 1U);  // it could not be marked
  EXPECT_FALSE(schedule.next().has_value());
}

TEST(EvalSchedule, LeavesFilesWithoutAttacksAlone) {
  Schedule schedule({{}, {}}, 2);
  EXPECT_FALSE(schedule.next().has_value());
}

TEST(EvalSchedule, StopEndsWaiting) {
  Schedule schedule({{0}, {0}}, 1);
  ASSERT_TRUE(schedule.next().has_value());
  std::thread waiting([&] { EXPECT_FALSE(schedule.next().has_value()); });
  schedule.stop();
  waiting.join();
}

TEST(EvalSchedule, ManyThreadsDoEachJobOnce) {
  constexpr size_t kFiles = 20, kAttacks = 7, kHeld = 3;
  std::vector<size_t> all(kAttacks);
  for (size_t i = 0; i < kAttacks; ++i) all[i] = i;
  Schedule schedule(std::vector(kFiles, all), kHeld);
  std::mutex mutex;
  std::multiset<std::pair<size_t, size_t>> done;
  std::map<size_t, size_t> left;  // of files that are held
  const auto work = [&] {
    while (const auto job = schedule.next()) {
      if (!job->attack.has_value()) {
        {
          const std::lock_guard lock(mutex);
          left[job->file] = kAttacks;
          EXPECT_LE(left.size(), kHeld);
        }
        schedule.marked(job->file, subject());
        continue;
      }
      {
        const std::lock_guard lock(mutex);
        done.insert({job->file, *job->attack});
        if (--left[job->file] == 0) left.erase(job->file);
      }
      schedule.attacked(job->file);
    }
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back(work);
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(done.size(), kFiles * kAttacks);
  EXPECT_EQ(std::set(done.begin(), done.end()).size(), kFiles * kAttacks);
}

}  // namespace
}  // namespace vseal::workbench
