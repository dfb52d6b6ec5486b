// Which ops lose most by computing on integers, and which to spare.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "quant/measure.h"
#include "quant/quantize.h"

namespace vseal::quant {

struct OpLoss {
  std::string name;
  std::string kind;   // "conv2d", ...
  double snr_db = 0;  // of the network's output when this op alone is integer
};

// One run of all samples for each convolution, depthwise convolution and linear layer that can be
// integer, with everything else float; worst first.
Result<std::vector<OpLoss>> sensitivity(const graph::Graph& prepared,
                                        const Calibration& calibration,
                                        const QuantizeOptions& options, const Outputs& expected,
                                        const SampleSource& samples, ThreadPool& pool,
                                        const Progress& progress = {});

struct MixedChoice {
  std::set<std::string> kept_float;
  double snr_db = 0;  // reached on the samples
};

// Keeps ops float in the order of `losses` until the output's SNR on the samples is at least
// `wanted_snr_db` or all of them are; tries ever more of them (1, 2, 3, ...), so the fewest in that
// order. Nothing where all integers are good enough.
Result<MixedChoice> choose_mixed(const graph::Graph& prepared, const Calibration& calibration,
                                 const QuantizeOptions& options, std::span<const OpLoss> losses,
                                 double wanted_snr_db, const Outputs& expected,
                                 const SampleSource& samples, ThreadPool& pool,
                                 const Progress& progress = {});

}  // namespace vseal::quant
