// A progress bar on a terminal.
#pragma once

#include <chrono>

#include "vseal/vseal.h"

namespace vseal::cli {

// Draws "[=====>    ] 45 %  135/300 frames  61 fps  ETA 0:03" on standard error, at most ten times
// a second, when that is a terminal; nothing otherwise. The destructor clears the line.
class ProgressBar {
 public:
  explicit ProgressBar(bool quiet);
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  // vseal_progress_callback with a ProgressBar as user; 0 once an interrupt has come.
  static int update(const vseal_progress* progress, void* bar);

  // From now on SIGINT and SIGTERM make update() return 0, so that work is given up cleanly.
  static void catch_interrupts();

 private:
  void draw(const vseal_progress& progress);

  using Clock = std::chrono::steady_clock;
  const bool enabled_;
  const Clock::time_point start_ = Clock::now();
  Clock::time_point drawn_{};
  bool anything_drawn_ = false;
};

}  // namespace vseal::cli
