#include "network_cases.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <memory>
#include <random>

#include "engine/session.h"
#include "family_models.h"
#include "kernels/isa.h"
#include "models/model.h"

namespace vseal::bench {
namespace {

using Values = std::vector<std::vector<float>>;

// Inputs in 0..1; a message takes any real numbers.
Values random_inputs(const graph::Graph& graph) {
  std::mt19937 engine(1);
  Values inputs;
  for (const graph::TensorId id : graph.inputs()) {
    auto& values = inputs.emplace_back(static_cast<size_t>(graph.tensor(id).shape.elements()));
    for (float& v : values) v = static_cast<float>(engine() >> 8) * 0x1p-24f;
  }
  return inputs;
}

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

// A network, its plan, and a session for each pool.
struct Network {
  graph::Graph graph;
  Values inputs;
  Values expected;
  std::shared_ptr<const engine::Plan> plan;
  std::map<ThreadPool*, std::unique_ptr<engine::Session>> sessions;

  Status check(ThreadPool& pool);
  // Makes the next run a whole one: what no changed input reaches is not computed again.
  void touch_inputs(ThreadPool& pool) {
    for (size_t i = 0; i < inputs.size(); ++i) sessions[&pool]->input(static_cast<int>(i));
  }
  std::vector<Layer> layers(ThreadPool& pool);
};

std::vector<Layer> Network::layers(ThreadPool& pool) {
  touch_inputs(pool);
  const auto profile = sessions[&pool]->run_profiled();
  std::vector<Layer> layers;
  if (!profile.ok()) return layers;
  for (const engine::OpProfile& op : *profile) {
    layers.push_back({op.name, op.kernel, static_cast<double>(op.multiply_adds), op.ms});
  }
  return layers;
}

Status compare_each(const std::vector<float>& expected, const std::vector<float>& got) {
  float largest = 0;
  for (const float v : expected) largest = std::max(largest, std::abs(v));
  for (size_t k = 0; k < expected.size(); ++k) {
    if (std::abs(got[k] - expected[k]) <= 1e-3f * largest) continue;
    return internal_error(fmt::format("value {}: expected {}, got {}", k, expected[k], got[k]));
  }
  return {};
}

// Where instruction sets round an f32 value differently, an integer behind it may be the next one,
// and what comes of that may be far off in a few places.
Status compare_mean(const std::vector<float>& expected, const std::vector<float>& got) {
  double power = 0, error = 0;
  for (size_t k = 0; k < expected.size(); ++k) {
    power += double{expected[k]} * expected[k];
    error += double{got[k] - expected[k]} * (got[k] - expected[k]);
  }
  if (error <= 1e-2 * power) return {};
  return internal_error(
      fmt::format("expected less than 1 % of the power as error, got {}", error / power));
}

Status Network::check(ThreadPool& pool) {
  VSEAL_ASSIGN_OR_RETURN(sessions[&pool], engine::Session::create(plan, &pool));
  VSEAL_ASSIGN_OR_RETURN(const Values results,
                         run_session(*sessions[&pool], inputs, graph.outputs().size()));
  for (size_t i = 0; i < expected.size(); ++i) {
    VSEAL_RETURN_IF_ERROR(graph::has_integers(graph) ? compare_mean(expected[i], results[i])
                                                     : compare_each(expected[i], results[i]));
  }
  return {};
}

// The reference kernels, or for a network too large for plain loops the unfused plan on the
// fallback instruction set.
Result<Values> expected_outputs(const graph::Graph& graph, const Values& inputs) {
  constexpr int64_t kLargeMultiplyAdds = 4'000'000'000;
  if (multiply_adds(graph) < kLargeMultiplyAdds) {
    return engine::run_naive(graph, {inputs.begin(), inputs.end()});
  }
  const std::string isa = kernels::active_isa();
  VSEAL_RETURN_IF_ERROR(kernels::force_isa(kernels::available_isas().back()));
  ThreadPool pool;
  VSEAL_ASSIGN_OR_RETURN(const auto plan, engine::Plan::create(graph, {.fuse = false}));
  VSEAL_ASSIGN_OR_RETURN(const auto session, engine::Session::create(plan, &pool));
  VSEAL_ASSIGN_OR_RETURN(Values results, run_session(*session, inputs, graph.outputs().size()));
  VSEAL_RETURN_IF_ERROR(kernels::force_isa(isa));
  return results;
}

Result<Case> network_case(std::string name, graph::Graph graph) {
  auto network = std::make_shared<Network>();
  network->inputs = random_inputs(graph);
  VSEAL_ASSIGN_OR_RETURN(network->expected, expected_outputs(graph, network->inputs));
  VSEAL_ASSIGN_OR_RETURN(network->plan, engine::Plan::create(graph));
  network->graph = std::move(graph);
  Case test;
  test.name = std::move(name);
  test.multiply_adds = static_cast<double>(multiply_adds(network->graph));
  test.detail =
      fmt::format("{:.2f} GMAC, arena {:.1f} MB, weights {:.1f} MB", test.multiply_adds * 1e-9,
                  static_cast<double>(network->plan->arena_bytes()) * 1e-6,
                  static_cast<double>(network->plan->weight_bytes()) * 1e-6);
  test.check = [network](ThreadPool& pool) { return network->check(pool); };
  test.run = [network](ThreadPool& pool) {
    network->touch_inputs(pool);
    // The check ran this session already: it cannot fail now.
    static_cast<void>(network->sessions[&pool]->run());
  };
  test.layers = [network](ThreadPool& pool) { return network->layers(pool); };
  return test;
}

}  // namespace

Result<std::vector<Case>> network_cases(const std::string& filter,
                                        const std::vector<std::string>& files) {
  std::vector<Case> cases;
  const auto wanted = [&](const std::string& name) {
    return (name + " embedder").find(filter) != std::string::npos ||
           (name + " detector").find(filter) != std::string::npos;
  };
  const auto add = [&](const std::string& name, const models::Model& model) -> Status {
    for (const auto& [half, graph] :
         {std::pair<const char*, const graph::Graph&>{" embedder", model.embedder},
          {" detector", model.detector}}) {
      if ((name + half).find(filter) == std::string::npos) continue;
      VSEAL_ASSIGN_OR_RETURN(Case test, network_case(name + half, graph));
      cases.push_back(std::move(test));
    }
    return {};
  };
  for (const char* name : family_models()) {
    if (!wanted(name)) continue;
    VSEAL_ASSIGN_OR_RETURN(const auto model, family_model(name));
    VSEAL_RETURN_IF_ERROR(add(name, *model));
  }
  for (const auto& [form, name] : {std::pair(models::DefaultForm::kInt8, "default int8"),
                                   std::pair(models::DefaultForm::kF32, "default f32")}) {
    VSEAL_ASSIGN_OR_RETURN(const auto model, models::default_model(form));
    VSEAL_RETURN_IF_ERROR(add(name, *model));
  }
  for (const std::string& file : files) {
    VSEAL_ASSIGN_OR_RETURN(const auto loaded, models::load_model(file));
    VSEAL_RETURN_IF_ERROR(add(std::filesystem::path(file).filename().string(), *loaded));
  }
  return cases;
}

}  // namespace vseal::bench
