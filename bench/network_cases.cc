#include "network_cases.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <memory>

#include "engine/session.h"
#include "family_models.h"
#include "kernels/isa.h"
#include "models/model.h"
#include "workbench/network_timing.h"

namespace vseal::bench {
namespace {

using Values = std::vector<std::vector<float>>;

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

// The outputs against the expected ones.
Status compare(const graph::Graph& graph, const Values& expected, const Values& results) {
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
  VSEAL_ASSIGN_OR_RETURN(Values results,
                         workbench::run_session(*session, inputs, graph.outputs().size()));
  VSEAL_RETURN_IF_ERROR(kernels::force_isa(isa));
  return results;
}

Result<Case> checked_case(std::string name, graph::Graph graph) {
  VSEAL_ASSIGN_OR_RETURN(const auto network, workbench::TimedNetwork::create(std::move(graph)));
  VSEAL_ASSIGN_OR_RETURN(Values expected, expected_outputs(network->graph(), network->inputs()));
  Case test = workbench::network_case(std::move(name), network);
  test.check = [network, expected = std::move(expected)](ThreadPool& pool) -> Status {
    VSEAL_ASSIGN_OR_RETURN(const Values results, network->first_run(pool));
    return compare(network->graph(), expected, results);
  };
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
      VSEAL_ASSIGN_OR_RETURN(Case test, checked_case(name + half, graph));
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
