// What `vseal bench` does.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "apps/commands.h"
#include "apps/common.h"

namespace vseal::cli {
namespace {

using nlohmann::ordered_json;

constexpr double kMega = 1e6;

void print_network(const ordered_json& network) {
  fmt::print(
      "{:<10} {:>8.2f} GMAC {:>9.3f} ms ({:.3f} to {:.3f}) {:>7.1f} GMAC/s {:>6.1f}% of peak\n",
      network["name"].get<std::string>(), network["multiply_adds"].get<double>() / 1e9,
      network["median_ms"].get<double>(), network["p10_ms"].get<double>(),
      network["p90_ms"].get<double>(), network["gmac_per_s"].get<double>(),
      100 * network["share_of_peak"].get<double>());
}

void print_layers(const ordered_json& network) {
  fmt::print("\n{}: ms, GMAC/s, of peak, kernel, layer\n", network["name"].get<std::string>());
  for (const ordered_json& layer : network["layers"]) {
    const bool products = layer["multiply_adds"].get<double>() > 0;
    fmt::print("{:>9.3f} {:>8} {:>8}  {:<24} {}\n", layer["ms"].get<double>(),
               products ? fmt::format("{:.1f}", layer["gmac_per_s"].get<double>()) : "",
               products ? fmt::format("{:.1f}%", 100 * layer["share_of_peak"].get<double>()) : "",
               layer["kernel"].get<std::string>(), layer["name"].get<std::string>());
  }
}

void print_report(const ordered_json& report) {
  fmt::print("{}: {}, {}, {} of {} cores, {} rounds\n", report["model"].get<std::string>(),
             report["cpu"].get<std::string>(), report["isa"].get<std::string>(),
             report["threads"].get<int>(), report["cores"].get<int>(), report["rounds"].get<int>());
  fmt::print("peak       {:.1f} GMAC/s in f32, {:.1f} in 8-bit integers\n",
             report["float_peak_gmac_per_s"].get<double>(),
             report["integer_peak_gmac_per_s"].get<double>());
  fmt::print("start-up   {:.1f} ms to load the model", report["load_ms"].get<double>());
  for (const ordered_json& network : report["networks"]) {
    fmt::print(", {:.1f} to plan the {}", network["plan_ms"].get<double>(),
               network["name"].get<std::string>());
  }
  fmt::print("\nmemory     {:.1f} MB at most\n", report["peak_memory_bytes"].get<double>() / kMega);
  for (const ordered_json& network : report["networks"]) print_network(network);
  for (const ordered_json& network : report["networks"]) {
    if (network.contains("layers")) print_layers(network);
  }
}

}  // namespace

int run_bench(const CommonSettings& common, const BenchSettings& settings) {
  BenchOptions options;
  options.rounds = settings.rounds;
  options.layers = settings.layers ? 1 : 0;
  options.threads = common.threads;
  const auto report = bench_model(common.model, options);
  if (!report.ok()) return fail(common, report.error());
  if (common.json) {
    fmt::print("{}\n", report.value());
  } else {
    print_report(ordered_json::parse(report.value(), nullptr, false));
  }
  return 0;
}

}  // namespace vseal::cli
