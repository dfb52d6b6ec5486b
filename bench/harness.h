// Timing of cases side by side: every round runs each case once, so that all of them see the same
// clock, neighbours and temperature.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "base/thread_pool.h"

namespace vseal::bench {

// One op of a network in one run.
struct Layer {
  std::string name;
  std::string kernel;
  double multiply_adds = 0;
  double ms = 0;
};

// Something to time. `check` runs it once and compares the answer with a reference; a case whose
// answer is wrong stops the program before any time is reported.
struct Case {
  std::string name;
  std::string detail;  // shapes, for the table
  double multiply_adds = 0;
  std::function<Status(ThreadPool&)> check;
  std::function<void(ThreadPool&)> run;
  std::function<std::vector<Layer>(ThreadPool&)> layers;  // of one more run; empty for one kernel
};

struct Options {
  int rounds = 11;
  double min_sample_ms = 4.0;  // a case repeats until a sample lasts that long
};

// Of one case on one number of threads, over the rounds.
struct Row {
  std::string name;
  std::string detail;
  int threads = 0;
  double median_ms = 0;
  double best_ms = 0;
  double gmacs = 0;       // 1e9 multiply-adds a second, at the median
  double peak_share = 0;  // of the FMA peak, both at their best: the least touched by neighbours
  double multiply_adds = 0;
};

// Checks every case on every pool, then times them in rounds; the first row of each pool is the
// f32 FMA peak of the instruction set in use.
Result<std::vector<Row>> measure(const std::vector<Case>& cases,
                                 const std::vector<std::unique_ptr<ThreadPool>>& pools,
                                 const Options& options);

// What ran: version, compiler, CPU, cores, instruction set.
struct Machine {
  std::string version, compiler, cpu, isa;
  int cores = 0;
};
Machine this_machine();

// For each case that has ops: what each kernel and each op took on one pool, slowest first.
void print_layers(const std::vector<Case>& cases, ThreadPool& pool);

void print_table(const Machine& machine, const std::vector<Row>& rows);
Status write_json(const std::string& path, const Machine& machine, const std::vector<Row>& rows);

}  // namespace vseal::bench
