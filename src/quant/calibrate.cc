#include "quant/calibrate.h"

#include <algorithm>
#include <cmath>

namespace vseal::quant {
namespace {

using graph::Graph;
using graph::TensorId;

void observe(std::span<const float> values, TensorStatistics& statistics) {
  statistics.values.add(values);
  const size_t channels = statistics.channel_max.size();
  float* most = statistics.channel_max.data();
  double* mean = statistics.channel_mean.data();
  double* square = statistics.channel_square.data();
  for (size_t i = 0; i < values.size(); i += channels) {
    const float* row = values.data() + i;
    for (size_t c = 0; c < channels; ++c) {
      most[c] = std::max(most[c], std::abs(row[c]));
      mean[c] += row[c];
      square[c] += double{row[c]} * row[c];
    }
  }
}

// Sums become means; values that are no numbers become errors.
Status finish(const std::string& name, TensorStatistics& statistics) {
  if (statistics.values.bad() > 0) {
    return corrupt_input("[calibrate] " + name + ": expected finite values, got " +
                         std::to_string(statistics.values.bad()) + " that are not");
  }
  const size_t channels = statistics.channel_max.size();
  const double rows =
      static_cast<double>(statistics.values.count()) / static_cast<double>(channels);
  for (size_t c = 0; c < channels; ++c) {
    statistics.channel_mean[c] /= rows;
    statistics.channel_square[c] /= rows;
  }
  return {};
}

}  // namespace

Result<Calibration> calibrate(const Graph& graph, const SampleSource& samples, ThreadPool& pool,
                              const Progress& progress) {
  Graph observed = graph;
  std::vector<TensorId> ids = graph.outputs();
  for (size_t i = 0; i < graph.tensors().size(); ++i) {
    const auto id = static_cast<TensorId>(i);
    const graph::Tensor& tensor = graph.tensor(id);
    const bool known = tensor.is_constant() || tensor.dtype != graph::DType::kF32;
    if (known || std::ranges::count(ids, id) > 0) continue;
    VSEAL_RETURN_IF_ERROR(observed.add_output(id));
    ids.push_back(id);
  }
  std::vector<TensorStatistics> statistics(ids.size());
  for (size_t i = 0; i < ids.size(); ++i) {
    const graph::Shape& shape = graph.tensor(ids[i]).shape;
    const auto channels = static_cast<size_t>(shape[shape.rank() - 1]);
    statistics[i].channel_max.resize(channels);
    statistics[i].channel_mean.resize(channels);
    statistics[i].channel_square.resize(channels);
  }
  VSEAL_RETURN_IF_ERROR(
      run_all(observed, samples, pool, progress,
              [&](int, std::span<const std::span<const float>> outputs) -> Status {
                pool.parallel_for(ids.size(), 1, [&](size_t begin, size_t end) {
                  for (size_t i = begin; i < end; ++i) observe(outputs[i], statistics[i]);
                });
                return {};
              }));
  Calibration calibration;
  for (size_t i = 0; i < ids.size(); ++i) {
    const std::string& name = graph.tensor(ids[i]).name;
    VSEAL_RETURN_IF_ERROR(finish(name, statistics[i]));
    calibration.emplace(name, std::move(statistics[i]));
  }
  return calibration;
}

}  // namespace vseal::quant
