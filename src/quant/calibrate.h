// What the tensors of a float network hold when it runs on real pictures.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "quant/histogram.h"
#include "quant/samples.h"

namespace vseal::quant {

struct TensorStatistics {
  Histogram values;
  // By channel (the last axis):
  std::vector<float> channel_max;      // largest magnitude
  std::vector<double> channel_mean;    // E[x]
  std::vector<double> channel_square;  // E[x^2]
};

// By name, of every input and of everything that an op computes.
using Calibration = std::unordered_map<std::string, TensorStatistics>;

// Runs the f32 `graph` over all samples. Holds every tensor in memory at once. kCorruptInput
// naming the tensor when one holds a value that is not finite; kInvalidArgument without samples;
// the samples' own errors.
Result<Calibration> calibrate(const graph::Graph& graph, const SampleSource& samples,
                              ThreadPool& pool, const Progress& progress = {});

}  // namespace vseal::quant
