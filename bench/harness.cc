// Interleaved rounds, medians, and the two forms of the report.
#include "harness.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "kernels/isa.h"
#include "peak.h"

namespace vseal::bench {
namespace {

double now_ms() {
  using Clock = std::chrono::steady_clock;
  return std::chrono::duration<double, std::milli>(Clock::now().time_since_epoch()).count();
}

double median(std::vector<double> values) {
  const size_t middle = values.size() / 2;
  std::ranges::nth_element(values, values.begin() + static_cast<ptrdiff_t>(middle));
  return values[middle];
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
    const double middle = median(ms);
    return {test->name,           test->detail,  pool->threads(),           middle,
            std::ranges::min(ms), gmacs(middle), best_gmacs() / peak_gmacs, test->multiply_adds};
  }
};

// Enough pieces for every thread to take its share whatever the order.
Case peak_case(int threads) {
  constexpr int64_t kSteps = 20000;
  const int64_t one = run_multiply_adds(1);
  const size_t pieces = static_cast<size_t>(threads) * 8;
  Case peak;
  peak.name = "f32 FMA peak";
  peak.multiply_adds = static_cast<double>(one * kSteps) * static_cast<double>(pieces);
  peak.run = [pieces](ThreadPool& pool) {
    pool.parallel_for(pieces, 1, [](size_t, size_t) { run_multiply_adds(kSteps); });
  };
  return peak;
}

Status check_all(const std::vector<Case>& cases, ThreadPool& pool) {
  for (const Case& test : cases) {
    VSEAL_RETURN_IF_ERROR(test.check(pool).with_context(test.name));
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

Result<std::vector<Row>> measure(const std::vector<Case>& cases,
                                 const std::vector<std::unique_ptr<ThreadPool>>& pools,
                                 const Options& options) {
  std::vector<Case> peaks;
  peaks.reserve(pools.size());
  std::vector<Runner> runners;
  for (const auto& pool : pools) {
    VSEAL_RETURN_IF_ERROR(check_all(cases, *pool));
    peaks.push_back(peak_case(pool->threads()));
    runners.push_back({&peaks.back(), pool.get()});
    for (const Case& test : cases) runners.push_back({&test, pool.get()});
  }
  for (Runner& runner : runners) runner.choose_repeats(options.min_sample_ms);
  for (int round = 0; round < options.rounds; ++round) {
    for (Runner& runner : runners) runner.ms.push_back(runner.sample());
  }
  std::vector<Row> rows;
  double peak = 0;
  for (const Runner& runner : runners) {
    if (!runner.test->check) peak = runner.best_gmacs();  // opens each pool's rows
    rows.push_back(runner.row(peak));
  }
  return rows;
}

Machine this_machine() {
#if defined(__clang__)
  const std::string compiler = "clang " __clang_version__;
#else
  const std::string compiler = "g++ " __VERSION__;
#endif
  return {VSEAL_VERSION, compiler, cpu_name(), kernels::active_isa(), available_cores()};
}

void print_table(const Machine& machine, const std::vector<Row>& rows) {
  fmt::print("vseal {}, {}, {} ({} cores), {}\n\n", machine.version, machine.compiler, machine.cpu,
             machine.cores, machine.isa);
  fmt::print("{:<26} {:<46} {:>7} {:>9} {:>9} {:>8} {:>7}\n", "", "", "threads", "median ms",
             "best ms", "GMAC/s", "of peak");
  for (const Row& row : rows) {
    fmt::print("{:<26} {:<46} {:>7} {:>9.3f} {:>9.3f} {:>8.1f} {:>6.1f}%\n", row.name, row.detail,
               row.threads, row.median_ms, row.best_ms, row.gmacs, 100 * row.peak_share);
  }
}

// Time and share of each kernel, slowest first.
void print_kernels(const std::vector<Layer>& layers) {
  std::map<std::string, double> ms;
  double sum = 0;
  for (const Layer& layer : layers) {
    ms[layer.kernel] += layer.ms;
    sum += layer.ms;
  }
  std::vector<std::pair<double, std::string>> order;
  order.reserve(ms.size());
  for (const auto& [kernel, time] : ms) order.emplace_back(time, kernel);
  std::ranges::sort(order, std::greater());
  for (const auto& [time, kernel] : order) {
    fmt::print("{:>9.3f} ms {:>7.1f}%  {}\n", time, 100 * time / sum, kernel);
  }
}

void print_layers(const std::vector<Case>& cases, ThreadPool& pool) {
  for (const Case& test : cases) {
    if (!test.layers) continue;
    std::vector<Layer> layers = test.layers(pool);
    std::ranges::sort(layers, std::greater(), &Layer::ms);
    fmt::print("\n{}, {} threads\n", test.name, pool.threads());
    print_kernels(layers);
    for (const Layer& layer : layers) {
      fmt::print("{:>9.3f} ms {:>8.1f} GMAC/s  {:<24} {}\n", layer.ms,
                 layer.multiply_adds / layer.ms * 1e-6, layer.kernel, layer.name);
    }
  }
}

Status write_json(const std::string& path, const Machine& machine, const std::vector<Row>& rows) {
  nlohmann::json report;
  report["version"] = machine.version;
  report["compiler"] = machine.compiler;
  report["cpu"] = machine.cpu;
  report["cores"] = machine.cores;
  report["isa"] = machine.isa;
  for (const Row& row : rows) {
    report["rows"].push_back({{"name", row.name},
                              {"detail", row.detail},
                              {"threads", row.threads},
                              {"median_ms", row.median_ms},
                              {"best_ms", row.best_ms},
                              {"multiply_adds", row.multiply_adds},
                              {"gmac_per_s", row.gmacs},
                              {"share_of_fma_peak", row.peak_share}});
  }
  std::ofstream file(path);
  file << report.dump(2) << '\n';
  if (!file.flush()) return cannot_create("[bench] " + path + ": cannot be written");
  return {};
}

}  // namespace vseal::bench
