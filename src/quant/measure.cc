#include "quant/measure.h"

#include <algorithm>
#include <cmath>

namespace vseal::quant {
namespace {

constexpr double kNoNoiseDb = 200.0;

}  // namespace

double OutputError::snr_db() const {
  if (!(noise > 0)) return kNoNoiseDb;
  return std::min(kNoNoiseDb, 10 * std::log10(signal / noise));
}

void OutputError::add(std::span<const float> reference, std::span<const float> got) {
  for (size_t i = 0; i < reference.size(); ++i) {
    const double difference = double{got[i]} - reference[i];
    signal += double{reference[i]} * reference[i];
    noise += difference * difference;
    largest = std::max(largest, std::abs(difference));
    sign_flips += (got[i] > 0) != (reference[i] > 0) ? 1 : 0;
  }
  values += static_cast<int64_t>(reference.size());
}

Result<Outputs> run_reference_outputs(const graph::Graph& reference, const SampleSource& samples,
                                      ThreadPool& pool, const Progress& progress) {
  Outputs outputs;
  VSEAL_RETURN_IF_ERROR(run_all(reference, samples, pool, progress,
                                [&](int, std::span<const std::span<const float>> values) -> Status {
                                  outputs.emplace_back(values[0].begin(), values[0].end());
                                  return {};
                                }));
  return outputs;
}

Result<OutputError> compare(const graph::Graph& graph, const Outputs& expected,
                            const SampleSource& samples, ThreadPool& pool,
                            const Progress& progress) {
  OutputError error;
  VSEAL_RETURN_IF_ERROR(
      run_all(graph, samples, pool, progress,
              [&](int i, std::span<const std::span<const float>> values) -> Status {
                error.add(expected[static_cast<size_t>(i)], values[0]);
                return {};
              }));
  return error;
}

}  // namespace vseal::quant
