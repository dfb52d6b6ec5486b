// Timing of cases side by side: every round runs each case once, so that all of them see the same
// clock, neighbours and temperature.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/status.h"
#include "base/thread_pool.h"

namespace vseal::workbench {

// One op of a network in one run.
struct Layer {
  std::string name;
  std::string kernel;
  double multiply_adds = 0;
  double ms = 0;
};

// Something to time. `check` runs it once and compares the answer with a reference; a case whose
// answer is wrong stops the measurement before any time is reported. It may be empty.
struct Case {
  enum class Products { kFloat, kInteger };  // which peak it is compared with

  std::string name;
  std::string detail;  // shapes, for the table
  double multiply_adds = 0;
  Products products = Products::kFloat;
  std::function<Status(ThreadPool&)> check;
  std::function<void(ThreadPool&)> run;
  std::function<std::vector<Layer>(ThreadPool&)> layers;  // of one more run; empty for one kernel
};

struct TimingOptions {
  int rounds = 11;
  double min_sample_ms = 4.0;  // a case repeats until a sample lasts that long
};

// Of one case on one number of threads, over the rounds.
struct Row {
  std::string name;
  std::string detail;
  int threads = 0;
  double median_ms = 0;
  double p10_ms = 0;  // a tenth of the samples lies below
  double p90_ms = 0;
  double best_ms = 0;
  double gmacs = 0;       // 1e9 multiply-adds a second, at the median
  double peak_share = 0;  // of its peak, both at their best: the least touched by neighbours
  double multiply_adds = 0;
};

// The value below which `share` of them lie: of an even number, the median is the upper one of the
// middle. At least one.
double quantile(std::vector<double> values, double share);

// Checks every case on every pool, then times them in rounds; the first rows of each pool are the
// peaks of the instruction set in use: f32 multiply-adds, then those of 8-bit integers.
Result<std::vector<Row>> measure(const std::vector<Case>& cases,
                                 const std::vector<ThreadPool*>& pools,
                                 const TimingOptions& options);

// What ran: compiler, CPU, instruction set, cores.
struct Machine {
  std::string compiler, cpu, isa;
  int cores = 0;
};
Machine this_machine();

}  // namespace vseal::workbench
