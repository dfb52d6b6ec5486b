// Which job of an evaluation comes next.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "workbench/eval/subject.h"

namespace vseal::workbench {

// Hands out jobs to any number of threads: first the marking of a file, then its attacks, while few
// files are held at once. Thread-safe.
class Schedule {
 public:
  struct Job {
    size_t file = 0;
    std::optional<size_t> attack;                 // none: mark the file
    std::shared_ptr<const Subject> subject = {};  // of an attack
  };

  // attacks[f]: the attacks of file f, by number, that are to be done. Files without any are left
  // alone. At most `most_held` files are marked and not yet done with.
  Schedule(std::vector<std::vector<size_t>> attacks, size_t most_held);

  // The next job; waits while there may be one. None when all are handed out, or after stop().
  std::optional<Job> next();
  // A file's marking is done: null when it failed. Returns how many attacks are dropped then.
  size_t marked(size_t file, std::shared_ptr<const Subject> subject);
  // An attack is done.
  void attacked(size_t file);
  void stop();

  int64_t jobs() const { return jobs_; }  // attacks in all

 private:
  enum class Stage { kWaiting, kMarking, kMarked, kDone };
  struct File {
    std::vector<size_t> attacks;
    size_t next = 0;
    size_t open = 0;  // attacks that are not done
    Stage stage = Stage::kWaiting;
    std::shared_ptr<const Subject> subject = {};
  };

  std::optional<Job> find();
  void finish(File& file);

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<File> files_;
  const size_t most_held_;
  size_t held_ = 0;
  size_t left_ = 0;  // files not done
  int64_t jobs_ = 0;
  bool stopped_ = false;
};

}  // namespace vseal::workbench
