// How far a network's outputs are from those of the network that it stands for.
#pragma once

#include "quant/samples.h"

namespace vseal::quant {

struct OutputError {
  double signal = 0;   // sum of squares of the reference
  double noise = 0;    // sum of squared differences
  double largest = 0;  // difference
  int64_t values = 0;
  int64_t sign_flips = 0;  // values whose sign differs

  double snr_db() const;  // signal over noise; 200 where there is no noise
  // Sums over the values of another sample.
  void add(std::span<const float> reference, std::span<const float> got);
};

// First outputs of `reference` over all samples, kept for comparing others with.
using Outputs = std::vector<std::vector<float>>;
Result<Outputs> run_reference_outputs(const graph::Graph& reference, const SampleSource& samples,
                                      ThreadPool& pool, const Progress& progress = {});

// `graph`'s first output against `expected`, over the same samples.
Result<OutputError> compare(const graph::Graph& graph, const Outputs& expected,
                            const SampleSource& samples, ThreadPool& pool,
                            const Progress& progress = {});

}  // namespace vseal::quant
