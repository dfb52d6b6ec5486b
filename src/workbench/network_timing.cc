#include "workbench/network_timing.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <random>

namespace vseal::workbench {
namespace {

using Values = std::vector<std::vector<float>>;

Values random_inputs(const graph::Graph& graph) {
  std::mt19937 engine(1);
  Values inputs;
  for (const graph::TensorId id : graph.inputs()) {
    auto& values = inputs.emplace_back(static_cast<size_t>(graph.tensor(id).shape.elements()));
    for (float& v : values) v = static_cast<float>(engine() >> 8) * 0x1p-24f;
  }
  return inputs;
}

}  // namespace

Result<Values> run_session(engine::Session& session, const Values& inputs, size_t outputs) {
  for (size_t i = 0; i < inputs.size(); ++i) {
    std::ranges::copy(inputs[i], session.input(static_cast<int>(i)).begin());
  }
  VSEAL_RETURN_IF_ERROR(session.run());
  Values results;
  for (size_t i = 0; i < outputs; ++i) {
    const auto values = session.output(static_cast<int>(i));
    results.emplace_back(values.begin(), values.end());
  }
  return results;
}

Result<std::shared_ptr<TimedNetwork>> TimedNetwork::create(graph::Graph graph) {
  using Clock = std::chrono::steady_clock;
  auto network = std::make_shared<TimedNetwork>();
  network->inputs_ = random_inputs(graph);
  const auto begin = Clock::now();
  VSEAL_ASSIGN_OR_RETURN(network->plan_, engine::Plan::create(graph));
  network->plan_ms_ = std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
  network->graph_ = std::move(graph);
  return network;
}

Result<Values> TimedNetwork::first_run(ThreadPool& pool) {
  VSEAL_ASSIGN_OR_RETURN(sessions_[&pool], engine::Session::create(plan_, &pool));
  return run_session(*sessions_[&pool], inputs_, graph_.outputs().size());
}

// Makes the next run a whole one: what no changed input reaches is not computed again.
void TimedNetwork::touch_inputs(ThreadPool& pool) {
  for (size_t i = 0; i < inputs_.size(); ++i) sessions_[&pool]->input(static_cast<int>(i));
}

void TimedNetwork::run(ThreadPool& pool) {
  touch_inputs(pool);
  // This session ran already: it cannot fail now.
  static_cast<void>(sessions_[&pool]->run());
}

std::vector<Layer> TimedNetwork::layers(ThreadPool& pool) {
  touch_inputs(pool);
  const auto profile = sessions_[&pool]->run_profiled();
  std::vector<Layer> layers;
  if (!profile.ok()) return layers;
  for (const engine::OpProfile& op : *profile) {
    layers.push_back({op.name, op.kernel, static_cast<double>(op.multiply_adds), op.ms});
  }
  return layers;
}

Case network_case(std::string name, const std::shared_ptr<TimedNetwork>& network) {
  Case test;
  test.name = std::move(name);
  test.multiply_adds = static_cast<double>(multiply_adds(network->graph()));
  test.detail =
      fmt::format("{:.2f} GMAC, arena {:.1f} MB, weights {:.1f} MB", test.multiply_adds * 1e-9,
                  static_cast<double>(network->plan().arena_bytes()) * 1e-6,
                  static_cast<double>(network->plan().weight_bytes()) * 1e-6);
  if (graph::has_integers(network->graph())) test.products = Case::Products::kInteger;
  test.check = [network](ThreadPool& pool) { return network->first_run(pool).status(); };
  test.run = [network](ThreadPool& pool) { network->run(pool); };
  test.layers = [network](ThreadPool& pool) { return network->layers(pool); };
  return test;
}

}  // namespace vseal::workbench
