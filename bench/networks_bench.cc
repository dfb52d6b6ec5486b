// Times convolutions and networks: networks_bench [--threads 1,2] [--filter TEXT] [--json FILE].
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <iterator>
#include <memory>

#include "conv_cases.h"
#include "harness.h"
#include "int8_cases.h"
#include "kernels/isa.h"
#include "light_cases.h"
#include "network_cases.h"

namespace vseal::bench {
namespace {

struct Arguments {
  workbench::TimingOptions options;
  std::vector<int> threads;
  std::string filter;
  std::string isa;
  std::string json;
  std::vector<std::string> models;
  bool layers = false;
};

// Every case whose name or shape contains the filter.
Result<std::vector<Case>> all_cases(const Arguments& arguments) {
  const std::string& filter = arguments.filter;
  VSEAL_ASSIGN_OR_RETURN(std::vector<Case> cases, conv_cases());
  VSEAL_ASSIGN_OR_RETURN(std::vector<Case> integers, int8_cases());
  std::ranges::move(integers, std::back_inserter(cases));
  VSEAL_ASSIGN_OR_RETURN(std::vector<Case> light, light_cases());
  std::ranges::move(light, std::back_inserter(cases));
  VSEAL_ASSIGN_OR_RETURN(std::vector<Case> networks, network_cases(filter, arguments.models));
  std::ranges::move(networks, std::back_inserter(cases));
  std::erase_if(cases, [&](const Case& test) {
    return (test.name + " " + test.detail).find(filter) == std::string::npos;
  });
  return cases;
}

Status run(const Arguments& arguments) {
  if (!arguments.isa.empty()) VSEAL_RETURN_IF_ERROR(kernels::force_isa(arguments.isa));
  std::vector<std::unique_ptr<ThreadPool>> owned;  // cases may refer to them
  std::vector<ThreadPool*> pools;
  for (const int threads : arguments.threads) {
    owned.push_back(std::make_unique<ThreadPool>(threads));
    pools.push_back(owned.back().get());
  }
  VSEAL_ASSIGN_OR_RETURN(const std::vector<Case> cases, all_cases(arguments));
  VSEAL_ASSIGN_OR_RETURN(const std::vector<Row> rows,
                         workbench::measure(cases, pools, arguments.options));
  const Machine machine = workbench::this_machine();
  print_table(machine, rows);
  if (arguments.layers) print_layers(cases, *pools.front());
  return arguments.json.empty() ? Status() : write_json(arguments.json, machine, rows);
}

}  // namespace
}  // namespace vseal::bench

int main(int argc, char** argv) {
  vseal::bench::Arguments arguments;
  arguments.threads = {1};
  if (vseal::available_cores() > 1) arguments.threads.push_back(vseal::available_cores());
  CLI::App app("Times convolutions and networks against the FMA peak of the same run.");
  app.add_option("--threads", arguments.threads, "Numbers of threads, e.g. 1,2")
      ->delimiter(',')
      ->check(CLI::Range(1, 1024));
  app.add_option("--rounds", arguments.options.rounds, "Samples of each case")
      ->check(CLI::Range(1, 100000));
  app.add_option("--filter", arguments.filter, "Only cases whose name or shape contains this");
  app.add_option("--isa", arguments.isa, "Instruction set, e.g. avx2; the best by default");
  app.add_option("--model", arguments.models, "Also time both networks of a model file");
  app.add_flag("--layers", arguments.layers, "Also print what each op of a network took");
  app.add_option("--json", arguments.json, "Also write the rows to this file");
  CLI11_PARSE(app, argc, argv);
  const vseal::Status status = vseal::bench::run(arguments);
  if (!status.ok()) std::fprintf(stderr, "networks_bench: %s\n", status.message().c_str());
  return status.ok() ? 0 : 1;
}
