// Interleaved rounds and their medians.
#include "workbench/timing.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <fstream>

#include "kernels/isa.h"
#include "kernels/peak.h"

namespace vseal::workbench {
namespace {

double now_ms() {
  using Clock = std::chrono::steady_clock;
  return std::chrono::duration<double, std::milli>(Clock::now().time_since_epoch()).count();
}

// A case on one pool, and its samples.
struct Runner {
  const Case* test = nullptr;
  ThreadPool* pool = nullptr;
  int repeats = 1;
  std::vector<double> ms = {};

  double gmacs(double time_ms) const { return test->multiply_adds / time_ms * 1e-6; }

  double sample() {
    const double begin = now_ms();
    for (int i = 0; i < repeats; ++i) test->run(*pool);
    return (now_ms() - begin) / repeats;
  }

  void choose_repeats(double min_sample_ms) {
    test->run(*pool);
    const double once = std::max(sample(), 1e-3);
    repeats = std::max(1, static_cast<int>(min_sample_ms / once + 0.5));
  }

  double best_gmacs() const { return gmacs(std::ranges::min(ms)); }

  Row row(double peak_gmacs) const {
    const double middle = quantile(ms, 0.5);
    return {.name = test->name,
            .detail = test->detail,
            .threads = pool->threads(),
            .median_ms = middle,
            .p10_ms = quantile(ms, 0.1),
            .p90_ms = quantile(ms, 0.9),
            .best_ms = std::ranges::min(ms),
            .gmacs = gmacs(middle),
            .peak_share = best_gmacs() / peak_gmacs,
            .multiply_adds = test->multiply_adds};
  }
};

// Enough pieces for every thread to take its share whatever the order.
Case peak_case(Case::Products products, int threads) {
  const bool integer = products == Case::Products::kInteger;
  const auto run = integer ? kernels::run_integer_multiply_adds : kernels::run_multiply_adds;
  const int64_t steps = integer ? 200 : 20000;
  const size_t pieces = static_cast<size_t>(threads) * 8;
  Case peak;
  peak.name = integer ? "8-bit integer peak" : "f32 FMA peak";
  peak.multiply_adds = static_cast<double>(run(1) * steps) * static_cast<double>(pieces);
  peak.products = products;
  peak.run = [run, steps, pieces](ThreadPool& pool) {
    pool.parallel_for(pieces, 1, [run, steps](size_t, size_t) { run(steps); });
  };
  return peak;
}

Status check_all(const std::vector<Case>& cases, ThreadPool& pool) {
  for (const Case& test : cases) {
    if (test.check) VSEAL_RETURN_IF_ERROR(test.check(pool).with_context(test.name));
  }
  return {};
}

std::string cpu_name() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  }
  return "unknown";
}

}  // namespace

double quantile(std::vector<double> values, double share) {
  std::ranges::sort(values);
  const auto last = static_cast<double>(values.size() - 1);
  return values[static_cast<size_t>(std::ceil(share * last))];
}

Result<std::vector<Row>> measure(const std::vector<Case>& cases,
                                 const std::vector<ThreadPool*>& pools,
                                 const TimingOptions& options) {
  std::vector<Case> peaks;
  peaks.reserve(2 * pools.size());
  std::vector<Runner> runners;
  for (ThreadPool* pool : pools) {
    VSEAL_RETURN_IF_ERROR(check_all(cases, *pool));
    for (const auto products : {Case::Products::kFloat, Case::Products::kInteger}) {
      peaks.push_back(peak_case(products, pool->threads()));
      runners.push_back({&peaks.back(), pool});
    }
    for (const Case& test : cases) runners.push_back({&test, pool});
  }
  for (Runner& runner : runners) runner.choose_repeats(options.min_sample_ms);
  for (int round = 0; round < options.rounds; ++round) {
    for (Runner& runner : runners) runner.ms.push_back(runner.sample());
  }
  std::vector<Row> rows;
  for (size_t i = 0; i < runners.size(); ++i) {
    // Each pool's rows open with its two peaks.
    const size_t first = i / (cases.size() + 2) * (cases.size() + 2);
    const bool integer = runners[i].test->products == Case::Products::kInteger;
    rows.push_back(runners[i].row(runners[first + (integer ? 1 : 0)].best_gmacs()));
  }
  return rows;
}

Machine this_machine() {
#if defined(__clang__)
  const std::string compiler = "clang " __clang_version__;
#else
  const std::string compiler = "g++ " __VERSION__;
#endif
  return {compiler, cpu_name(), kernels::active_isa(), available_cores()};
}

}  // namespace vseal::workbench
