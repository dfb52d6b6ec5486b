// A progress bar on a terminal.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

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

  // The same for a download: draws "[=====>    ] 45 %  102.7/228.4 MB  11.2 MB/s  ETA 0:11".
  static int update_bytes(int64_t done, int64_t total, void* bar);

  // The same for jobs that are not frames: draws "[=====>    ] 45 %  135/300 done  ETA 0:11".
  static int update_jobs(int64_t done, int64_t total, void* bar);
  // The same for a stage of work: draws "[=====>    ] 45 %  embedder: calibration 90/200  ETA
  // 0:11".
  static int update_stage(const char* stage, int done, int total, void* bar);

  // From now on SIGINT and SIGTERM make update() return 0, so that work is given up cleanly.
  static void catch_interrupts();

 private:
  // Whether it is time to draw; then the seconds since the start are `seconds`.
  bool is_due(double& seconds);
  void draw(const vseal_progress& progress);
  void draw_line(const std::string& line, double done, double seconds);

  using Clock = std::chrono::steady_clock;
  const bool enabled_;
  Clock::time_point start_ = Clock::now();
  Clock::time_point drawn_{};
  bool anything_drawn_ = false;
  std::string stage_;
};

}  // namespace vseal::cli
