// How fast a model's networks are on this machine.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "models/model.h"
#include "workbench/timing.h"

namespace vseal::workbench {

struct BenchSettings {
  int rounds = 21;
  bool layers = false;  // also time each op, in as many more runs
};

struct NetworkSpeed {
  Row row;  // its name is "embedder" or "detector"; share of the peak of what it computes in
  double plan_ms = 0;
  int64_t weight_bytes = 0, arena_bytes = 0;
  std::vector<Layer> layers;  // in the order of the network, medians
};

struct BenchReport {
  Machine machine;
  int threads = 0;
  int rounds = 0;
  std::string model;
  double load_ms = 0;  // of reading the model: start-up is this and both plan_ms
  double float_peak = 0, integer_peak = 0;  // GMAC/s, the best of the same rounds
  std::vector<NetworkSpeed> networks;
  int64_t peak_memory_bytes = 0;

  // Of the peak of what a layer computes in; above 1 where Winograd's method saves products.
  double peak_share(const Layer& layer) const;
};

// Loads a model and times both networks, batch 1, a new picture and a new message each time, in
// interleaved rounds with both peaks.
using ModelLoader = std::function<Result<std::shared_ptr<const models::Model>>()>;
Result<BenchReport> bench_model(const ModelLoader& load, const BenchSettings& settings,
                                ThreadPool& pool);

// docs/json.md; `version` is that of vseal.
std::string bench_json(const std::string& version, const BenchReport& report);

}  // namespace vseal::workbench
