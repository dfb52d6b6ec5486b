// The two forms of the report.
#include "harness.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

namespace vseal::bench {

void print_table(const Machine& machine, const std::vector<Row>& rows) {
  fmt::print("vseal {}, {}, {} ({} cores), {}\n\n", VSEAL_VERSION, machine.compiler, machine.cpu,
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
  report["version"] = VSEAL_VERSION;
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
                              {"share_of_peak", row.peak_share}});
  }
  std::ofstream file(path);
  file << report.dump(2) << '\n';
  if (!file.flush()) return cannot_create("[bench] " + path + ": cannot be written");
  return {};
}

}  // namespace vseal::bench
