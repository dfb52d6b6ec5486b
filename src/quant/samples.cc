#include "quant/samples.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include "engine/session.h"

namespace vseal::quant {

Status expect_samples(const SampleSource& samples) {
  if (samples.count > 0 && samples.take) return {};
  return invalid_argument("[quant] samples: expected at least one, got none");
}

SampleSource spread(const SampleSource& samples, int begin, int count) {
  std::vector<int> order(static_cast<size_t>(samples.count));
  std::iota(order.begin(), order.end(), 0);
  const auto position = [](int i) { return std::fmod(i * std::numbers::phi, 1.0); };
  std::ranges::sort(order, {}, position);
  order = {order.begin() + begin, order.begin() + begin + count};
  return {count, [take = samples.take, order = std::move(order)](int i) {
            return take(order[static_cast<size_t>(i)]);
          }};
}

Status report(const Progress& progress, int done, int total) {
  if (!progress || progress(done, total)) return {};
  return Status(Code::kCancelled, "[quant] given up on request");
}

Status run_all(const graph::Graph& graph, const SampleSource& samples, ThreadPool& pool,
               const Progress& progress,
               const std::function<Status(int, std::span<const std::span<const float>>)>& visit) {
  VSEAL_RETURN_IF_ERROR(expect_samples(samples));
  VSEAL_ASSIGN_OR_RETURN(const auto plan, engine::Plan::create(graph));
  VSEAL_ASSIGN_OR_RETURN(const auto session, engine::Session::create(plan, &pool));
  for (int i = 0; i < samples.count; ++i) {
    VSEAL_ASSIGN_OR_RETURN(const Sample sample, samples.take(i));
    if (sample.size() != graph.inputs().size()) {
      return invalid_argument("[quant] sample: expected values for " +
                              std::to_string(graph.inputs().size()) + " inputs, got " +
                              std::to_string(sample.size()));
    }
    for (size_t k = 0; k < sample.size(); ++k) {
      const std::span<float> to = session->input(static_cast<int>(k));
      if (sample[k].size() != to.size()) {
        return invalid_argument("[quant] sample: expected " + std::to_string(to.size()) +
                                " values, got " + std::to_string(sample[k].size()));
      }
      std::ranges::copy(sample[k], to.begin());
    }
    VSEAL_RETURN_IF_ERROR(session->run());
    std::vector<std::span<const float>> outputs;
    for (size_t k = 0; k < graph.outputs().size(); ++k) {
      outputs.push_back(session->output(static_cast<int>(k)));
    }
    VSEAL_RETURN_IF_ERROR(visit(i, outputs));
    VSEAL_RETURN_IF_ERROR(report(progress, i + 1, samples.count));
  }
  return {};
}

}  // namespace vseal::quant
