#include "workbench/eval/schedule.h"

namespace vseal::workbench {

Schedule::Schedule(std::vector<std::vector<size_t>> attacks, size_t most_held)
    : most_held_(most_held) {
  for (std::vector<size_t>& own : attacks) {
    File file;
    file.open = own.size();
    file.attacks = std::move(own);
    if (file.open == 0) file.stage = Stage::kDone;
    left_ += file.open > 0 ? 1 : 0;
    jobs_ += static_cast<int64_t>(file.open);
    files_.push_back(std::move(file));
  }
}

std::optional<Schedule::Job> Schedule::next() {
  std::unique_lock lock(mutex_);
  while (!stopped_ && left_ > 0) {
    if (auto job = find()) return job;
    changed_.wait(lock);
  }
  return std::nullopt;
}

// Attacks on what is marked come first: a file is let go as soon as may be.
std::optional<Schedule::Job> Schedule::find() {
  for (size_t i = 0; i < files_.size(); ++i) {
    File& file = files_[i];
    if (file.stage == Stage::kMarked && file.next < file.attacks.size()) {
      return Job{i, file.attacks[file.next++], file.subject};
    }
  }
  for (size_t i = 0; held_ < most_held_ && i < files_.size(); ++i) {
    if (files_[i].stage != Stage::kWaiting) continue;
    files_[i].stage = Stage::kMarking;
    ++held_;
    return Job{i, std::nullopt};
  }
  return std::nullopt;
}

size_t Schedule::marked(size_t file, std::shared_ptr<const Subject> subject) {
  const std::lock_guard lock(mutex_);
  File& own = files_[file];
  const bool failed = subject == nullptr;
  own.stage = Stage::kMarked;
  own.subject = std::move(subject);
  if (failed) finish(own);
  changed_.notify_all();
  return failed ? own.attacks.size() : 0;
}

void Schedule::attacked(size_t file) {
  const std::lock_guard lock(mutex_);
  if (--files_[file].open == 0) finish(files_[file]);
  changed_.notify_all();
}

void Schedule::finish(File& file) {
  file.stage = Stage::kDone;
  file.subject.reset();
  --held_;
  --left_;
}

void Schedule::stop() {
  const std::lock_guard lock(mutex_);
  stopped_ = true;
  changed_.notify_all();
}

}  // namespace vseal::workbench
