#include "workbench/bench.h"

#include <chrono>
#include <nlohmann/json.hpp>

#include "base/process_memory.h"
#include "workbench/json_text.h"
#include "workbench/network_timing.h"

namespace vseal::workbench {
namespace {

using Clock = std::chrono::steady_clock;
using nlohmann::ordered_json;

double gmacs(const Layer& layer) {
  return layer.ms > 0 ? layer.multiply_adds / layer.ms * 1e-6 : 0;
}

// Medians over the rounds of each op.
std::vector<Layer> median_layers(const Case& test, int rounds, ThreadPool& pool) {
  std::vector<Layer> layers = test.layers(pool);
  std::vector<std::vector<double>> ms(layers.size());
  for (int round = 0; round < rounds; ++round) {
    const std::vector<Layer> sample = test.layers(pool);
    for (size_t i = 0; i < layers.size(); ++i) ms[i].push_back(sample[i].ms);
  }
  for (size_t i = 0; i < layers.size(); ++i) layers[i].ms = quantile(std::move(ms[i]), 0.5);
  return layers;
}

ordered_json to_json(const BenchReport& report, const NetworkSpeed& network) {
  ordered_json json = {{"name", network.row.name},
                       {"multiply_adds", network.row.multiply_adds},
                       {"weight_bytes", network.weight_bytes},
                       {"arena_bytes", network.arena_bytes},
                       {"plan_ms", network.plan_ms},
                       {"p10_ms", network.row.p10_ms},
                       {"median_ms", network.row.median_ms},
                       {"p90_ms", network.row.p90_ms},
                       {"gmac_per_s", network.row.gmacs},
                       {"share_of_peak", network.row.peak_share}};
  for (const Layer& layer : network.layers) {
    json["layers"].push_back({{"name", layer.name},
                              {"kernel", layer.kernel},
                              {"multiply_adds", layer.multiply_adds},
                              {"ms", layer.ms},
                              {"gmac_per_s", gmacs(layer)},
                              {"share_of_peak", report.peak_share(layer)}});
  }
  return json;
}

}  // namespace

double BenchReport::peak_share(const Layer& layer) const {
  const bool integer = layer.kernel.starts_with("conv2d_i8");
  return gmacs(layer) / (integer ? integer_peak : float_peak);
}

Result<BenchReport> bench_model(const ModelLoader& load, const BenchSettings& settings,
                                ThreadPool& pool) {
  BenchReport report;
  const auto begin = Clock::now();
  VSEAL_ASSIGN_OR_RETURN(const auto model, load());
  report.load_ms = std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
  std::vector<Case> cases;
  for (const auto& [name, graph] :
       {std::pair<const char*, const graph::Graph&>{"embedder", model->embedder},
        {"detector", model->detector}}) {
    VSEAL_ASSIGN_OR_RETURN(const auto network, TimedNetwork::create(graph));
    cases.push_back(network_case(name, network));
    report.networks.push_back({.row = {},
                               .plan_ms = network->plan_ms(),
                               .weight_bytes = static_cast<int64_t>(network->plan().weight_bytes()),
                               .arena_bytes = static_cast<int64_t>(network->plan().arena_bytes()),
                               .layers = {}});
  }
  VSEAL_ASSIGN_OR_RETURN(const std::vector<Row> rows,
                         measure(cases, {&pool}, {.rounds = settings.rounds, .min_sample_ms = 0}));
  report.machine = this_machine();
  report.threads = pool.threads();
  report.rounds = settings.rounds;
  report.model = model->card.name;
  report.float_peak = rows[0].multiply_adds / rows[0].best_ms * 1e-6;
  report.integer_peak = rows[1].multiply_adds / rows[1].best_ms * 1e-6;
  for (size_t i = 0; i < cases.size(); ++i) {
    report.networks[i].row = rows[i + 2];
    if (!settings.layers) continue;
    report.networks[i].layers = median_layers(cases[i], settings.rounds, pool);
  }
  report.peak_memory_bytes = process_memory_bytes("VmHWM");
  return report;
}

std::string bench_json(const std::string& version, const BenchReport& report) {
  ordered_json json = {{"version", version},
                       {"compiler", report.machine.compiler},
                       {"cpu", report.machine.cpu},
                       {"cores", report.machine.cores},
                       {"isa", report.machine.isa},
                       {"threads", report.threads},
                       {"rounds", report.rounds},
                       {"model", report.model},
                       {"load_ms", report.load_ms},
                       {"float_peak_gmac_per_s", report.float_peak},
                       {"integer_peak_gmac_per_s", report.integer_peak}};
  for (const NetworkSpeed& network : report.networks) {
    json["networks"].push_back(to_json(report, network));
  }
  json["peak_memory_bytes"] = report.peak_memory_bytes;
  return json_text(json);
}

}  // namespace vseal::workbench
