// What a network is measured on.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "base/status.h"
#include "base/thread_pool.h"
#include "graph/graph.h"

namespace vseal::quant {

// The values of a network's inputs for one run, in order of graph.inputs().
using Sample = std::vector<std::vector<float>>;

// `count` samples that take(i) makes, in 0 <= i < count; the same sample each time it is asked for.
// take() is called from one thread.
struct SampleSource {
  int count = 0;
  std::function<Result<Sample>(int i)> take;
};

// `count` of `samples` from `begin` on, in an order in which each run of them is spread evenly over
// the whole (i times the golden ratio, modulo 1), whatever period `samples` may have. Disjoint runs
// have no sample in common.
SampleSource spread(const SampleSource& samples, int begin, int count);

// Called after each unit of work; false gives it up (kCancelled).
using Progress = std::function<bool(int done, int total)>;

// kInvalidArgument when there is no sample, kCancelled when `progress` says so.
Status expect_samples(const SampleSource& samples);
Status report(const Progress& progress, int done, int total);

// Runs `graph` on every sample and hands what its outputs hold to visit(sample, outputs).
Status run_all(const graph::Graph& graph, const SampleSource& samples, ThreadPool& pool,
               const Progress& progress,
               const std::function<Status(int, std::span<const std::span<const float>>)>& visit);

}  // namespace vseal::quant
